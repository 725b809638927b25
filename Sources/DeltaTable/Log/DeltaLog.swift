import ObjectStore

/// The `_delta_log` folder: names, listing, reading, replay.
///
/// ```
/// _delta_log/00000000000000000000.json                    commits, one a version
/// _delta_log/00000000000000000010.checkpoint.parquet      the state as of a version
/// _delta_log/_last_checkpoint                             a hint where to begin
/// ```
struct DeltaLog: Sendable {
    let store: any ObjectStore

    static let folder = "_delta_log/"

    /// Where the table is, for messages.
    var location: String { store.location }

    /// Twenty digits, so that the order of names is the order of versions.
    static func padded(_ version: Int64) -> String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }

    static func commitKey(_ version: Int64) -> String { "\(folder)\(padded(version)).json" }

    /// What a listing of the log has found.
    struct Listing {
        /// The commits by version, ascending.
        var commits: [(version: Int64, info: ObjectInfo)] = []
        /// The checkpoints this program can read, ascending by version.
        var checkpoints: [Checkpoint] = []
        /// Version checksum files, which other writers leave.
        var checksums: [(version: Int64, info: ObjectInfo)] = []
    }

    /// A checkpoint: one file, or all parts of one.
    struct Checkpoint {
        var version: Int64
        var parts: [ObjectInfo]
    }

    /// Lists the log from `version` on, inclusive.
    func listing(from version: Int64 = 0) throws -> Listing {
        var listing = Listing()
        var partial: [Int64: [Int: ObjectInfo]] = [:]
        // "…07" comes before "…07.json" and after everything of version 6.
        let after = version > 0 ? Self.folder + Self.padded(version) : nil
        try store.list(prefix: Self.folder, after: after) { info in
            switch LogName(info.key.dropFirst(Self.folder.count)) {
            case .commit(let version): listing.commits.append((version, info))
            case .checkpoint(let version): listing.checkpoints.append(Checkpoint(version: version, parts: [info]))
            case .checkpointPart(let version, let part, let count):
                partial[version, default: [:]][part] = info
                if let parts = partial[version], parts.count == count {
                    let infos = parts.sorted { $0.key < $1.key }.map(\.value)
                    listing.checkpoints.append(Checkpoint(version: version, parts: infos))
                }
            case .checksum(let version): listing.checksums.append((version, info))
            case .other: break
            }
            return true
        }
        return listing
    }

    /// Reads a commit that a listing has shown.
    func commit(_ version: Int64, info: ObjectInfo) throws -> DeltaCommit {
        guard info.byteCount <= DeltaCommit.maximumByteCount else {
            throw DeltaError.damagedCommit(
                info.key, line: 1, "\(info.byteCount) bytes are more than any commit has")
        }
        return try DeltaCommit.parse(
            try store.get(info.key), version: version, path: info.key, modifiedAt: info.modifiedAt)
    }

    /// Reads a commit; nil when there is none of that version.
    func commit(_ version: Int64) throws -> DeltaCommit? {
        let key = Self.commitKey(version)
        do {
            return try commit(version, info: try store.info(key))
        } catch let error as ObjectStoreError where error.code == .notFound {
            return nil
        }
    }

    /// Replays what is newer than `state`, up to `target` when one is given.
    func advance(_ state: LogState, to target: Int64? = nil) throws -> LogState {
        let listing = try listing(from: state.version + 1)
        guard let newest = listing.commits.last?.version, newest > state.version else { return state }
        let first = listing.commits.first { $0.version > state.version }?.version ?? newest
        guard first == state.version + 1 else {
            // The commits between have been cleaned up since: begin at a checkpoint.
            return try load(to: target)
        }
        return try replay(listing.commits, onto: state, to: target)
    }

    /// Replays the log from its newest usable checkpoint on, up to `target` when one is given.
    func load(to target: Int64? = nil) throws -> LogState {
        let hint = try lastCheckpointVersion() ?? 0
        var listing = try listing(from: hint <= target ?? .max ? hint : 0)
        if hint > 0, !listing.checkpoints.contains(where: { $0.version <= target ?? .max }) {
            // The hint lies, or names a kind of checkpoint that is not read here.
            listing = try self.listing()
        }
        do {
            return try load(listing, to: target)
        } catch let error as DeltaError where error.code == .corrupt && hint > 0 {
            // Older commits and checkpoints may still tell what a damaged checkpoint cannot.
            listing = try self.listing()
            guard listing.commits.first?.version == 0 || listing.checkpoints.count > 1 else { throw error }
            return try load(listing, to: target)
        }
    }

    /// Begins at the newest checkpoint that can be read; a damaged one is passed over as long as there is another way.
    private func load(_ listing: Listing, to target: Int64?) throws -> LogState {
        var damage: DeltaError?
        for checkpoint in listing.checkpoints.reversed() where checkpoint.version <= target ?? .max {
            do {
                return try replay(listing.commits, onto: try read(checkpoint), to: target)
            } catch let error as DeltaError where error.code == .corrupt {
                damage = damage ?? error
            }
        }
        if let damage, listing.commits.first?.version != 0 { throw damage }
        return try replay(listing.commits, onto: LogState(), to: target)
    }

    private func replay(
        _ commits: [(version: Int64, info: ObjectInfo)], onto state: LogState, to target: Int64?
    ) throws -> LogState {
        var state = state
        for (version, info) in commits where version > state.version && version <= target ?? .max {
            guard version == state.version + 1 else {
                throw DeltaError.missingCommit(Self.commitKey(state.version + 1), after: version - 1)
            }
            state.apply(try commit(version, info: info))
        }
        return state
    }
}

/// The kinds of names in `_delta_log`.
private enum LogName {
    case commit(Int64)
    case checkpoint(Int64)
    case checkpointPart(Int64, part: Int, count: Int)
    case checksum(Int64)
    case other

    init(_ name: Substring) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        self = .other
        guard let digits = parts.first, digits.count == 20, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let version = Int64(digits)
        else { return }
        let rest = parts.dropFirst().map(String.init)
        if rest == ["json"] {
            self = .commit(version)
        } else if rest == ["crc"] {
            self = .checksum(version)
        } else if rest == ["checkpoint", "parquet"] {
            self = .checkpoint(version)
        } else if rest.count == 4, rest[0] == "checkpoint", rest[3] == "parquet", rest[1].count == 10,
            let part = Int(rest[1]), let count = Int(rest[2]), (1...count).contains(part)
        {
            self = .checkpointPart(version, part: part, count: count)
        }
    }
}
