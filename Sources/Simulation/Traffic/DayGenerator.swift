import Domain
import ServiceKit
import Synchronization

/// Makes the plays of one day after the other.
///
/// Each user's day is made from a random stream of its own and changes nothing but the user's own favourites, so the
/// users of a day are dealt to threads in blocks and the result is the same for any number of threads.
final class DayGenerator {
    private static let usersPerBlock = 512
    private static let dayMilliseconds: Int64 = 86_400_000
    private let listening: Listening
    private let plan: ActivityPlan
    private let favourites: Favourites
    private let clock = DayClock()
    private let threadCount: Int
    private let seed: UInt64
    /// Each user's day weights up to the day that comes next.
    private let weightsBefore: DisjointRows<Double>

    init(listening: Listening, plan: ActivityPlan, favourites: Favourites, threadCount: Int, seed: UInt64) {
        self.listening = listening
        self.plan = plan
        self.favourites = favourites
        self.threadCount = threadCount
        self.seed = seed
        weightsBefore = DisjointRows(count: listening.audience.count, value: 0)
    }

    /// All plays of a day in order of time, ties in order of user. Days must be asked for in order.
    ///
    /// - Throws: when no thread can be started, or `stop` was given.
    func plays(on day: EventDay, until stop: StopSignal) throws -> [Play] {
        let tables = DayTables(catalogue: listening.catalogue, day: day)
        let userCount = listening.audience.count
        let blockCount = (userCount + Self.usersPerBlock - 1) / Self.usersPerBlock
        let next = Atomic<Int>(0)
        let blocks = Mutex([[Play]](repeating: [], count: blockCount))
        try withParallelWorkers { [self] in
            while !stop.isStopped {
                let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard block < blockCount else { return }
                let first = block * Self.usersPerBlock
                var plays: [Play] = []
                for user in first..<min(first + Self.usersPerBlock, userCount) {
                    appendDay(of: user, tables, to: &plays)
                }
                blocks.withLock { $0[block] = plays }
            }
        }
        if stop.isStopped { throw ServiceKitError.stopped("the simulation") }
        return Self.sorted(blocks.withLock { $0 }, day: day)
    }

    private func withParallelWorkers(_ body: @escaping () -> Void) throws {
        let work = UncheckedWork(body: body)
        let workers = try (1..<max(1, threadCount)).map { number in
            try WorkerThread(name: "simulate \(number)") { work.body() }
        }
        work.body()
        for worker in workers { try worker.join() }
    }

    /// What one user plays on a day: sessions that neither overlap nor leave the day.
    private func appendDay(of user: Int, _ tables: DayTables, to plays: inout [Play]) {
        let count = plan.eventCount(user: user, day: tables.day, before: &weightsBefore[user])
        guard count > 0 else { return }
        var random = SimulationRandom(seed: seed, .listening, user, Int(tables.day.daysSinceEpoch))
        let first = plays.count
        var sessions: [(firstPlay: Int, length: Int64)] = []
        while plays.count - first < count {
            let wanted = 1 + Int(random.exponential(mean: Listening.sessionLength - 0.5))
            sessions.append(
                appendSession(of: user, min(wanted, count - (plays.count - first)), tables, &random, to: &plays))
        }
        place(sessions, of: user, on: tables.day, &random, in: &plays)
    }

    /// Plays one song after the other, timestamps counted from the start of the session.
    private func appendSession(
        of user: Int, _ count: Int, _ tables: DayTables, _ random: inout SimulationRandom, to plays: inout [Play]
    ) -> (firstPlay: Int, length: Int64) {
        let first = plays.count
        var session = listening.makeSession(user: user, &random)
        var offset: Int64 = 0
        for _ in 0..<count {
            var play = listening.play(user: user, &session, tables, favourites, &random)
            play.timestamp = offset
            offset += Int64(play.heard) + Int64(random.uniform(200, 3000))
            plays.append(play)
        }
        return (first, offset)
    }

    /// Deals the free time of the day out between the sessions, by the times at which people start to listen. A day with
    /// more music than hours is played faster.
    private func place(
        _ sessions: [(firstPlay: Int, length: Int64)], of user: Int, on day: EventDay, _ random: inout SimulationRandom,
        in plays: inout [Play]
    ) {
        var habit = SimulationRandom(seed: seed, .listening, user, Int.min)
        let shift = habit.index(below: 7) - 2
        let starts = sessions.map { _ in clock.drawStart(on: day, shift: shift, &random) }.sorted()
        let played = sessions.reduce(0) { $0 + $1.length }
        let free = Double(max(0, Self.dayMilliseconds - 1 - played))
        let pace = min(1, Double(Self.dayMilliseconds - 1) / Double(played))
        var before: Int64 = 0
        for (index, session) in sessions.enumerated() {
            let end = index + 1 < sessions.count ? sessions[index + 1].firstPlay : plays.count
            for play in session.firstPlay..<end {
                let offset = Int64(Double(before + plays[play].timestamp) * pace)
                plays[play].timestamp = day.startMilliseconds + Int64(starts[index] * free) + offset
            }
            before += session.length
        }
    }

    /// Sorts by time through one 64-bit key a play: milliseconds of the day, then the place in order of user.
    private static func sorted(_ blocks: [[Play]], day: EventDay) -> [Play] {
        let plays = Array(blocks.joined())
        let start = day.startMilliseconds
        var keys = plays.indices.map { UInt64(plays[$0].timestamp - start) << 36 | UInt64($0) }
        keys.sort()
        return keys.map { plays[Int($0 & (1 << 36 - 1))] }
    }
}

/// Values of which each is touched by one thread at a time.
private final class DisjointRows<Value: Sendable>: @unchecked Sendable {
    // Sendable: the generator deals the indices to the threads in disjoint blocks and joins them before the next day.
    private let values: UnsafeMutableBufferPointer<Value>

    init(count: Int, value: Value) {
        values = .allocate(capacity: count)
        values.initialize(repeating: value)
    }

    deinit {
        values.deinitialize()
        values.deallocate()
    }

    subscript(index: Int) -> Value {
        get { values[index] }
        _modify { yield &values[index] }
    }
}

/// Carries the generator's work to its threads.
private struct UncheckedWork: @unchecked Sendable {
    // Sendable: the closure reads constants of the generator, and writes disjoint rows, an atomic and a mutex.
    let body: () -> Void
}
