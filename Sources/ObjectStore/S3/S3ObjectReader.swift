import Synchronization

/// Reads ranges of one object, all of one state of it: an object that is replaced meanwhile gives an error.
final class S3ObjectReader: ObjectReader {
    private let store: S3ObjectStore
    private let info: ObjectInfo
    private let wholeReadByteCount: Int64
    /// A small object, once it has been read.
    private let whole = Mutex<[UInt8]?>(nil)

    init(store: S3ObjectStore, info: ObjectInfo, wholeReadByteCount: Int64) {
        self.store = store
        self.info = info
        self.wholeReadByteCount = wholeReadByteCount
    }

    var byteCount: Int64 { info.byteCount }

    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset >= 0, offset <= byteCount, Int64(buffer.count) <= byteCount - offset else {
            throw ObjectStoreError.rangeLeavesObject(
                offset..<offset + Int64(buffer.count), key: info.key, byteCount: byteCount)
        }
        guard !buffer.isEmpty else { return }
        if byteCount <= wholeReadByteCount {
            let bytes = try wholeObject()
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
        } else {
            buffer.copyBytes(
                from: try store.get(info.key, range: offset..<offset + Int64(buffer.count), etag: info.etag))
        }
    }

    private func wholeObject() throws -> [UInt8] {
        if let bytes = whole.withLock({ $0 }) { return bytes }
        let bytes = try store.get(info.key, range: 0..<byteCount, etag: info.etag)
        whole.withLock { $0 = bytes }
        return bytes
    }
}
