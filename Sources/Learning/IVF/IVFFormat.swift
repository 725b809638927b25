/// The index file, version 1. Little-endian; every section starts at a multiple of 64 bytes and is filled up with zeros.
///
/// ```
///        0        8       12       16         24       32        40        44        48          52       56   64
///        ┌────────┬────────┬────────┬──────────┬────────┬─────────┬─────────┬─────────┬───────────┬────────┬────┐
/// header │"SEGUEIVF" version│0A0B0C0D│ file size│ count  │dimension│  lists  │ sections│ header CRC│ zero        │
///        ├────────┴────────┴────────┴──────────┴────────┴─────────┴─────────┴─────────┴───────────┴─────────────┤
/// table  │ a section: kind u32 · CRC-32C u32 · offset u64 · byte count u64                    (24 bytes each)   │
///        ├───────────────────────────────────────────────────────────────────────────────────────────────────────┤
///  1     │ facts:      regularisation f64 · alpha f64 · recommended lists to read u32 · zero u32                 │
///  2     │ version:    UTF-8 of the model version                                                                │
///  3     │ gram:       dimension × dimension f64, the sum of x·xᵀ over all items                                 │
///  4     │ centroids:  lists × dimension f32, unit length                                                        │
///  5     │ offsets:    (lists + 1) u32, the first item of each list                                              │
///  6     │ vectors:    count × dimension f32, list after list; an item's number is its place here                │
///  7     │ id offsets: (count + 1) u32 into                                                                      │
///  8     │ id bytes:   UTF-8, one after the other                                                                │
///  9     │ id table:   open addressing, item + 1 or 0 for an empty slot, u32                                     │
///        └───────────────────────────────────────────────────────────────────────────────────────────────────────┘
/// ```
///
/// The header checksum covers header and table with its own field zero. Sections come in the order of the table, do not
/// overlap, and a reader refuses a kind it does not know: what a later version adds gets a new version number.
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

    enum Section: UInt32, CaseIterable {
        case facts = 1
        case version, gram, centroids, offsets, vectors, idOffsets, idBytes, idTable

        var name: String {
            switch self {
            case .facts: "facts"
            case .version: "model version"
            case .gram: "Gram matrix"
            case .centroids: "centroids"
            case .offsets: "list offsets"
            case .vectors: "vectors"
            case .idOffsets: "id offsets"
            case .idBytes: "ids"
            case .idTable: "id table"
            }
        }
    }

    /// The sizes everything else follows from.
    struct Sizes: Equatable {
        var count: Int
        var dimension: Int
        var listCount: Int

        /// Bytes the section must have, or nil where only the file knows.
        func byteCount(of section: Section) -> Int? {
            switch section {
            case .facts: factsByteCount
            case .version, .idBytes: nil
            case .gram: dimension * dimension * 8
            case .centroids: listCount * dimension * 4
            case .offsets: (listCount + 1) * 4
            case .vectors: count * dimension * 4
            case .idOffsets: (count + 1) * 4
            case .idTable: idSlotCount * 4
            }
        }

        /// Slots of the id table: a quarter of them stays empty, so that a chain ends after a few steps.
        var idSlotCount: Int { count + count / 4 + 1 }
    }

    static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }

    /// FNV-1a with a final mix; part of the format, because the id table is stored.
    static func slot(of id: some Sequence<UInt8>, slotCount: Int) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        hash = hash &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(slotCount)).high)
    }
}
