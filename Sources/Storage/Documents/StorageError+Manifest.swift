import Domain

extension StorageError {
    /// The manifest as JSON, for a document of `models`.
    static func encode(_ manifest: ModelManifest) throws(StorageError) -> [UInt8] {
        do {
            return try manifest.encodeJSON()
        } catch {
            throw StorageError(.invalid, "model \(manifest.version): \(error.reason)")
        }
    }

    /// Reads a manifest kept at `place`.
    static func decodeManifest(
        _ bytes: [UInt8], of version: String, in place: String
    ) throws(StorageError) -> ModelManifest {
        do {
            return try ModelManifest.decodeJSON(bytes)
        } catch {
            throw StorageError(.corrupt, "\(place): model \(version): \(error.reason)")
        }
    }
}
