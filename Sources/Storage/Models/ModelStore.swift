public import Domain

/// The folder of model files: `models/<version>/items.ivf` and `manifest.json` (docs/design.md §3.5). Which version is
/// current is the document store's to say, not a file's.
///
/// All calls block and may be made from many threads; a version, once there, never changes.
public protocol ModelStore: Sendable {
    /// Writes a version whole or not at all: into a folder aside, fsync, rename.
    ///
    /// - Parameter write: called with the path of the folder aside; writes the model's files there. What it leaves there
    ///   is listed with size and checksum in the manifest's `files` before the manifest itself is written.
    /// - Returns: the manifest with `files` filled in.
    func publish(_ manifest: ModelManifest, write: (String) throws -> Void) throws -> ModelManifest

    /// The manifest of a version.
    func manifest(version: String) throws -> ModelManifest

    /// Path of a file of a version, for mapping it.
    func path(version: String, file: String) throws -> String

    /// Versions that are whole, newest first.
    func versions() throws -> [String]

    /// Re-reads every file of a version and compares size and checksum.
    func verify(version: String) throws

    /// Path of a folder beside the versions for what runs under way keep between two starts. It may not be there yet.
    var workFolder: String { get }

    /// Path of a folder beside the versions for what runs that were not published leave: a folder a run. It may not be there yet.
    var rejectedFolder: String { get }

    /// Removes a version; one that is not there is no error.
    func remove(version: String) throws
}
