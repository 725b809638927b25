import ObjectStore
import ServiceKit
import Synchronization

/// Opens a lake by its address.
public enum EventLakes {
    /// The lake at `uri`: `file:PATH` or a plain path for a folder; `s3://BUCKET/PREFIX?endpoint=URL&region=NAME` for a
    /// bucket, with credentials from the environment or AWS's own file (see `S3Configuration`); `memory:NAME` for one that
    /// lives as long as the process (the same name gives the same lake).
    /// - Throws: `.invalid` for another scheme.
    public static func open(uri: String, options: DeltaEventLake.Options = .init()) throws -> any EventLake {
        try openDelta(uri: uri, options: options)
    }

    /// The same, for callers that maintain the lake.
    public static func openDelta(uri: String, options: DeltaEventLake.Options = .init()) throws -> DeltaEventLake {
        DeltaEventLake(store: try store(uri: uri), options: options)
    }

    private static let memory = Mutex<[String: MemoryObjectStore]>([:])

    private static func store(uri: String) throws -> any ObjectStore {
        guard let scheme = uri.firstMatch(of: /^([A-Za-z][A-Za-z0-9+.\-]*):/)?.1 else {
            return try local(uri, uri: uri)
        }
        let rest = String(uri.dropFirst(scheme.count + 1))
        switch scheme.lowercased() {
        case "file":
            return try local(rest.hasPrefix("///") ? String(rest.dropFirst(2)) : rest, uri: uri)
        case "s3":
            return try explaining {
                S3ObjectStore(try S3Configuration(uri: uri, environment: Configuration.processEnvironment))
            }
        case "memory":
            return memory.withLock { stores in
                if let store = stores[rest] { return store }
                let store = MemoryObjectStore()
                stores[rest] = store
                return store
            }
        default:
            throw StorageError(
                .invalid, "\(uri) is no address of a lake: use file:PATH, s3://BUCKET/PREFIX or memory:NAME")
        }
    }

    private static func local(_ path: String, uri: String) throws -> any ObjectStore {
        guard !path.isEmpty, !path.hasPrefix("//") else {
            throw StorageError(
                .invalid, "\(uri) names no folder for the lake: use file:PATH, for example file:data/lake")
        }
        return LocalObjectStore(root: path)
    }
}
