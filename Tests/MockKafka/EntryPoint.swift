import Glibc
import Kafka
import ServiceKit

/// `mock-kafka`: librdkafka's mock cluster in a process of its own, for tests over the wire.
///
///     mock-kafka [--brokers N] [--topic NAME:PARTITIONS]… [--at SECONDS COMMAND]…
///
/// Prints `brokers=HOST:PORT,…` once it listens, takes commands as lines of standard input, and runs until SIGTERM, `quit`,
/// or the end of standard input. `--at` runs a command after that many seconds. Commands are listed in `MockCommand`.
@main
struct EntryPoint {
    static func main() {
        do {
            let options = try MockOptions(Array(CommandLine.arguments.dropFirst()))
            let stop = StopSignal()
            try SignalHandling.install(stopping: stop)
            try run(options, until: stop)
        } catch {
            say("mock-kafka: \(error)", to: STDERR_FILENO)
            exit(1)
        }
    }

    private static func run(_ options: MockOptions, until stop: StopSignal) throws {
        let cluster = try KafkaMockCluster(brokers: options.brokers)
        for topic in options.topics { try cluster.createTopic(topic.name, partitions: topic.partitions) }
        say("brokers=\(cluster.brokers.joined(separator: ","))")
        let timers = try options.timed.map { delay, command in
            try WorkerThread(name: "timed command") {
                if !stop.wait(for: delay) { obey(command, cluster, stop) }
            }
        }
        // Not joined: it may sit in `readLine` when SIGTERM ends the process.
        _ = try WorkerThread(name: "commands") {
            while let line = readLine() { obey(line, cluster, stop) }
            stop.stop()
        }
        stop.wait()
        for timer in timers { try timer.join() }
    }

    private static func obey(_ line: String, _ cluster: KafkaMockCluster, _ stop: StopSignal) {
        do {
            try MockCommand(line).run(on: cluster, stop)
            say("ok \(line)")
        } catch {
            say("error \(error)")
        }
    }
}

/// One line, at once: the reader at the other end of the pipe waits for it.
private func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
    let bytes = Array("\(line)\n".utf8)
    // A reader that has gone will close standard input too, which ends the process.
    _ = write(descriptor, bytes, bytes.count)
}
