/// How hard one search tries. Separate from the index, so that no query changes what another one sees.
public struct IVFSearchParameters: Sendable, Equatable {
    /// Lists read before the search may end. More are read while the answer is not full.
    public var probeCount: Int

    /// Reads at least `nprobe` lists.
    public init(nprobe: Int) {
        precondition(nprobe > 0, "a search reads at least one list")
        probeCount = nprobe
    }
}
