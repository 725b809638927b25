import SQLite

extension StorageError {
    /// What a failure of SQLite means to those above: busy and unreachable files may heal, the rest does not.
    init(_ error: SQLiteError) {
        let code: Code =
            if error.isBusy || error.isCannotOpen || error.isInputOutput {
                .unavailable
            } else if error.isFull {
                .full
            } else if error.isCorrupt {
                .corrupt
            } else {
                .invalid
            }
        self.init(code, error.reason, file: error.file, line: error.line)
    }

    /// Runs `body`, turning what SQLite throws into a `StorageError`; other errors pass.
    static func fromSQLite<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw StorageError(error)
        }
    }
}
