/// Collects the definition or repetition levels of a chunk, page by page. As long as all are the greatest nothing is
/// stored.
struct LevelCollector {
    /// The level that all slots have until another is met.
    private let usual: UInt8
    private let greatest: UInt8
    private let width: Int
    private var stored: [UInt8]?
    private var count = 0

    /// - Parameter usual: the level that is not worth storing: for definition levels the greatest, for repetition
    ///   levels 0.
    init(greatest: Int, usual: Int) {
        self.greatest = UInt8(clamping: greatest)
        self.usual = UInt8(clamping: usual)
        width = HybridDecoder.width(upTo: greatest)
    }

    /// The levels, nil when all are the usual one.
    var levels: [UInt8]? { stored }

    /// Decodes the levels of a page and tells how many of them are the usual one.
    mutating func append(_ bytes: UnsafeRawBufferPointer, count pageCount: Int) throws -> Int {
        if stored == nil, try isUsual(bytes, pageCount) {
            count += pageCount
            return pageCount
        }
        var levels = stored ?? [UInt8](repeating: usual, count: count)
        stored = nil  // so that there is one owner and nothing is copied
        levels.append(contentsOf: repeatElement(0, count: pageCount))
        let usual = usual
        let (usualCount, seen) = try levels.withUnsafeMutableBufferPointer { all in
            let page = UnsafeMutableBufferPointer(rebasing: all[count..<count + pageCount])
            var decoder = HybridDecoder(bytes, width: width)
            try decoder.decode(into: page)
            var seen: UInt8 = 0
            var matches = 0
            for level in page {
                seen = max(seen, level)
                matches &+= level == usual ? 1 : 0
            }
            return (matches, seen)
        }
        guard seen <= greatest else {
            throw ParquetError.damaged("a level is \(seen) where \(greatest) is the greatest")
        }
        count += pageCount
        stored = levels
        return usualCount
    }

    /// Whether the page is one run of the usual level.
    private func isUsual(_ bytes: UnsafeRawBufferPointer, _ pageCount: Int) throws -> Bool {
        guard pageCount > 0 else { return true }
        var cursor = ByteCursor(bytes)
        let header = try cursor.readVarint()
        guard header & 1 == 0, header >> 1 >= UInt64(pageCount) else { return false }
        return try cursor.readByte() == usual
    }
}
