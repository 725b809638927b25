/// One page as it lies in the file.
struct PageSlice<Header> {
    /// Number among the data pages of what is read, for errors.
    let number: Int
    let header: Header
    let uncompressedByteCount: Int
    let checksum: UInt32?
    /// The bytes after the header.
    let body: UnsafeRawBufferPointer
}

/// The pages of a column chunk, found by walking from header to header without looking into them.
struct ChunkPages {
    /// How many values the dictionary page holds, and the page.
    private(set) var dictionary: PageSlice<Int>?
    private(set) var data: [PageSlice<PageHeader.DataPage>] = []
    /// Slots of all data pages.
    private(set) var slotCount = 0

    /// No pages yet.
    init() {}

    /// Walks over `bytes` until `slotCount` slots are found or, if it is nil, to the end.
    mutating func append(_ bytes: UnsafeRawBufferPointer, upTo limit: Int?) throws {
        var position = 0
        while position < bytes.count, limit.map({ slotCount < $0 }) ?? true {
            position += try locating("page \(data.count)") {
                try appendPage(UnsafeRawBufferPointer(rebasing: bytes[position...]))
            }
        }
    }

    /// Takes the page that `bytes` begin with and tells how long it is.
    private mutating func appendPage(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var reader = CompactReader(bytes)
        let header = try PageHeader(from: &reader)
        let start = reader.position
        guard header.compressedByteCount <= bytes.count - start else {
            throw ParquetError.damaged(
                "the page announces \(header.compressedByteCount) bytes where \(bytes.count - start) are left in its chunk"
            )
        }
        let end = start + header.compressedByteCount
        let body = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        switch header.kind {
        case .dictionary(let valueCount, let encoding):
            try appendDictionary(header, valueCount, encoding, body)
        case .data(let page):
            slotCount += page.valueCount
            data.append(
                PageSlice(
                    number: data.count, header: page, uncompressedByteCount: header.uncompressedByteCount,
                    checksum: header.checksum, body: body))
        case .other: break
        }
        return end
    }

    private mutating func appendDictionary(
        _ header: PageHeader, _ valueCount: Int, _ encoding: Int32, _ body: UnsafeRawBufferPointer
    ) throws {
        guard dictionary == nil, data.isEmpty else {
            throw ParquetError.damaged("a dictionary page comes after other pages of its chunk")
        }
        guard encoding == Encoding.plain.rawValue || encoding == Encoding.plainDictionary.rawValue else {
            throw ParquetError.unsupported("a dictionary page has encoding \(Encoding.name(of: encoding))")
        }
        dictionary = PageSlice(
            number: 0, header: valueCount, uncompressedByteCount: header.uncompressedByteCount,
            checksum: header.checksum, body: body)
    }
}

extension PageSlice {
    /// Compares the page with its checksum, if it has one.
    func verifyChecksum() throws {
        guard let checksum else { return }
        let actual = Checksum.ofBytes(body)
        guard actual == checksum else {
            throw ParquetError.damaged("the page's checksum is \(checksum), its bytes give \(actual)")
        }
    }
}

extension Encoding {
    /// The name of an encoding's number, also of one that is not known.
    static func name(of number: Int32) -> String { Encoding(rawValue: number)?.name ?? "number \(number)" }
}
