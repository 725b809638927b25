/// A first-in first-out queue between threads that holds at most `capacity` elements: who pushes too fast waits.
public final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element?]
        var head = 0
        var count = 0
        var isClosed = false
    }

    /// Most elements it holds.
    public let capacity: Int
    private let monitor: Monitor<State>

    /// An empty queue for at most `capacity` elements (at least 1).
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue must hold something")
        self.capacity = capacity
        monitor = Monitor(State(elements: Array(repeating: nil, count: capacity)))
    }

    /// How many elements wait now.
    public var count: Int { monitor.withLock { $0.count } }

    /// Whether `close` was called.
    public var isClosed: Bool { monitor.withLock { $0.isClosed } }

    /// Appends an element, waiting while the queue is full.
    ///
    /// - Parameter timeout: how long to wait at most; nil waits for ever.
    /// - Returns: false when the queue is closed or the time ran out; the element was not taken then.
    public func push(_ element: Element, timeout: Duration? = nil) -> Bool {
        monitor.wait(upTo: timeout) { state -> Bool? in
            if state.isClosed { return false }
            guard state.count < capacity else { return nil }
            state.elements[(state.head + state.count) % capacity] = element
            state.count += 1
            return true
        } ?? false
    }

    /// Takes the oldest element, waiting while there is none.
    ///
    /// - Parameter timeout: how long to wait at most; nil waits for ever.
    /// - Returns: nil when the queue is closed and empty, or the time ran out (`isClosed` tells which).
    public func pop(timeout: Duration? = nil) -> Element? {
        let answer = monitor.wait(upTo: timeout) { state -> [Element]? in Self.take(1, from: &state, capacity) }
        return answer?.first
    }

    /// Takes up to `limit` of the oldest elements at once, waiting while there is none.
    ///
    /// - Returns: empty when the queue is closed and empty, or the time ran out.
    public func pop(atMost limit: Int, timeout: Duration? = nil) -> [Element] {
        monitor.wait(upTo: timeout) { state -> [Element]? in Self.take(limit, from: &state, capacity) } ?? []
    }

    /// Refuses further elements; those that are there can still be popped. Wakes everybody. Idempotent.
    public func close() {
        monitor.withLock { $0.isClosed = true }
    }

    /// Nil means: nothing there, wait on. An empty answer means: closed, nothing will come.
    private static func take(_ limit: Int, from state: inout State, _ capacity: Int) -> [Element]? {
        guard state.count > 0 else { return state.isClosed ? [] : nil }
        let taken = min(limit, state.count)
        var result: [Element] = []
        result.reserveCapacity(taken)
        for _ in 0..<taken {
            if let element = state.elements[state.head].take() { result.append(element) }
            state.head = (state.head + 1) % capacity
        }
        state.count -= taken
        return result
    }
}
