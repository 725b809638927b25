import Domain
import ServiceKit
import Storage

/// Leaves listens out of a batch that are in the lake or in the batch already: same listener, song and start.
///
/// It knows the newest listens that this daemon committed, and of those that others did the newest that the lake held when
/// partitions changed hands (docs/decisions/0004). A record that is left out moves its partition's position like any other, so the
/// log and the lake stay level. For one thread.
struct DuplicateFilter {
    /// Rows of the lake that are read at most when partitions change hands.
    static let rowsFromLake: Int64 = 200_000
    /// Commits that are looked at most then.
    private static let commitsFromLake: Int64 = 50

    private let fingerprint = ListenFingerprint()
    private var window: ListenWindow
    /// Newest version of the lake that was read or made.
    private var known: Int64?
    /// Rebalances when the lake was read last.
    private var rebalances: Int64 = -1

    init(reach: Int) { window = ListenWindow(reach: reach) }

    /// Leaves out what is known.
    ///
    /// - Returns: rows left out.
    /// - Complexity: O(rows), a look into the window each; identifiers are hashed once a batch.
    mutating func filter(_ batch: inout OpenBatch) -> Int {
        var left = 0
        for index in batch.days.indices {
            let rows = batch.days[index].rows
            guard let kept = newRows(rows) else { continue }
            let fewer = rows.keeping(kept)
            left += rows.count - fewer.count
            batch.replaceRows(ofDay: index, by: fewer)
        }
        return left
    }

    /// Which rows are new; nil when all are.
    private mutating func newRows(_ rows: EventBatch) -> [Bool]? {
        let users = parts(of: rows.users)
        let tracks = parts(of: rows.tracks)
        var kept: [Bool]?
        for row in 0..<rows.count {
            let listen = fingerprint.of(
                user: users[Int(rows.userCodes[row])], track: tracks[Int(rows.trackCodes[row])],
                timestamp: rows.timestamps[row])
            guard !window.insert(listen) else { continue }
            if kept == nil { kept = Array(repeating: true, count: rows.count) }
            kept?[row] = false
        }
        return kept
    }

    private func parts(of strings: InternedStrings) -> [UInt64] {
        strings.bytes.withUnsafeBytes { bytes in
            (0..<strings.count).map { code in
                let range = Int(strings.offsets[code])..<Int(strings.offsets[code + 1])
                return fingerprint.part(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
    }

    /// The batch is in the lake.
    mutating func committed(version: Int64) { known = max(known ?? -1, version) }

    /// The batch is not in the lake: what was learned of it is forgotten, with all the rest.
    mutating func discarded() {
        window.removeAll()
        known = nil
        rebalances = -1
    }

    /// Learns what others committed, when partitions have changed hands since the last call.
    ///
    /// - Complexity: O(rows read), at most `rowsFromLake` and those of one commit more.
    mutating func catchUp(with lake: any EventLake, rebalances: Int64) throws {
        guard rebalances != self.rebalances else { return }
        guard let newest = try lake.version() else { return self.rebalances = rebalances }
        var rest = Self.rowsFromLake
        let first = max(known ?? -1, newest - Self.commitsFromLake)
        let commits = try lake.commits(after: first).filter { $0.changesData && $0.rowCount > 0 }
        for commit in commits.reversed() where rest > 0 {
            rest -= commit.rowCount
            try lake.readRows(ofCommit: commit.version, columns: [.userID, .trackID, .timestamp]) { learn($0) }
        }
        known = newest
        self.rebalances = rebalances
    }

    private mutating func learn(_ columns: EventColumns) {
        func parts(_ column: DictionaryColumn) -> [UInt64] {
            column.values.map { value in
                var value = value
                return value.withUTF8 { fingerprint.part(UnsafeRawBufferPointer($0)) }
            }
        }
        let (users, tracks) = (parts(columns.users), parts(columns.tracks))
        for row in 0..<columns.count {
            let listen = fingerprint.of(
                user: users[Int(columns.users.codes[row])], track: tracks[Int(columns.tracks.codes[row])],
                timestamp: columns.timestamps[row])
            _ = window.insert(listen)
        }
    }
}
