import CSnappy
import CZstd

/// Compresses the pages of one file.
final class Compressor {
    private let compression: WriterOptions.Compression
    private let zstd: OpaquePointer?

    init(_ compression: WriterOptions.Compression) throws {
        self.compression = compression
        guard case .zstd = compression else {
            zstd = nil
            return
        }
        guard let context = ZSTD_createCCtx() else { throw ParquetError.limitExceeded("no memory for Zstandard") }
        zstd = context
    }

    deinit {
        // Freeing a context, or none, has no way to fail.
        _ = ZSTD_freeCCtx(zstd)
    }

    /// Appends the compressed bytes.
    func compress(_ bytes: UnsafeRawBufferPointer, to buffer: OutputBuffer) throws {
        switch compression {
        case .uncompressed: buffer.append(bytes)
        case .snappy: try compressBySnappy(bytes, to: buffer)
        case .zstd(let level): try compressByZstd(bytes, level, to: buffer)
        }
    }

    private func compressBySnappy(_ bytes: UnsafeRawBufferPointer, to buffer: OutputBuffer) throws {
        let bound = snappy_max_compressed_length(bytes.count)
        try buffer.append(upTo: bound) { target in
            var length = bound
            let status = snappy_compress(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
                target.assumingMemoryBound(to: CChar.self), &length)
            guard status == SNAPPY_OK else {
                throw ParquetError.limitExceeded("Snappy refuses \(bytes.count) bytes (status \(status.rawValue))")
            }
            return length
        }
    }

    private func compressByZstd(_ bytes: UnsafeRawBufferPointer, _ level: Int32, to buffer: OutputBuffer) throws {
        let bound = ZSTD_compressBound(bytes.count)
        try buffer.append(upTo: bound) { target in
            let length = ZSTD_compressCCtx(zstd, target, bound, bytes.baseAddress, bytes.count, level)
            if ZSTD_isError(length) != 0 {
                throw ParquetError.limitExceeded("Zstandard: \(String(cString: ZSTD_getErrorName(length)))")
            }
            return length
        }
    }
}
