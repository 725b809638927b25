import ObjectStore

extension DeltaLog {
    static let lastCheckpointKey = folder + "_last_checkpoint"

    /// The version `_last_checkpoint` names. It is a hint: when it is absent or damaged, the listing tells as well.
    func lastCheckpointVersion() throws -> Int64? {
        guard let bytes = try store.getIfPresent(Self.lastCheckpointKey),
            let object = try? DeltaJSON.parse(String(decoding: bytes, as: UTF8.self)).objectValue,
            let version = object["version"]?.integerValue, version >= 0
        else { return nil }
        return version
    }
}
