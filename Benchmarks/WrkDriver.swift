import Foundation

/// Drives a server with `wrk` (Debian) and reads what it measured.
struct WrkDriver {
    /// What a run measured.
    struct Report {
        var requestsPerSecond: Double
        var p50Microseconds: Double
        var p99Microseconds: Double
        var p999Microseconds: Double
        var errors: Int
    }

    let port: Int
    let threads: Int
    let connections: Int
    let seconds: Int
    /// Lua that sets up requests (`request = function() … end`); the report's own `done` is added.
    let script: String

    /// Runs to the end.
    ///
    /// - Throws: `BenchmarkError` when wrk is not installed or prints what is not understood.
    func run() throws -> Report {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("segue-wrk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("requests.lua")
        try Data((script + "\n" + Self.done).utf8).write(to: path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "wrk", "-t\(threads)", "-c\(connections)", "-d\(seconds)s", "--timeout", "10s", "-s", path.path,
            "http://127.0.0.1:\(port)",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError("wrk ended with \(process.terminationStatus); is it installed (apt-get install wrk)?")
        }
        return try Self.report(text)
    }

    private static let done = """
        done = function(summary, latency, requests)
            local e = summary.errors
            local failed = e.connect + e.read + e.write + e.status + e.timeout
            io.write(string.format("SEGUE %.1f %.1f %.1f %.1f %d\\n", summary.requests / (summary.duration / 1e6),
                latency:percentile(50), latency:percentile(99), latency:percentile(99.9), failed))
        end
        """

    private static func report(_ text: String) throws -> Report {
        let line = text.split(separator: "\n").first { $0.hasPrefix("SEGUE ") } ?? ""
        let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard numbers.count == 5 else { throw BenchmarkError("wrk printed no report:\n\(text)") }
        return Report(
            requestsPerSecond: numbers[0], p50Microseconds: numbers[1], p99Microseconds: numbers[2],
            p999Microseconds: numbers[3], errors: Int(numbers[4]))
    }
}
