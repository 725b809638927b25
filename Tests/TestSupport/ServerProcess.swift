public import Foundation
import Synchronization

/// A server from PyPI or Debian that a test starts, kills, starts again and stops: a broker, a database.
///
/// It listens on a port of its own, keeps its data in a folder of its own, and neither outlives the test process: a
/// small shell between them ends the server and removes the folder when the test process is gone, however it went.
public final class ServerProcess: Sendable {
    /// Why a server did not come up.
    public struct StartError: Error, CustomStringConvertible {
        /// What happened, with the last lines the server wrote.
        public let description: String
    }

    /// Port it listens on, on 127.0.0.1; the same after a restart.
    public let port: UInt16
    /// Folder for its data, there before it starts; kept over restarts, removed by `stop`.
    public let folder: URL

    private let executable: URL
    private let arguments: [String]
    private let startTimeout: Duration
    private let running = Mutex<Running?>(nil)

    private struct Running {
        let shell: pid_t
        /// Write end of the shell's standard input; closing it is how the shell learns that the server must go.
        let lifeline: Int32
        var hasExited = false

        /// Whether the shell, and so the server, is gone; never waits.
        mutating func checkExited() -> Bool {
            if !hasExited { hasExited = waitpid(shell, nil, WNOHANG) == shell }
            return hasExited
        }
    }

