extension StorageError {
    /// The store counts the plays of another lake than the one it is used with.
    ///
    /// - Parameters:
    ///   - found: identity of the lake it is used with; nil when there is none.
    ///   - place: the store, when the caller knows it.
    package static func otherLake(_ found: String?, counted: String, place: String?) -> StorageError {
        StorageError(
            .invalid,
            (place.map { "\($0): " } ?? "") + "the store counts the plays of the lake \(counted), "
                + (found.map { "but this is the lake \($0)" } ?? "which is not there any more")
                + ". Look whether lake.uri and store.uri belong together; when the lake was made anew, `segue lake recount` "
                + "counts what it holds")
    }
}
