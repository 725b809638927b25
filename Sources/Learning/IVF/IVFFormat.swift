/// The index file, version 1. Little-endian; every section starts at a multiple of 64 bytes and is filled up with zeros.
///
/// ```
///        0          8         12         16           24         32          40        44         48           52   64
///        ┌──────────┬─────────┬──────────┬────────────┬──────────┬───────────┬─────────┬──────────┬────────────┬────┐
/// header │"SEGUEIVF"│ version │ 0A0B0C0D │ file size  │  count   │ dimension │  lists  │ sections │ header CRC │ 0  │
///        ├──────────┴─────────┴──────────┴────────────┴──────────┴───────────┴─────────┴──────────┴────────────┴────┤
/// table  │ a section: kind u32 · CRC-32C u32 · offset u64 · byte count u64                                          │
///        ├──────────────────────────────────────────────────────────────────────────────────────────────────────────┤
///  1     │ facts:       regularisation f64 · alpha f64 · recall the default search aims at f32 · zero u32           │
///  2     │ version:     UTF-8 of the model version                                                                  │
///  3     │ gram:        dimension × dimension f64, the sum of x·xᵀ over all items                                   │
///  4     │ centroids:   lists × dimension f32, unit length                                                          │
///  5     │ offsets:     (lists + 1) u32, the first item of each list                                                │
///  6     │ vectors:     count × dimension f32, list after list, the longest vector of a list first;                 │
///        │              an item's number is its place here                                                          │
///  7     │ codes:       the vectors again as bytes, in blocks of 16 (the last of a list partly filled):             │
///        │              group of 4 dimensions by group, vector by vector, 128 + round(x / scale of the block)       │
///  8     │ block facts: a block: scale f32 · length of its longest vector f32                                       │
///  9     │ id offsets:  (count + 1) u32 into                                                                        │
/// 10     │ id bytes:    UTF-8, one after the other                                                                  │
/// 11     │ id table:    open addressing, item + 1 or 0 for an empty slot, u32                                       │
/// 12     │ calibration: 48 rows: measure u32 (1 inner product, 2 cosine, 0 no row) · k u32 · queries u32 ·          │
///        │              slack f32 · recall f32 · vectors read f32                                                   │
///        └──────────────────────────────────────────────────────────────────────────────────────────────────────────┘
/// ```
///
/// The header checksum covers header and table with its own field zero. Sections come in the order of the table and do not
/// overlap. What a later version adds gets a new version number.
enum IVFFormat {
    static let magic: [UInt8] = Array("SEGUEIVF".utf8)
    static let version: UInt32 = 1
    static let byteOrderMark: UInt32 = 0x0A0B_0C0D
    static let headerByteCount = 64
    static let entryByteCount = 24
    static let alignment = 64
    static let headerChecksumOffset = 48
    static let maximumDimension = 4096
    static let factsByteCount = 24
    /// Vectors a block of codes.
    static let blockSize = 16
    static let calibrationRowCount = 48
    static let calibrationRowByteCount = 24

    enum Section: UInt32, CaseIterable {
        case facts = 1
        case version, gram, centroids, offsets, vectors, codes, blockFacts, idOffsets, idBytes, idTable, calibration

        var name: String {
            switch self {
            case .facts: "facts"
            case .version: "model version"
            case .gram: "Gram matrix"
            case .centroids: "centroids"
            case .offsets: "list offsets"
            case .vectors: "vectors"
            case .codes: "codes"
            case .blockFacts: "block facts"
            case .idOffsets: "id offsets"
            case .idBytes: "ids"
            case .idTable: "id table"
            case .calibration: "calibration"
            }
        }
    }

    /// The sizes everything else follows from.
    struct Sizes: Equatable {
        var count: Int
        var dimension: Int
        var listCount: Int

        /// Bytes the section must have, or nil where it takes more than the sizes to know.
        func byteCount(of section: Section) -> Int? {
            switch section {
            case .facts: factsByteCount
            case .version, .idBytes, .codes, .blockFacts: nil
            case .gram: dimension * dimension * 8
            case .centroids: listCount * dimension * 4
            case .offsets: (listCount + 1) * 4
            case .vectors: count * dimension * 4
            case .idOffsets: (count + 1) * 4
            case .idTable: idSlotCount * 4
            case .calibration: calibrationRowCount * calibrationRowByteCount
            }
        }

        /// Slots of the id table: a fifth of them stays empty, so that a chain ends after a few steps.
        var idSlotCount: Int { count + count / 4 + 1 }

        /// Bytes a block of codes takes.
        var blockByteCount: Int { (dimension + 3) / 4 * 4 * blockSize }
    }

    static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }

    /// Blocks that so many vectors of one list take.
    static func blockCount(_ items: Int) -> Int { (items + blockSize - 1) / blockSize }

    /// FNV-1a with a final mix; part of the format, because the id table is stored.
    static func slot(of id: some Sequence<UInt8>, slotCount: Int) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        hash = hash &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(slotCount)).high)
    }
}
