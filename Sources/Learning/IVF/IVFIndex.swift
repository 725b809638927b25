/// An index file mapped into memory: approximate search for the items with the highest inner product, and the item table
/// of a model (docs/design.md §3.6). Immutable; any number of threads may search it at once, each with its own
/// `SearchScratch`. The mapping ends with the last reference.
///
/// An item is a number in `0..<count`, its place in this very file: another version of the model gives the same id
/// another number.
public final class IVFIndex: Sendable {
    /// Path the file was mapped from.
    public let path: String
    /// Items in the index.
    public var count: Int { layout.sizes.count }
    /// Floats a vector.
    public var dimension: Int { layout.sizes.dimension }
    /// Lists the items are dealt to.
    public var listCount: Int { layout.sizes.listCount }
    /// Version of the model the vectors belong to; only users of the same version may be searched with.
    public let modelVersion: String
    /// The sum of x·xᵀ over all items, to fold a user in with.
    public let gram: GramMatrix
    /// Regularisation of the model.
    public let regularization: Double
    /// Confidence a unit of play count adds.
    public let alpha: Double
    /// Recall the default search aims at.
    public let targetRecall: Double
    /// Recall against effort, as the builder measured it.
    public let calibration: IVFCalibration

    let file: MappedFile
    let layout: IVFLayout
    let tables: IVFTables
    /// Slack of the default search by the number of binary digits of `k`, so that a search does not look it up.
    private let defaults: [IVFSearchParameters]
    private let neighborDefaults: [IVFSearchParameters]

    /// How much of the file is read before it is believed.
    public enum Verification: Sendable {
        /// Everything that makes sure that no access can leave the file: header, table, sizes, offsets. The checksum of
        /// vectors and ids is not computed, so a damaged vector gives a wrong score. For files that were verified before.
        case structure
        /// Structure and the checksum of every section; reads the whole file once.
        case checksums
    }

    /// Maps and checks an index file.
    ///
    /// - Throws: `LearningError` with what is wrong and where: not an index, another format version or byte order, cut
    ///   short, sections outside the file, a checksum that does not fit, offsets that do not ascend.
    /// - Complexity: O(`count`) for `.structure`, O(bytes of the file) for `.checksums`
    public init(path: String, verification: Verification = .checksums) throws {
        file = try MappedFile(path: path)
        layout = try IVFLayout(file.bytes, name: path)
        self.path = path
        if verification == .checksums { try Self.verify(file, layout, path: path) {} }
        let sections = IVFSections(bytes: file.bytes, layout: layout)
        tables = IVFTables(sections, blockOffsets: try sections.checkedBlockOffsets(name: path))
        modelVersion = String(decoding: sections.bytes(.version), as: UTF8.self)
        gram = GramMatrix(factors: layout.sizes.dimension, values: Array(sections.values(.gram, as: Double.self)))
        let facts = sections.bytes(.facts)
        regularization = facts.load(as: Double.self)
        alpha = facts.load(fromByteOffset: 8, as: Double.self)
        let targetRecall = Double(facts.load(fromByteOffset: 16, as: Float.self))
        guard targetRecall > 0, targetRecall <= 1 else {
            throw LearningError.corrupt("\(path) aims at a recall of \(targetRecall)")
        }
        self.targetRecall = targetRecall
        let calibration = try IVFCalibration(section: sections.bytes(.calibration), name: path)
        self.calibration = calibration
        defaults = (0..<32).map { calibration.parameters(recall: targetRecall, k: 1 << $0) }
        neighborDefaults = (0..<32).map {
            calibration.parameters(recall: targetRecall, k: 1 << $0, measure: .cosine)
        }
    }

    /// What a search for `k` items does when it is not told otherwise: the least effort that reaches `targetRecall`.
    public func defaultParameters(k: Int) -> IVFSearchParameters {
        defaults[Self.binaryDigits(k)]
    }

    /// The same for `neighbors(of:k:)`.
    public func defaultNeighborParameters(k: Int) -> IVFSearchParameters { neighborDefaults[Self.binaryDigits(k)] }

    private static func binaryDigits(_ k: Int) -> Int {
        min(31, Int.bitWidth - max(1, k).leadingZeroBitCount - 1)
    }

    /// Compares the checksum of every section; throws the first that does not fit. Afterwards the whole file is mapped in,
    /// so that the first searches do not wait for pages.
    ///
    /// - Parameter pause: called after every 128 KiB, so that a thread that must not disturb others can rest; what it throws
    ///   ends the reading.
    /// - Complexity: O(bytes of the file)
    public func verify(pause: () throws -> Void = {}) throws {
        try Self.verify(file, layout, path: path, pause: pause)
    }

    private static func verify(
        _ file: MappedFile, _ layout: IVFLayout, path: String, pause: () throws -> Void
    ) throws {
        for entry in layout.entries {
            var checksum = SectionChecksum()
            var start = entry.range.lowerBound
            while start < entry.range.upperBound {
                let end = min(start + 128 * 1024, entry.range.upperBound)
                checksum.update(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]))
                start = end
                try pause()
            }
            guard checksum.value == entry.checksum else {
                throw LearningError.corrupt(
                    "the \(entry.section.name) of \(path) are damaged: their checksum is another; restore or train again"
                )
            }
        }
    }

    var sections: IVFSections { IVFSections(bytes: file.bytes, layout: layout) }

    /// Calls `body` with the vector of an item; the pointer must not leave it.
    public func withVector<Result>(of item: Int32, _ body: (UnsafeBufferPointer<Float>) throws -> Result) rethrows
        -> Result
    {
        precondition(item >= 0 && Int(item) < count, "item \(item) is not in 0..<\(count)")
        let start = Int(item) * dimension
        return try withExtendedLifetime(file) {
            try body(
                UnsafeBufferPointer(rebasing: sections.values(.vectors, as: Float.self)[start..<start + dimension]))
        }
    }

    /// A copy of the vector of an item.
    public func vector(of item: Int32) -> [Float] { withVector(of: item) { Array($0) } }
}
