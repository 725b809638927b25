/// What one training run produced and from what: `models/<version>/manifest.json` and a document of `models`
/// (docs/design.md §3.5). Coded as JSON with snake-case keys by `ModelManifest.encode` and `.decode`.
public struct ModelManifest: Sendable, Codable, Equatable {
    /// Sortable and unique: `YYYYMMDDTHHMMSSZ-xxxxxx`.
    public var version: String
    /// When the run finished, epoch milliseconds.
    public var createdAt: Int64
    /// Latent factors a vector.
    public var factors: Int
    /// Users and items the model knows.
    public var users: Int
    /// Items the index holds.
    public var items: Int
    /// Every parameter of the run by its command-line name, as text.
    public var parameters: [String: String]
    /// Version of the lake that was read.
    public var lakeVersion: Int64
    /// First and last day of the window, `YYYY-MM-DD`.
    public var windowFrom: String
    /// Last day of the window, inclusive.
    public var windowThrough: String
    /// Events read inside the window.
    public var events: Int64
    /// Metric name (`ndcg@10`, `recall@20`, `popularity.ndcg@10`, …) to value; empty when nothing could be held out.
    public var metrics: [String: Double]
    /// Objective after each iteration.
    public var objective: [Double]
    /// Files beside the manifest: name, size, checksum.
    public var files: [ModelFile]

    /// Makes a manifest of its parts.
    public init(
        version: String, createdAt: Int64, factors: Int, users: Int, items: Int, parameters: [String: String],
        lakeVersion: Int64, windowFrom: String, windowThrough: String, events: Int64, metrics: [String: Double],
        objective: [Double], files: [ModelFile]
    ) {
        self.version = version
        self.createdAt = createdAt
        self.factors = factors
        self.users = users
        self.items = items
        self.parameters = parameters
        self.lakeVersion = lakeVersion
        self.windowFrom = windowFrom
        self.windowThrough = windowThrough
        self.events = events
        self.metrics = metrics
        self.objective = objective
        self.files = files
    }
}

/// One file of a model.
public struct ModelFile: Sendable, Codable, Equatable {
    /// Name inside the model's folder.
    public var name: String
    /// Size in bytes.
    public var byteCount: Int64
    /// CRC-32C of the whole file, eight lower-case hex digits.
    public var crc32c: String

    /// Makes the entry.
    public init(name: String, byteCount: Int64, crc32c: String) {
        self.name = name
        self.byteCount = byteCount
        self.crc32c = crc32c
    }
}
