import Kafka

extension StorageError {
    /// What a failure of Kafka means to those above: what the cluster may recover from is worth another try, the rest is
    /// not.
    init(_ error: KafkaError) {
        let code: Code =
            switch error.code {
            case .unknownTopic: .notFound
            case .corrupt: .corrupt
            case .offsetOutOfRange, .configuration, .closed: .invalid
            default: error.isRetriable ? .unavailable : .invalid
            }
        self.init(code, error.description, file: error.file, line: error.line)
    }

    /// Runs `body`, turning what Kafka throws into a `StorageError`; other errors pass.
    static func fromKafka<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as KafkaError {
            throw StorageError(error)
        }
    }
}
