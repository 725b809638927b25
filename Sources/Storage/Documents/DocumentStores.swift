/// Opens document stores by their address.
public enum DocumentStores {
    /// Opens the store at `uri`: `sqlite:<path>`, or `mongodb://<hosts>/<database>?replicaSet=<name>`.
    ///
    /// Nothing is created in it before `prepare`.
    /// - Throws: `StorageError` when the scheme is another, the address is not whole or a file cannot be opened. A
    ///   server that is down shows at the first call.
    public static func open(uri: String) throws -> any DocumentStore {
        guard let colon = uri.firstIndex(of: ":") else { throw unknown(uri) }
        switch uri[..<colon] {
        case "sqlite":
            let path = String(uri[uri.index(after: colon)...])
            guard !path.isEmpty, path != ":memory:" else {
                throw StorageError(
                    .invalid, "the store address “\(uri)” names no file: write sqlite:<path>, as sqlite:data/segue.db")
            }
            return try SQLiteDocumentStore(path: path)
        // With +srv the name stands for a DNS record that lists the hosts.
        case "mongodb", "mongodb+srv": return try MongoDocumentStore(uri: uri)
        default: throw unknown(uri)
        }
    }

    private static func unknown(_ uri: String) -> StorageError {
        StorageError(
            .invalid,
            "no store is known for the address “\(uri)”: write sqlite:<path>, as sqlite:data/segue.db, or "
                + "mongodb://<host>/<database>?replicaSet=<name>")
    }
}
