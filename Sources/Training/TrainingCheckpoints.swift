import Foundation
import Glibc
import Learning
import ServiceKit

/// What must be the same for a run to go on where another was killed.
struct CheckpointIdentity: Codable, Sendable, Equatable {
    /// Every parameter by its name.
    var parameters: [String: String]
    /// Last day of the window.
    var windowThrough: String
}

/// Where a run was.
struct CheckpointHeader: Codable, Sendable, Equatable {
    var identity: CheckpointIdentity
    var lakeVersion: Int64
    /// Checksum of who and what the rows and columns are.
    var matrixChecksum: UInt32
    /// Whether all days were learned from, nothing being held out.
    var isFinal: Bool
    /// Iterations done.
    var iteration: Int
    /// Whether no more were wanted.
    var isComplete: Bool
    /// The objective after each.
    var objective: [Double]
    /// What early stopping has seen so far.
    var scores: [Double]
    /// Model the run began from; nil for none.
    var startedFrom: String?
}

typealias Checkpoint = FactorFile<CheckpointHeader>

/// The checkpoints of runs under way, in a folder beside the models: one file a set of options and window.
///
/// Only one run at a time has them (a lock on the folder, which the system gives up with the process); a second one beside it does
/// without.
final class TrainingCheckpoints {
    private static let longestKept = 2 * 86_400.0
    private let folder: String
    private let descriptor: Int32

    /// nil when another run has them.
    init?(folder: String) throws {
        try TrainingError.explaining("make \(folder)") {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TrainingError.file("open \(folder)", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            _ = close(descriptor)
            guard code == EWOULDBLOCK else { throw TrainingError.file("lock \(folder)", errno: code) }
            return nil
        }
        self.folder = folder
        self.descriptor = descriptor
    }

    deinit {
        // Only the lock is on it.
        _ = close(descriptor)
    }

    /// The checkpoint of that identity.
    ///
    /// - Throws: when it is there and cannot be read.
    func find(_ identity: CheckpointIdentity) throws -> Checkpoint? {
        let path = try path(of: identity)
        guard access(path, F_OK) == 0 else { return nil }
        let checkpoint = try Checkpoint.read(path)
        return checkpoint.header.identity == identity ? checkpoint : nil
    }

    func save(_ checkpoint: Checkpoint, beforeRename: () -> Void) throws {
        try checkpoint.write(to: try path(of: checkpoint.header.identity), beforeRename: beforeRename)
    }

    /// Removes the checkpoint of that identity, and what is older than two days: nobody goes on with a window of then.
    func remove(_ identity: CheckpointIdentity) throws {
        let own = try path(of: identity)
        try TrainingError.explaining("clear \(folder)") {
            let manager = FileManager.default
            for name in try manager.contentsOfDirectory(atPath: folder) {
                let path = "\(folder)/\(name)"
                let modified = try manager.attributesOfItem(atPath: path)[.modificationDate] as? Date
                let isOld = modified.map { -$0.timeIntervalSinceNow > Self.longestKept } ?? false
                if path == own || path == own + ".tmp" || isOld { try manager.removeItem(atPath: path) }
            }
        }
    }

    private func path(of identity: CheckpointIdentity) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let checksum = CRC32C.checksum(Array(try encoder.encode(identity)))
        return "\(folder)/checkpoint-\(String(checksum, radix: 16)).factors"
    }
}

extension ListenMatrix {
    /// Checksum of who and what the rows and columns are, and of how many pairs there are.
    var checksum: UInt32 {
        var checksum = CRC32C()
        for ids in [userIDs, trackIDs] {
            for var id in ids {
                id.withUTF8 { checksum.update(UnsafeRawBufferPointer($0)) }
                checksum.update([0])
            }
        }
        withUnsafeBytes(of: UInt64(all.count).littleEndian) { checksum.update($0) }
        return checksum.value
    }
}
