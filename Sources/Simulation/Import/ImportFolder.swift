import Foundation

/// A folder whose files may be packed.
struct ImportFolder {
    let path: String

    /// Path of a file, or of the same name with `.gz`; nil when neither is there.
    func optionalFile(_ name: String) -> String? {
        ["\(path)/\(name)", "\(path)/\(name).gz"].first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Path of a file that must be there.
    func file(_ name: String) throws -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw SimulationError.notFound("there is no folder \(path)")
        }
        guard isFolder.boolValue else {
            throw SimulationError.invalid("\(path) is a file; this layout is a folder with \(name) in it")
        }
        guard let found = optionalFile(name) else {
            throw SimulationError.notFound("\(path) has no \(name) and no \(name).gz")
        }
        return found
    }
}
