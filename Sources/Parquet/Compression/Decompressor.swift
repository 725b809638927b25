import CSnappy
import CZstd
import ServiceKit

/// Decompresses pages into memory that it keeps between them.
///
/// What a page claims to be after decompression is checked against what its codec can make of so many bytes before
/// memory is asked for.
final class Decompressor {
    private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { scratch.deallocate() }

    /// The bytes of a page; valid until the next call, or as long as `body` when nothing had to be done.
    func decompress(
        _ body: UnsafeRawBufferPointer, _ codec: CompressionCodec, byteCount: Int
    ) throws -> UnsafeRawBufferPointer {
        if codec == .uncompressed {
            guard body.count == byteCount else {
                throw ParquetError.damaged(
                    "a page that is not compressed has \(body.count) bytes and claims \(byteCount)")
            }
            return body
        }
        if byteCount == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
        switch codec {
        case .snappy: return try snappy(body, byteCount)
        case .zstd: return try zstd(body, byteCount)
        case .gzip: return try gzip(body, byteCount)
        default:
            throw ParquetError.unsupported(
                "its compression is \(codec.name); SNAPPY, ZSTD, GZIP and UNCOMPRESSED are read")
        }
    }

    private func room(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        if scratch.count < byteCount {
            scratch.deallocate()
            scratch = .allocate(byteCount: byteCount, alignment: 64)
        }
        return UnsafeMutableRawBufferPointer(rebasing: scratch[..<byteCount])
    }

    private func justify(_ byteCount: Int, of body: UnsafeRawBufferPointer, greatestRatio: Int) throws {
        guard byteCount <= 64 + body.count * greatestRatio else {
            throw ParquetError.limitExceeded(
                "a page of \(body.count) compressed bytes claims \(byteCount), more than its compression can give")
        }
    }

    // MARK: codecs

    private func snappy(_ body: UnsafeRawBufferPointer, _ byteCount: Int) throws -> UnsafeRawBufferPointer {
        if let stored = SnappyBlock.storedLiteral(body, byteCount: byteCount) { return stored }
        // The densest element makes 64 bytes of 3.
        try justify(byteCount, of: body, greatestRatio: 22)
        let input = body.baseAddress?.assumingMemoryBound(to: CChar.self)
        var length = 0
        guard snappy_uncompressed_length(input, body.count, &length) == SNAPPY_OK, length == byteCount else {
            throw ParquetError.damaged("a Snappy page is not as long as its header tells")
        }
        let output = room(byteCount)
        let status = snappy_uncompress(
            input, body.count, output.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
        guard status == SNAPPY_OK, length == byteCount else {
            throw ParquetError.damaged("a Snappy page does not decompress")
        }
        return UnsafeRawBufferPointer(output)
    }

    private func zstd(_ body: UnsafeRawBufferPointer, _ byteCount: Int) throws -> UnsafeRawBufferPointer {
        try justifyZstd(byteCount, of: body)
        let output = room(byteCount)
        let length = ZSTD_decompress(output.baseAddress, output.count, body.baseAddress, body.count)
        if ZSTD_isError(length) != 0 {
            throw ParquetError.damaged(
                "a Zstandard page does not decompress: \(String(cString: ZSTD_getErrorName(length)))")
        }
        guard length == byteCount else {
            throw ParquetError.damaged("a Zstandard page has \(length) bytes where its header tells \(byteCount)")
        }
        return UnsafeRawBufferPointer(output)
    }

    /// A frame that tells its size must tell that of the header; one that does not is held to what real pages give, as
    /// the densest block makes 128 KiB of four bytes.
    private func justifyZstd(_ byteCount: Int, of body: UnsafeRawBufferPointer) throws {
        // The two greatest numbers stand for "not told" and "no frame" (zstd.h, ZSTD_CONTENTSIZE_UNKNOWN and _ERROR).
        let told = ZSTD_getFrameContentSize(body.baseAddress, body.count)
        if told < UInt64.max - 1, told != UInt64(byteCount),
            ZSTD_findFrameCompressedSize(body.baseAddress, body.count) == body.count
        {
            throw ParquetError.damaged("a Zstandard page has \(told) bytes where its header tells \(byteCount)")
        }
        let isTold = told == UInt64(byteCount)
        guard isTold || byteCount <= Self.freeByteCount else {
            return try justify(byteCount, of: body, greatestRatio: Self.greatestUntoldRatio)
        }
        try justify(byteCount, of: body, greatestRatio: 32768)
    }

    private static let freeByteCount = 1 << 20
    private static let greatestUntoldRatio = 1024

    private func gzip(_ body: UnsafeRawBufferPointer, _ byteCount: Int) throws -> UnsafeRawBufferPointer {
        try justify(byteCount, of: body, greatestRatio: 1032)
        let output = room(byteCount)
        guard Gzip.decompress(body, into: output) == byteCount else {
            throw ParquetError.damaged("a GZIP page does not decompress to \(byteCount) bytes")
        }
        return UnsafeRawBufferPointer(output)
    }
}
