import Storage
import TestSupport
import Testing

@Suite struct EventLogsTests {
    @Test(arguments: [
        "", "music_log", "rabbitmq://host/x", "kafka://", "kafka://host:9092", "kafka://host:9092/", "kafka:host/x",
        "kafka:///music_log", "kafka://host:9092/a/b", "kafka://host:9092/a b", "kafka://host:9092/..", "sqlite:",
        "sqlite::memory:", "sqlite:x.db?topic=a/b", "sqlite:x.db?nonsense=1", "sqlite:x.db?session.timeout.ms=1",
        "sqlite:x.db?topic", "sqlite:x.db?topic=%zz", "kafka://host:9092/t?no.such.property=1",
        "kafka://host:9092/t?acks=maybe",
    ])
    func addressThatIsNotRightIsRefusedWithWhatIsAllowed(_ uri: String) throws {
        let error = #expect(throws: StorageError.self) { try EventLogs.open(uri: uri) }
        #expect(error?.code == .invalid)
        #expect(error?.isRetriable == false)
        #expect((error?.reason.count ?? 0) > 30)
    }

    @Test func kafkaAddressTakesBrokersTopicAndProperties() throws {
        let log = try EventLogs.open(uri: "kafka://127.0.0.1:1,127.0.0.1:2/plays?linger.ms=1&client.id=a%20b")
        #expect(log.topic == "plays")
        let error = #expect(throws: StorageError.self) { try log.checkHealth(timeout: .milliseconds(300)) }
        #expect(error?.code == .unavailable)
        log.close()
    }

    @Test func sqliteAddressTakesTopicAndPathWithOddCharacters() throws {
        try withTemporaryDirectory { folder in
            let plain = try EventLogs.open(uri: "sqlite:\(folder.path("a/b c.db"))")
            #expect(plain.topic == "music_log")
            let encoded = try EventLogs.open(
                uri: "sqlite:\(folder.path("a/b%20c.db"))?topic=other&session.timeout.ms=500")
            #expect(encoded.topic == "other")
            try plain.createIfMissing(partitions: 1)
            try encoded.createIfMissing(partitions: 2)
            #expect(try plain.offsets().count == 1)
            #expect(try encoded.offsets().count == 2)
            plain.close()
            encoded.close()
        }
    }

    @Test func fileThatIsNoDatabaseIsRefused() throws {
        try withTemporaryDirectory { folder in
            let path = try folder.write("events.db", String(repeating: "no database ", count: 1000))
            let error = #expect(throws: StorageError.self) { try EventLogs.open(uri: "sqlite:\(path)") }
            #expect(error?.code == .corrupt)
        }
    }
}