    /// Starts a server and waits until its port answers.
    ///
    /// - Parameters:
    ///   - executable: what to run; see `executable(named:)`.
    ///   - startTimeout: how long the port may stay silent.
    ///   - arguments: makes the command line of the port and the folder.
    public init(
        _ executable: URL, startTimeout: Duration = .seconds(60), arguments: (UInt16, URL) -> [String]
    ) throws {
        self.executable = executable
        self.startTimeout = startTimeout
        port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.arguments = arguments(port, folder)
        do {
            try start()
        } catch {
            try FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    deinit {
        end(.terminate)
        // Nobody is left to tell; what stays in the temporary folder does no harm.
        try? FileManager.default.removeItem(at: folder)
    }

    /// The program of that name in the package's `.venv/bin` or on the `PATH`; nil when it is in
    /// neither.
    public static func executable(named name: String, file: String = #filePath) -> URL? {
        var folders: [String] = []
        var root = URL(fileURLWithPath: file).deletingLastPathComponent()
        while root.path != "/" {
            if FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path) {
                folders.append(root.appendingPathComponent(".venv/bin").path)
                break
            }
            root.deleteLastPathComponent()
        }
        folders += (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.lazy.map { URL(fileURLWithPath: $0).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    // MARK: - life

    /// Starts it on the same port and folder after `kill` or `terminate`, and waits until the port answers.
    public func start() throws {
        try running.withLock { running in
            precondition(running == nil, "the server on port \(port) runs already")
            let started = try launch()
            running = started
        }
        do {
            try awaitPort()
        } catch {
            end(.kill)
            throw error
        }
    }

    /// Ends it at once (SIGKILL), as a crash would; the folder stays.
    public func kill() { end(.kill) }

    /// Asks it to end (SIGTERM), and ends it at once when it has not after ten seconds; the folder stays.
    public func terminate() { end(.terminate) }

    /// Ends it and removes its folder; idempotent.
    public func stop() throws {
        end(.terminate)
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
    }

    /// Whether the process is there.
    public var isRunning: Bool { running.withLock { !($0?.checkExited() ?? true) } }

    /// The last lines the server wrote.
    public func logTail(lines: Int = 20) -> String {
        guard let log = try? String(contentsOf: logFile, encoding: .utf8) else { return "" }
        return log.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    // MARK: - inside

    private enum End { case kill, terminate }

    private var logFile: URL { folder.appendingPathComponent("server.log") }

    /// The shell's arguments: 1 the folder, 2… the server's command line. Its standard input is the lifeline. `setsid`
    /// gives the server a group of its own, so that its children go with it.
    ///
    /// The descriptors of the test process are closed first: a lifeline held by another server's shell would keep this
    /// one alive.
    private static let script = """
        for path in /proc/self/fd/*; do fd=${path##*/}; if [ "$fd" -gt 2 ]; then exec {fd}>&-; fi; done
        folder=$1; shift; cd "$folder" || exit 1
        setsid "$@" </dev/null & server=$!
        exec 3<&0
        ( read -r line <&3
          if [ "$line" != terminate ]; then kill -KILL -$server; [ "$line" = kill ] || rm -rf "$folder"; exit; fi
          kill -TERM -$server
          read -r line <&3; kill -KILL -$server ) 2>/dev/null & watcher=$!
        wait $server; status=$?
        kill -KILL $watcher 2>/dev/null
        exit $status
        """

    private func launch() throws -> Running {
        // The server may end just before its lifeline is written to: that is an error there, not a signal.
        signal(SIGPIPE, SIG_IGN)
        try Data().write(to: logFile)
        var ends: [Int32] = [-1, -1]
        try Self.check(pipe(&ends) == 0 ? 0 : errno, "pipe")
        defer { close(ends[0]) }
        do {
            return Running(shell: try spawnShell(input: ends[0]), lifeline: ends[1])
        } catch {
            close(ends[1])
            throw error
        }
    }

    /// Not `Foundation.Process`: that leaves the child the calling thread's blocked signals, and the threads tests run on
    /// block nearly all, the shell's SIGCHLD and the server's SIGTERM among them.
    private func spawnShell(input: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        try Self.check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init")
        defer { posix_spawn_file_actions_destroy(&actions) }
        let append = O_WRONLY | O_APPEND
        try Self.check(posix_spawn_file_actions_adddup2(&actions, input, 0), "standard input")
        try Self.check(posix_spawn_file_actions_addopen(&actions, 1, logFile.path, append, 0), "standard output")
        try Self.check(posix_spawn_file_actions_adddup2(&actions, 1, 2), "standard error")
        var attributes = posix_spawnattr_t()
        try Self.check(posix_spawnattr_init(&attributes), "posix_spawnattr_init")
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        try Self.check(posix_spawnattr_setsigmask(&attributes, &none), "signal mask")
        try Self.check(posix_spawnattr_setsigdefault(&attributes, &all), "signal defaults")
        let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
        try Self.check(posix_spawnattr_setflags(&attributes, flags), "flags")
        let words = ["/bin/bash", "-c", Self.script, "server", folder.path, executable.path] + arguments
        var cWords: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in cWords { free(word) } }
        var shell: pid_t = 0
        try Self.check(posix_spawn(&shell, "/bin/bash", &actions, &attributes, &cWords, environ), "posix_spawn")
        return shell
    }

    private static func check(_ code: Int32, _ what: String) throws {
        guard code == 0 else { throw StartError(description: "\(what): \(String(cString: strerror(code)))") }
    }

    private func end(_ end: End) {
        guard var running = running.withLock({ $0.take() }) else { return }
        defer { close(running.lifeline) }
        guard !running.checkExited() else { return }
        if end == .terminate {
            Self.tell(running.lifeline, "terminate\n")
            Self.wait(for: .seconds(10)) { running.checkExited() }
        }
        guard !running.checkExited() else { return }
        Self.tell(running.lifeline, "kill\n")
        Self.wait(for: .seconds(30)) { running.checkExited() }
    }

    /// A shell that is gone already has nothing to be told, so a failed write needs no answer: the wait that follows
    /// sees the exit.
    private static func tell(_ lifeline: Int32, _ word: String) {
        _ = word.withCString { write(lifeline, $0, strlen($0)) }
    }

    private func awaitPort() throws {
        var answers = false
        Self.wait(for: startTimeout) {
            answers = Self.answers(port)
            return answers || !isRunning
        }
        guard !answers else { return }
        let what = isRunning ? "does not answer on port \(port) after \(startTimeout)" : "ended at once"
        throw StartError(description: "\(executable.lastPathComponent) \(what): \(logTail())")
    }

    private static func wait(for limit: Duration, until condition: () -> Bool) {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while !condition() && ContinuousClock.now < deadline { usleep(20_000) }
    }

    // MARK: - ports

    /// A port of 127.0.0.1 that nobody listens on now.
    public static func freePort() throws -> UInt16 {
        try withSocket { socket, address in
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard bind(socket, address, size) == 0, getsockname(socket, address, &size) == 0 else {
                throw StartError(description: "no free port: \(String(cString: strerror(errno)))")
            }
            return UInt16(
                bigEndian: address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_port })
        }
    }

    private static func answers(_ port: UInt16) -> Bool {
        let connected = try? withSocket(port: port) { socket, address in
            connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
        return connected ?? false
    }

    private static func withSocket<R>(
        port: UInt16 = 0, _ body: (Int32, UnsafeMutablePointer<sockaddr>) throws -> R
    ) throws -> R {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw StartError(description: "no socket: \(String(cString: strerror(errno)))") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body(socket, $0) }
        }
    }
}
