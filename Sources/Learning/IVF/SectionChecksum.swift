import CKernels

/// CRC-32C of a section, by the processor's instruction: index files are large and checked while somebody waits.
struct SectionChecksum {
    private(set) var value: UInt32 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        value = ck_crc32c(value, base, bytes.count)
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = SectionChecksum()
        checksum.update(bytes)
        return checksum.value
    }
}
