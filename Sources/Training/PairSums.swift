package import Domain
import Learning
package import Storage
import Synchronization

/// Adds up what events say about each pair of listener and song, from several threads, in bounded memory.
///
/// ```
/// row group → codes of its dictionaries → shard by listener → buffer ──full──▶ radix sort, merge
/// ```
///
/// Sums are whole numbers (of 2⁻³²), which come out the same in whatever order they are added. A distinct pair takes 16 bytes, its
/// share of the buffers 8 more (`PairSumsTests` holds it to that).
package final class PairSums: Sendable {
    /// A whole number a unit of weight.
    static let scale = 4_294_967_296.0
    static let shardCount = 32

    private struct Counts {
        var events: Int64 = 0
        var plays: Int64 = 0
    }

    private let options: TrainingOptions
    private let reference: EventDay
    private let heldOutFrom: EventDay?
    private let users = Mutex(InternedStrings())
    private let tracks = Mutex(InternedStrings())
    private let counts = Mutex(Counts())
    private let shards: [SumShard]

    /// - Parameter minimumBuffer: values a shard collects at least before it sorts.
    package init(options: TrainingOptions, reference: EventDay, heldOutFrom: EventDay?, minimumBuffer: Int = 1 << 15) {
        self.options = options
        self.reference = reference
        self.heldOutFrom = heldOutFrom
        shards = (0..<Self.shardCount).map { _ in SumShard(minimumBuffer: minimumBuffer) }
    }

    var events: Int64 { counts.withLock { $0.events } }
    var plays: Int64 { counts.withLock { $0.plays } }

    /// Adds a row group's rows: a look-up a distinct string, none a row. May be called from several threads.
    package func add(_ columns: EventColumns, day: EventDay) {
        let userCodes = Self.codes(of: columns.users.values, in: users)
        let trackCodes = Self.codes(of: columns.tracks.values, in: tracks)
        let unit = Double(recency(of: day)) * Self.scale
        let heldOutBit: UInt64 = heldOutFrom.map { day >= $0 } ?? false ? 1 : 0
        var pending = PendingPairs(shardCount: Self.shardCount, expected: columns.count)
        var plays: Int64 = 0
        for row in 0..<columns.count {
            // An action of a later version of the schema says nothing that this one could weigh.
            guard let action = EventAction(rawValue: columns.actions[row]) else { continue }
            let weight = options.confidence.weight(
                action: action, duration: columns.durations[row], totalDuration: columns.totalDurations[row])
            if action.isPlay { plays += 1 }
            let user = userCodes[Int(columns.users.codes[row])]
            let track = trackCodes[Int(columns.tracks.codes[row])]
            pending.append(
                shard: Int(user) % Self.shardCount,
                key: UInt64(user) << 32 | UInt64(track) << 1 | heldOutBit,
                sum: Int64((Double(weight) * unit).rounded()))
        }
        for (number, shard) in shards.enumerated() { shard.append(pending.keys[number], pending.sums[number]) }
        counts.withLock { counts in
            counts.events += Int64(columns.count)
            counts.plays += plays
        }
    }

    /// 2^(−age ÷ half-life).
    func recency(of day: EventDay) -> Float {
        guard options.confidence.halfLifeDays > 0 else { return 1 }
        let age = Double(day.distance(to: reference))
        return Float(Numerics.power(2, -age / options.confidence.halfLifeDays))
    }

    /// Bytes held for pairs, spare room included.
    package var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

    /// Ids by code.
    func identifiers() -> (users: InternedStrings, tracks: InternedStrings) {
        (users.withLock { $0 }, tracks.withLock { $0 })
    }

    /// Calls `body` with the sorted keys and sums of a shard. A key is `user << 32 | track << 1 | heldOut`.
    func withShard(
        _ number: Int, _ body: (UnsafeBufferPointer<UInt64>, UnsafeBufferPointer<Int64>) -> Void
    ) {
        shards[number].withSorted(body)
    }

    /// Gives the memory of a shard back.
    func releaseShard(_ number: Int) { shards[number].release() }

    private static func codes(of values: [String], in strings: borrowing Mutex<InternedStrings>) -> [UInt32] {
        strings.withLock { strings in
            values.map { value in
                var text = value
                return text.withUTF8 { strings.code(of: UnsafeRawBufferPointer($0)) }
            }
        }
    }
}

/// A row group's pairs by shard.
private struct PendingPairs {
    var keys: [[UInt64]]
    var sums: [[Int64]]

    init(shardCount: Int, expected: Int) {
        let room = expected / shardCount + expected / shardCount / 8 + 16
        keys = (0..<shardCount).map { _ in Self.reserved(room) }
        sums = (0..<shardCount).map { _ in Self.reserved(room) }
    }

    mutating func append(shard: Int, key: UInt64, sum: Int64) {
        keys[shard].append(key)
        sums[shard].append(sum)
    }

    private static func reserved<Element>(_ count: Int) -> [Element] {
        var array: [Element] = []
        array.reserveCapacity(count)
        return array
    }
}
