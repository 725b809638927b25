import ServiceKit

/// One commit of the log, as it is in its file.
public struct DeltaCommit: Sendable, Equatable {
    /// The version of the table it made.
    public var version: Int64
    /// When, epoch milliseconds: what `commitInfo` says, else the file's time.
    public var timestamp: Int64
    /// Its actions in order.
    public var actions: [DeltaAction]

    /// Makes the record.
    public init(version: Int64, timestamp: Int64, actions: [DeltaAction]) {
        self.version = version
        self.timestamp = timestamp
        self.actions = actions
    }

    /// Who did what, and why; nil when the writer did not say.
    public var info: DeltaJSONObject? {
        for case .commitInfo(let info) in actions { return info }
        return nil
    }

    /// Files it added.
    public var adds: [AddFile] {
        actions.compactMap { if case .add(let file) = $0 { file } else { nil } }
    }

    /// Files it removed.
    public var removes: [RemoveFile] {
        actions.compactMap { if case .remove(let file) = $0 { file } else { nil } }
    }

    /// How far it brought which application.
    public var transactions: [DeltaTransaction] {
        actions.compactMap { if case .transaction(let transaction) = $0 { transaction } else { nil } }
    }

    /// Whether the table's rows are others after it.
    public var changesData: Bool {
        actions.contains {
            switch $0 {
            case .add(let file): file.dataChange
            case .remove(let file): file.dataChange
            default: false
            }
        }
    }

    /// What marks a commit as this program's, so that a writer whose reply got lost can find its own.
    var token: String? { info?[DeltaCommit.tokenField]?.stringValue }

    static let tokenField = "segueCommit"
    static let checksumField = "segueChecksum"
}

extension DeltaCommit {
    /// A commit file larger than this is refused before it is read: the largest legitimate ones, compactions of many
    /// thousand files, take a few megabytes.
    static let maximumByteCount: Int64 = 256 << 20

    /// Reads the lines of a commit file.
    ///
    /// - Parameters:
    ///   - path: the file's name, for messages.
    ///   - modifiedAt: the file's own time.
    static func parse(_ bytes: [UInt8], version: Int64, path: String, modifiedAt: Int64) throws -> DeltaCommit {
        var actions: [DeltaAction] = []
        try bytes.withUnsafeBytes { buffer in
            var lineNumber = 0
            var start = 0
            while start < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
                let length = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
                lineNumber += 1
                let line = UnsafeRawBufferPointer(rebasing: rest[..<length])
                start += length + 1
                guard line.contains(where: { $0 > 0x20 }) else { continue }
                let action = try parse(line, path: path, lineNumber: lineNumber)
                if lineNumber == 1, case .commitInfo(let info) = action {
                    let following = UnsafeRawBufferPointer(rebasing: buffer[min(start, buffer.count)...])
                    try check(info, following, path: path)
                }
                actions.append(action)
            }
        }
        guard !actions.isEmpty else { throw DeltaError.damagedCommit(path, line: 1, "the file is empty") }
        var commit = DeltaCommit(version: version, timestamp: modifiedAt, actions: actions)
        if let timestamp = commit.info?["timestamp"]?.integerValue { commit.timestamp = timestamp }
        return commit
    }

    private static func parse(_ line: UnsafeRawBufferPointer, path: String, lineNumber: Int) throws -> DeltaAction {
        do {
            return try DeltaAction.parse(line: line)
        } catch let error as DeltaJSONError {
            throw DeltaError.damagedCommit(path, line: lineNumber, "\(error)")
        } catch let error as ActionError {
            throw DeltaError.damagedCommit(path, line: lineNumber, error.reason)
        }
    }

    /// Our own commits say in their first line what the others add up to: a file cut at the end of a line would
    /// otherwise pass for whole, and a flipped digit for a number.
    private static func check(_ info: DeltaJSONObject, _ following: UnsafeRawBufferPointer, path: String) throws {
        guard let expected = info[checksumField]?.stringValue else { return }
        let actual = checksum(following)
        guard actual == expected else {
            throw DeltaError.damagedCommit(
                path, line: 2, "the lines after the first have checksum \(actual), the first line says \(expected)")
        }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> String {
        CRC32CText.hexadecimal(CRC32C.checksum(bytes))
    }

    /// The file of a commit: `info`, completed by checksum, then the actions.
    static func serialize(info: DeltaJSONObject, actions: [DeltaAction]) -> [UInt8] {
        var following: [UInt8] = []
        for action in actions { action.append(to: &following) }
        var info = info
        info[checksumField] = .string(following.withUnsafeBytes(checksum))
        var bytes: [UInt8] = []
        DeltaAction.commitInfo(info).append(to: &bytes)
        return bytes + following
    }
}

/// How checksums are spelt in the log.
package enum CRC32CText {
    /// Eight lower-case hex digits.
    package static func hexadecimal(_ checksum: UInt32) -> String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
