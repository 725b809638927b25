import CZlib
import Synchronization

/// Packs bytes as gzip (RFC 1952) by zlib; may be used by many threads. Streams are kept and reset: setting one up costs more than compressing a small answer.
public final class Gzip: Sendable {
    private let level: Int32
    private let idle = Mutex<[Stream]>([])
    private static let idleLimit = 16

    /// Packs at a level: 1 is fastest, 9 smallest.
    public init(level: Int32) { self.level = level }

    /// The compressed bytes; nil when zlib has no memory.
    public func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard let stream = idle.withLock({ $0.popLast() }) ?? Stream(level: level) else { return nil }
        guard let compressed = stream.compress(bytes) else { return nil }
        idle.withLock { if $0.count < Self.idleLimit { $0.append(stream) } }
        return compressed
    }

    /// One zlib stream.
    private final class Stream: @unchecked Sendable {
        // Sendable: in the idle list or in the hands of one thread, never both. zlib keeps a pointer to the structure, so
        // it lives at a fixed address.
        private let stream: UnsafeMutablePointer<z_stream>

        init?(level: Int32) {
            stream = .allocate(capacity: 1)
            stream.initialize(to: z_stream())
            guard segue_deflate_init_gzip(stream, level) == Z_OK else {
                stream.deallocate()
                return nil
            }
        }

        deinit {
            // Z_DATA_ERROR only says that the stream was ended before all was flushed.
            let code = deflateEnd(stream)
            assert(code == Z_OK || code == Z_DATA_ERROR)
            stream.deallocate()
        }

        func compress(_ bytes: [UInt8]) -> [UInt8]? {
            guard deflateReset(stream) == Z_OK, bytes.count <= Int(UInt32.max) else { return nil }
            let bound = Int(deflateBound(stream, UInt(bytes.count)))
            var isWhole = false
            let compressed = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                bytes.withUnsafeBufferPointer { input in
                    // zlib reads from next_in and never writes to it.
                    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                    stream.pointee.avail_in = UInt32(input.count)
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(bound)
                    isWhole = deflate(stream, Z_FINISH) == Z_STREAM_END
                    count = bound - Int(stream.pointee.avail_out)
                }
            }
            return isWhole ? compressed : nil
        }
    }
}
