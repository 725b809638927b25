import Foundation
import TestSupport
import Testing

/// `python3` is a package of every Debian this is built on (scripts/setup); its web server is a server like any other.
@Suite(.enabled(if: ServerProcess.executable(named: "python3") != nil)) struct ServerProcessTests {
    private let python = ServerProcess.executable(named: "python3") ?? URL(fileURLWithPath: "/nowhere")

    @Test func serverIsKilledStartsAgainOnItsPortAndLeavesNothing() throws {
        let server = try ServerProcess(python) { port, folder in
            ["-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", folder.path]
        }
        try Data("kept".utf8).write(to: server.folder.appendingPathComponent("file.txt"))
        #expect(server.isRunning)
        server.kill()
        #expect(!server.isRunning)
        try server.start()
        #expect(server.isRunning)
        #expect(FileManager.default.fileExists(atPath: server.folder.appendingPathComponent("file.txt").path))
        server.terminate()
        #expect(!server.isRunning)
        try server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.folder.path))
    }

    @Test func programThatEndsAtOnceIsReportedWithWhatItSaid() throws {
        let error = try #require(throws: ServerProcess.StartError.self) {
            try ServerProcess(python) { _, _ in ["-c", "import sys; sys.exit('no such setting')"] }
        }
        #expect(error.description.contains("ended at once") && error.description.contains("no such setting"))
    }

    @Test func portThatStaysSilentIsReported() throws {
        let error = try #require(throws: ServerProcess.StartError.self) {
            try ServerProcess(python, startTimeout: .milliseconds(300)) { _, _ in ["-c", "import time; time.sleep(60)"]
            }
        }
        #expect(error.description.contains("does not answer"))
    }
}
