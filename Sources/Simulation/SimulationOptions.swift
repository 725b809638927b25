public import Domain
import Glibc
public import ServiceKit

/// How large a world to simulate. The same options make the same world and the same events, on every run and with any
/// number of threads.
public struct SimulationOptions: Sendable, Equatable {
    /// Listeners that can be simulated.
    public static let userRange = 1...50_000_000
    /// Songs that can be simulated.
    public static let songRange = 10...20_000_000
    /// Days that can be filled.
    public static let dayRange = 1...3650
    /// Events that can be back-filled.
    public static let eventRange = 1...1_000_000_000_000
    /// Events a second in live mode.
    public static let rateRange = 0.01...1_000_000

    /// How many listeners.
    public var users: Int
    /// How many songs.
    public var songs: Int
    /// How many events a back-fill writes, exactly.
    public var events: Int64
    /// Over how many days it spreads them: the days before `today`.
    public var daysBack: Int
    /// Which world.
    public var seed: UInt64
    /// The day after the last one that is filled.
    public var today: EventDay
    /// Threads that generate. More change nothing but the speed.
    public var threads: Int

    /// A world of a size that shows everything in a minute.
    ///
    /// - Parameter threads: nil for as many as the machine has cores.
    public init(
        users: Int = 2000, songs: Int = 5000, events: Int64 = 1_000_000, daysBack: Int = 60, seed: UInt64 = 1,
        today: EventDay = EventDay(epochMilliseconds: SystemWallClock().now), threads: Int? = nil
    ) {
        self.users = users
        self.songs = songs
        self.events = events
        self.daysBack = daysBack
        self.seed = seed
        self.today = today
        self.threads = threads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// The days that a back-fill writes.
    public var days: Range<EventDay> { today.advanced(by: -daysBack)..<today }

    func check() throws {
        func inside<Value: Comparable>(_ value: Value, _ range: ClosedRange<Value>, _ name: String) throws {
            guard range.contains(value) else {
                throw SimulationError.invalid(
                    "\(name) is \(value); allowed is \(range.lowerBound) … \(range.upperBound)")
            }
        }
        try inside(users, Self.userRange, "users")
        try inside(songs, Self.songRange, "songs")
        try inside(daysBack, Self.dayRange, "days back")
        try inside(Int(events), Self.eventRange, "events")
        try inside(threads, 1...256, "threads")
    }
}
