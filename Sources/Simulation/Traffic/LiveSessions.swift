import Domain

/// The sessions that go on at the same time in live traffic; the one whose song ends first is next.
struct LiveSessions {
    private struct Session {
        /// When its song ends on the simulation's own clock, milliseconds.
        var due: Double
        let user: Int
        var remaining: Int
        var mood: ListeningSession
        var random: SimulationRandom
    }

    /// Milliseconds of a song and the pause after it, on average.
    private static let songMilliseconds = 185_000.0
    private let listening: Listening
    private let favourites: Favourites
    private let seed: UInt64
    private let users: AliasTable
    private var isActive: [Bool]
    private var startedCount = 0
    private var random: SimulationRandom
    /// A binary heap by `due`.
    private var heap: [Session] = []

    /// As many sessions as a rate of events needs, each somewhere in its first song.
    init(listening: Listening, favourites: Favourites, seed: UInt64, rate: Double) {
        self.listening = listening
        self.favourites = favourites
        self.seed = seed
        users = AliasTable(weights: listening.audience.activities)
        isActive = [Bool](repeating: false, count: listening.audience.count)
        random = SimulationRandom(seed: seed, .live)
        // More sessions than half the audience would leave nobody to take over; beyond that songs overlap in time.
        let wanted = rate * Self.songMilliseconds / 1000
        let count = max(1, Int(min(wanted.rounded(.up), Double(listening.audience.count) / 2)))
        for _ in 0..<count { start(at: random.uniform(0, Self.songMilliseconds)) }
    }

    /// The next play, which ends at `now`.
    mutating func next(_ tables: DayTables, now: Int64) -> Play {
        var session = removeFirst()
        var play = listening.play(
            user: session.user, &session.mood, tables, favourites, &session.random)
        play.timestamp = now - Int64(play.heard)
        session.due += Double(play.heard) + session.random.uniform(200, 3000)
        session.remaining -= 1
        if session.remaining > 0 {
            insert(session)
        } else {
            isActive[session.user] = false
            start(at: session.due + random.exponential(mean: 20_000))
        }
        return play
    }

    private mutating func start(at due: Double) {
        var user = users.draw(&random)
        var tries = 0
        while isActive[user] {
            tries += 1
            // The most active are often taken; then the next one that is free.
            user = tries < 8 ? users.draw(&random) : (user + 1) % isActive.count
        }
        isActive[user] = true
        startedCount += 1
        var own = SimulationRandom(seed: seed, .liveSession, startedCount)
        let length = 1 + Int(own.exponential(mean: Listening.sessionLength - 0.5))
        let mood = listening.makeSession(user: user, &own)
        insert(Session(due: due, user: user, remaining: length, mood: mood, random: own))
    }

    private mutating func insert(_ session: Session) {
        heap.append(session)
        var child = heap.count - 1
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func removeFirst() -> Session {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].due < heap[least].due
            {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
