import Mongo

extension StorageError {
    /// What a failure of MongoDB means to those above: what is out of reach, or lost a race, may heal.
    init(_ error: MongoError) {
        // OutOfDiskSpace.
        let isFull = error.serverCode == 14031
        let code: Code =
            if isFull {
                .full
            } else if error.isRetriable {
                .unavailable
            } else if error.code == .malformed {
                .corrupt
            } else {
                .invalid
            }
        self.init(code, error.reason, file: error.file, line: error.line)
    }

    /// Runs `body`, turning what MongoDB throws into a `StorageError`; other errors pass.
    static func fromMongo<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MongoError {
            throw StorageError(error)
        }
    }
}
