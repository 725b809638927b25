import Foundation

/// The two streams a command writes to.
enum StandardStream {
    case output, error

    func write(_ text: String) {
        let handle = self == .output ? FileHandle.standardOutput : FileHandle.standardError
        handle.write(Data(text.utf8))
    }
}

/// Ends the process with that status.
func exitProcess(_ status: Int32) -> Never { exit(status) }
