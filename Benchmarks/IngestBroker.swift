import Foundation
import Glibc
import Kafka
import ServiceKit
import Simulation
import Storage

/// The broker: the one that was named, or one started here on the processors that nobody is measured on.
final class IngestBroker {
    let address: String
    let name: String
    private let process: Process?
    private let input = Pipe()

    init(_ settings: IngestSettings, folder: URL) throws {
        if let brokers = settings.brokers {
            (address, name, process) = (brokers, "given", nil)
            return
        }
        let others = Self.otherProcessors(than: settings.core)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.standardInput = input
        if let noida = Self.program("noida-db") {
            let port = try Self.freePort()
            (address, name) = ("127.0.0.1:\(port)", "noida-db")
            process.arguments =
                others + [
                    noida, "start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", folder.path + "/broker",
                ]
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try process.run()
        } else if let mock = Self.program("mock-kafka") {
            process.arguments = others + [mock]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            guard text.hasPrefix("brokers=") else { throw BenchmarkError("mock-kafka did not start: \(text)") }
            (address, name) = (text.dropFirst(8).trimmingCharacters(in: .whitespacesAndNewlines), "mock-kafka")
        } else {
            throw BenchmarkError("there is no broker: name one with --brokers, or install noida-db from PyPI")
        }
        self.process = process
    }

    func stop() {
        guard let process else { return }
        // SIGTERM ends either; mock-kafka also ends with its input.
        process.terminate()
        process.waitUntilExit()
    }

    private static func otherProcessors(than core: Int) -> [String] {
        let others = (0..<ProcessInfo.processInfo.processorCount).filter { $0 != core }
        guard core >= 0, !others.isEmpty else { return [] }
        return ["taskset", "-c", others.map { "\($0)" }.joined(separator: ",")]
    }

    /// Path of a program beside this one, in the project's virtual environment, or in $PATH.
    private static func program(_ name: String) -> String? {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return ([own, ".venv/bin"] + path).map { "\($0)/\(name)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// A port that was free a moment ago.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError("no socket can be made") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard found else { throw BenchmarkError("no port is free") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// The topic that is read: one that is there, or one filled here.
struct IngestTopic {
    let brokers: String
    let name: String
    let partitions: Int
    let events: Int
    private let isOurs: Bool

    init(_ settings: IngestSettings, brokers: String) throws {
        self.brokers = brokers
        name = settings.topic ?? "segue-bench-\(UUID().uuidString.prefix(8))"
        let log = KafkaEventLog(configuration: Self.configuration(brokers), topic: name)
        defer { log.close() }
        try Self.waitForBroker(log)
        let found = try log.offsets()
        let held = found.reduce(0) { $0 + Int($1.end - $1.begin) }
        isOurs = found.isEmpty
        if held == 0 {
            try log.createIfMissing(partitions: settings.partitions)
            try Self.fill(log, settings, count: settings.events)
        }
        let offsets = try log.offsets()
        partitions = offsets.count
        events = offsets.reduce(0) { $0 + Int($1.end - $1.begin) }
        guard held > 0 || events == settings.events else {
            throw BenchmarkError(
                "the topic holds \(events) of \(settings.events) events: the broker does not keep that much "
                    + "(mock-kafka: 5 MiB a partition); take more --partitions or another broker")
        }
    }

    var uri: String { "kafka://\(brokers)/\(name)" }

    /// Deletes a topic that was made here.
    func remove() {
        if isOurs { Self.delete(name, brokers) }
    }

    /// Deletes a topic, and says so when it stays.
    static func delete(_ name: String, _ brokers: String) {
        do {
            let admin = try KafkaAdmin(configuration: configuration(brokers))
            defer { admin.close() }
            try admin.deleteTopic(name)
        } catch {
            StandardStream.error.write("Benchmarks ingest: the topic \(name) stays: \(error)\n")
        }
    }

    static func configuration(_ brokers: String) -> KafkaConfiguration {
        KafkaConfiguration(brokers: brokers.split(separator: ",").map(String.init), clientID: "segue-bench")
    }

    /// Writes that many simulated events.
    static func fill(_ log: KafkaEventLog, _ settings: IngestSettings, count: Int) throws {
        let options = SimulationOptions(
            users: settings.users, songs: settings.songs, events: Int64(count), daysBack: settings.days)
        _ = try Simulator(options: options).backfill(into: log)
    }

    private static func waitForBroker(_ log: KafkaEventLog) throws {
        let deadline = MonotonicTime.now.advanced(by: .seconds(30))
        while true {
            do {
                return try log.checkHealth(timeout: .seconds(5))
            } catch let error as StorageError where error.isRetriable && MonotonicTime.now < deadline {
                StopSignal().wait(for: .milliseconds(100))
            }
        }
    }
}
