/// Where each section of a mapped index file lies, after everything that can be checked without reading the sections
/// themselves has been checked.
struct IVFLayout {
    struct Entry: Equatable {
        var section: IVFFormat.Section
        var checksum: UInt32
        var range: Range<Int>
    }

    let sizes: IVFFormat.Sizes
    /// One a section, in the order of `IVFFormat.Section`.
    let entries: [Entry]

    /// Reads and checks header and table; `name` is what messages call the file.
    init(_ bytes: UnsafeRawBufferPointer, name: String) throws {
        try Self.checkHeader(bytes, name: name)
        sizes = try Self.sizes(bytes, name: name)
        entries = try Self.entries(bytes, sizes: sizes, name: name)
    }

    subscript(section: IVFFormat.Section) -> Range<Int> { entries[Int(section.rawValue) - 1].range }

    private static func checkHeader(_ bytes: UnsafeRawBufferPointer, name: String) throws {
        guard bytes.count >= IVFFormat.headerByteCount, bytes.prefix(8).elementsEqual(IVFFormat.magic) else {
            throw LearningError.corrupt("\(name) is not an index file of Segue")
        }
        let mark = bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        guard mark == IVFFormat.byteOrderMark else {
            throw LearningError.corrupt("\(name) was written with another byte order or is damaged at byte 12")
        }
        let version = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        guard version == IVFFormat.version else {
            throw LearningError.corrupt(
                "\(name) has format version \(version), this program reads \(IVFFormat.version); train again or update")
        }
        let size = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        guard size == UInt64(bytes.count) else {
            throw LearningError.corrupt("\(name) holds \(bytes.count) bytes, its header says \(size)")
        }
        let sectionCount = bytes.loadUnaligned(fromByteOffset: 44, as: UInt32.self)
        guard sectionCount == UInt32(IVFFormat.Section.allCases.count), bytes.count >= Self.tableEnd else {
            throw LearningError.corrupt("\(name) lists \(sectionCount) sections; the format has another number")
        }
        guard headerChecksum(bytes) == bytes.loadUnaligned(fromByteOffset: 48, as: UInt32.self) else {
            throw LearningError.corrupt("the header of \(name) is damaged: its checksum is another")
        }
    }

    static var tableEnd: Int {
        IVFFormat.headerByteCount + IVFFormat.Section.allCases.count * IVFFormat.entryByteCount
    }

    /// CRC-32C of header and table, the checksum's own field taken as zero.
    static func headerChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var header = [UInt8](bytes.prefix(tableEnd))
        for offset in 0..<4 { header[IVFFormat.headerChecksumOffset + offset] = 0 }
        return header.withUnsafeBytes { SectionChecksum.of($0) }
    }

    private static func sizes(_ bytes: UnsafeRawBufferPointer, name: String) throws -> IVFFormat.Sizes {
        let count = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        let dimension = bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
        let lists = bytes.loadUnaligned(fromByteOffset: 40, as: UInt32.self)
        guard count >= 1, count < UInt64(Int32.max), dimension >= 1, dimension <= UInt64(IVFFormat.maximumDimension),
            lists >= 1, UInt64(lists) <= count
        else {
            throw LearningError.corrupt("\(name) claims \(count) items of \(dimension) floats in \(lists) lists")
        }
        return IVFFormat.Sizes(count: Int(count), dimension: Int(dimension), listCount: Int(lists))
    }

    private static func entries(
        _ bytes: UnsafeRawBufferPointer, sizes: IVFFormat.Sizes, name: String
    ) throws -> [Entry] {
        var entries: [Entry] = []
        var end = UInt64(tableEnd)
        for section in IVFFormat.Section.allCases {
            let base = IVFFormat.headerByteCount + entries.count * IVFFormat.entryByteCount
            let kind = bytes.loadUnaligned(fromByteOffset: base, as: UInt32.self)
            let checksum = bytes.loadUnaligned(fromByteOffset: base + 4, as: UInt32.self)
            let offset = bytes.loadUnaligned(fromByteOffset: base + 8, as: UInt64.self)
            let byteCount = bytes.loadUnaligned(fromByteOffset: base + 16, as: UInt64.self)
            guard kind == section.rawValue else {
                throw LearningError.corrupt("\(name) has section kind \(kind) where the \(section.name) belong")
            }
            guard offset >= end, offset % UInt64(IVFFormat.alignment) == 0, offset <= UInt64(bytes.count),
                byteCount <= UInt64(bytes.count) - offset
            else {
                throw LearningError.corrupt(
                    "the \(section.name) of \(name) lie at \(offset), \(byteCount) bytes: outside the file or over others"
                )
            }
            if let expected = sizes.byteCount(of: section), byteCount != UInt64(expected) {
                throw LearningError.corrupt(
                    "the \(section.name) of \(name) take \(byteCount) bytes, expected \(expected)")
            }
            end = offset + byteCount
            entries.append(Entry(section: section, checksum: checksum, range: Int(offset)..<Int(end)))
        }
        return entries
    }
}
