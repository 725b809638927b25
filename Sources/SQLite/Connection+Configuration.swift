import Glibc

extension Connection {
    /// Applies the options to a connection just opened. The first read of the file happens here, so a file that is no
    /// database is refused here.
    func configure(_ options: DatabaseOptions) throws(SQLiteError) {
        let milliseconds = options.busyTimeout / .milliseconds(1)
        try execute("PRAGMA busy_timeout = \(Int(min(max(milliseconds, 0), 1e9)))")
        // Negative means KiB, positive would mean pages.
        try execute("PRAGMA cache_size = -\(max(1, options.cacheByteCount / 1024))")
        try execute("PRAGMA foreign_keys = ON")
        if options.isReadOnly {
            try execute("PRAGMA schema_version")
            return
        }
        if path != ":memory:" { try setJournalMode(options) }
        try execute("PRAGMA synchronous = \(options.synchronous.rawValue)")
    }

    /// Converting a file needs it alone, and SQLite does not call its busy handler there: so the wait is ours.
    private func setJournalMode(_ options: DatabaseOptions) throws(SQLiteError) {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: options.busyTimeout)
        while true {
            do {
                try switchJournalMode(options.journalMode)
                return
            } catch {
                guard error.isBusy, clock.now < deadline else { throw error }
                usleep(2_000)
            }
        }
    }

    private func switchJournalMode(_ mode: DatabaseOptions.JournalMode) throws(SQLiteError) {
        if try pragma("PRAGMA journal_mode") == mode.rawValue { return }
        let reached = try pragma("PRAGMA journal_mode = \(mode.rawValue)")
        guard reached == mode.rawValue else {
            throw .ofCode(
                1, message: "the journal mode stays \(reached ?? "unknown") though \(mode.rawValue) was asked for",
                path: path)
        }
    }

    private func pragma(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepareOnce(sql)
        return try statement.step() ? statement.string(at: 0) : nil
    }
}
