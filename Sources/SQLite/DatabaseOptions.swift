/// How a database file is opened.
public struct DatabaseOptions: Sendable {
    /// How a commit is made durable (https://www.sqlite.org/pragma.html#pragma_journal_mode).
    public enum JournalMode: String, Sendable {
        /// Write-ahead log: readers do not block the writer, nor it them.
        case wal
        /// Rollback journal, deleted at each commit.
        case delete
    }

    /// When a commit is forced to the disk (https://www.sqlite.org/pragma.html#pragma_synchronous).
    public enum SynchronousLevel: String, Sendable {
        /// Never: a power cut may corrupt the file. For scratch data.
        case off
        /// At checkpoints: with a write-ahead log a power cut may lose the last commits, never the file.
        case normal
        /// At each commit: what returned is durable.
        case full
    }

    /// Journal of a writable database; an existing file is converted.
    public var journalMode: JournalMode = .wal
    /// When commits are forced to the disk.
    public var synchronous: SynchronousLevel = .full
    /// How long a call waits for another connection's lock before it fails with `isBusy`.
    public var busyTimeout: Duration = .seconds(10)
    /// Opens an existing file for reading only.
    public var isReadOnly = false
    /// Makes the file, and the folders above it, when they are not there. Ignored for a read-only database.
    public var createsIfMissing = true
    /// Page cache of the connection, in bytes.
    public var cacheByteCount = 8 << 20
    /// How many prepared statements are kept.
    public var statementCacheCapacity = 128

    /// The defaults above.
    public init() {}

    /// The defaults, with another synchronous level or read-only.
    public init(synchronous: SynchronousLevel = .full, busyTimeout: Duration = .seconds(10), isReadOnly: Bool = false) {
        self.synchronous = synchronous
        self.busyTimeout = busyTimeout
        self.isReadOnly = isReadOnly
    }
}
