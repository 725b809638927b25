import DeltaTable
import ObjectStore
import Parquet

/// Runs `body` and turns the errors of the modules below into `StorageError`, keeping their words.
func explaining<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as ObjectStoreError {
        throw StorageError(error)
    } catch let error as DeltaError {
        throw StorageError(error)
    } catch let error as ParquetError {
        throw StorageError(.corrupt, error.description)
    }
}

extension StorageError {
    init(_ error: ObjectStoreError) {
        let code: Code =
            switch error.code {
            case .notFound: .notFound
            case .invalid, .denied: .invalid
            case .unavailable: .unavailable
            case .full: .full
            case .corrupt: .corrupt
            }
        self.init(code, error.reason, file: error.file, line: error.line)
    }

    init(_ error: DeltaError) {
        let code: Code =
            switch error.code {
            case .notFound: .notFound
            case .corrupt: .corrupt
            case .unsupported, .invalid, .conflict(.metadata): .invalid
            case .conflict(.transaction): .fenced
            case .conflict: .unavailable
            }
        self.init(code, error.reason, file: error.file, line: error.line)
    }
}
