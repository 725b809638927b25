import Kafka
import Testing

@Suite struct KafkaConfigurationTests {
    @Test func unknownPropertyIsRefusedByName() throws {
        let configuration = KafkaConfiguration(brokers: ["localhost:9092"], properties: ["acsk": "all"])
        for make in [
            { _ = try KafkaProducer(configuration: configuration) },
            { _ = try KafkaConsumer(configuration: configuration, group: "g") },
            { _ = try KafkaAdmin(configuration: configuration) },
        ] {
            let error = #expect(throws: KafkaError.self) { try make() }
            #expect(error?.code == .configuration)
            #expect(error?.reason.contains("acsk") == true)
        }
    }

    @Test func propertiesWinOverTheFields() throws {
        let configuration = KafkaConfiguration(
            brokers: ["localhost:9092"], properties: ["compression.codec": "no-such-codec"])
        let error = #expect(throws: KafkaError.self) { try KafkaProducer(configuration: configuration) }
        #expect(error?.reason.contains("no-such-codec") == true)
    }

    @Test func propertiesThatContradictEachOtherAreRefused() throws {
        var configuration = KafkaConfiguration(brokers: ["localhost:9092"])
        configuration.properties["acks"] = "1"
        let error = #expect(throws: KafkaError.self) { try KafkaProducer(configuration: configuration) }
        #expect(error?.code == .configuration)
        #expect(error?.reason.contains("acks") == true)
    }

    @Test func propertyOfTheOtherKindIsNoReasonForALogLine() throws {
        let lines = Latest<KafkaLogLine>()
        var configuration = KafkaConfiguration(brokers: ["127.0.0.1:1"])
        configuration.onLog = { if $0.facility == "CONFWARN" { lines.set($0) } }
        configuration.properties["linger.ms"] = "7"
        let consumer = try KafkaConsumer(configuration: configuration, group: "g")
        try consumer.close()
        #expect(lines.value == nil)
    }
}
