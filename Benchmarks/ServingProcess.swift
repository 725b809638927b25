import Domain
import Foundation
import ServiceKit
import Storage

/// The server in a process of its own, so that its memory and time are its alone.
final class ServingProcess {
    let port: Int
    private let process = Process()
    private let input = Pipe()

    init(folder: String, threads: Int, limit: Int) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["serving", "--folder", folder, "--threads", "\(threads)"]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw BenchmarkError("the server ended before it listened") }
            text += String(decoding: data, as: UTF8.self)
        }
        guard let port = text.split(whereSeparator: \.isWhitespace).last.flatMap({ Int($0) }) else {
            throw BenchmarkError("the server did not tell its port: \(text)")
        }
        self.port = port
        try waitUntilReady(limit: limit)
    }

    /// Until a listener gets a personal list.
    private func waitUntilReady(limit: Int) throws {
        let pause = StopSignal()
        for _ in 0..<600 {
            let text = try get("/recommend/home?user_id=u000000&limit=\(limit)")
            if text.contains("\"personal\""), text.contains("\"title\":\"") { return }
            pause.wait(for: .milliseconds(100))
        }
        throw BenchmarkError("the server is not ready after a minute")
    }

    private func get(_ target: String) throws -> String {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = ["curl", "-s", "http://127.0.0.1:\(port)\(target)"]
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        curl.waitUntilExit()
        return text
    }

    /// Models the server has changed to since it started, by its own metrics.
    func modelSwapCount() throws -> Int {
        let name = "segue_model_swaps_total "
        let line = try get("/metrics").split(separator: "\n").first { $0.hasPrefix(name) }
        guard let count = line.flatMap({ Int($0.dropFirst(name.count)) }) else {
            throw BenchmarkError("the server's metrics do not tell \(name)")
        }
        return count
    }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    var residentMegabytes: Double { status("VmRSS:") / 1024 }
    var peakResidentMegabytes: Double { status("VmHWM:") / 1024 }

    /// User and system time so far.
    var processorSeconds: Double {
        guard let stat = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return .nan }
        // Fields 14 and 15 of proc(5), counted behind the name, which may hold spaces; in clock ticks of 1/100 s.
        let fields = stat[end...].split(separator: " ")
        return ((Double(fields[12]) ?? .nan) + (Double(fields[13]) ?? .nan)) / 100
    }

    private func status(_ field: String) -> Double {
        let path = "/proc/\(process.processIdentifier)/status"
        guard let status = try? String(contentsOfFile: path, encoding: .utf8) else { return .nan }
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? .nan
    }
}

/// Flips the current model between the two while wrk runs.
final class ModelSwaps: @unchecked Sendable {
    // Sendable: the thread writes `done` and `failure`, and `finish` reads them after joining it.
    private let folder: String
    private let count: Int
    private let seconds: Int
    private let stop = StopSignal()
    private var thread: WorkerThread?
    private var done = 0

    init(folder: String, count: Int, seconds: Int) {
        self.folder = folder
        self.count = count
        self.seconds = seconds
    }

    func start() {
        thread = try? WorkerThread(name: "swaps") { [self] in
            let documents = try SQLiteDocumentStore(path: folder + "/segue.db")
            defer { documents.close() }
            let interval = Duration.milliseconds(seconds * 1000 / (count + 1))
            while done < count, !stop.wait(for: interval) {
                let current = try documents.currentModel()?.manifest.version
                let next = ServingData.versions.first { $0 != current } ?? ServingData.versions[0]
                try documents.setCurrentModel(version: next)
                done += 1
            }
        }
    }

    /// Makes no further change and tells what went wrong.
    func finish() throws {
        stop.stop()
        guard let thread else { throw BenchmarkError("the thread that changes models did not start") }
        try thread.join()
    }
}

/// The requests wrk sends.
struct ServingLoad {
    enum Kind { case home, next }

    let kind: Kind
    let users: Int
    let songs: Int
    let limit: Int

    /// A pool of requests by Zipf's law with exponent 1 (the logarithm of the rank is even), from which one is drawn each
    /// time: formatting them as they go would measure Lua.
    var script: String {
        let make =
            switch kind {
            case .home:
                """
                wrk.format("GET", string.format("/recommend/home?user_id=u%06d&limit=\(limit)", rank(\(users))))
                """
            case .next:
                """
                wrk.format("POST", "/recommend/next", {["Content-Type"] = "application/json"}, string.format(
                    '{"user_id":"u%06d","track_id":"s%06d","limit":\(limit),"exclude":["s%06d","s%06d"]}',
                    rank(\(users)), rank(\(songs)), rank(\(songs)), rank(\(songs))))
                """
            }
        return """
            local pool, size = {}, 50000
            local function rank(n) return math.floor(math.exp(math.random() * math.log(n))) - 1 end
            init = function()
                math.randomseed(7)
                for i = 1, size do pool[i] = \(make) end
            end
            request = function() return pool[math.random(size)] end
            """
    }
}
