import Domain
import Learning

/// A model version that can be served: its mapped index and the vectors of its listeners. The map ends with the last
/// request that holds this.
final class ServingModel: Sendable {
    /// Version, size, metrics of the run.
    let manifest: ModelManifest
    /// Item vectors and search.
    let index: IVFIndex
    /// Vectors of this very version, so that two versions cannot meet in a product.
    let users: UserVectorCache
    /// Vectors of listeners who have listened since it was trained.
    let sessions: SessionVectors
    /// Makes them.
    let folding: SessionFolding
    /// When it was loaded, epoch milliseconds.
    let loadedAt: Int64

    init(
        manifest: ModelManifest, index: IVFIndex, users: UserVectorCache, sessions: SessionVectors,
        folding: SessionFolding, loadedAt: Int64
    ) {
        self.manifest = manifest
        self.index = index
        self.users = users
        self.sessions = sessions
        self.folding = folding
        self.loadedAt = loadedAt
    }

    /// The version.
    var version: String { index.modelVersion }

    /// Keeps a listener's vector in memory.
    ///
    /// - Returns: false for one that cannot be searched with: of another length, or all zeros, as training leaves a
    ///   listener it learned nothing of.
    @discardableResult
    func keep(_ values: [Float], of userID: String) -> Bool {
        guard values.count == index.dimension, values.contains(where: { $0 != 0 }) else { return false }
        users.insert(values, of: userID)
        return true
    }
}
