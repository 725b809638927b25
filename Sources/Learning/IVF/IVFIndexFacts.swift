/// What an index file holds, for a person who inspects it.
public struct IVFIndexFacts: Sendable {
    /// A part of the file.
    public struct Section: Sendable, Equatable {
        /// What it holds.
        public var name: String
        /// Where it begins.
        public var offset: Int
        /// Bytes it takes.
        public var byteCount: Int
        /// CRC-32C of it, as the file says.
        public var checksum: UInt32
    }

    /// Version of the file format.
    public var formatVersion: Int
    /// Version of the model.
    public var modelVersion: String
    /// Items, floats a vector, lists.
    public var count: Int
    /// Floats a vector.
    public var dimension: Int
    /// Lists.
    public var listCount: Int
    /// Lists without an item.
    public var emptyListCount: Int
    /// Items of the smallest list, of the lists at the quarters, and of the largest: five numbers.
    public var listSizes: [Int]
    /// Lengths of the longest vector of the lists, at the same places.
    public var listLengths: [Float]
    /// Size of the file.
    public var byteCount: Int
    /// Size of the file by that of the vectors alone.
    public var sizeRatio: Double
    /// Regularisation of the model.
    public var regularization: Double
    /// Confidence a unit of play count adds.
    public var alpha: Double
    /// Recall the default search aims at.
    public var targetRecall: Double
    /// Recall against effort, as the builder measured it.
    public var calibration: IVFCalibration
    /// The parts of the file, in order.
    public var sections: [Section]
}

extension IVFIndex {
    /// Looks the index over; reads no vector.
    ///
    /// - Complexity: O(lists · log lists)
    public func facts() -> IVFIndexFacts {
        let (sizes, lengths) = withExtendedLifetime((file, tables)) {
            let offsets = sections.values(.offsets, as: UInt32.self)
            return (
                (0..<listCount).map { Int(offsets[$0 + 1] - offsets[$0]) }.sorted(),
                (0..<listCount).map { max(0, tables.pointers.lengths[$0]) }.sorted()
            )
        }
        func quarters<Value>(_ values: [Value]) -> [Value] { (0...4).map { values[(values.count - 1) * $0 / 4] } }
        return IVFIndexFacts(
            formatVersion: Int(IVFFormat.version), modelVersion: modelVersion, count: count, dimension: dimension,
            listCount: listCount, emptyListCount: sizes.count { $0 == 0 }, listSizes: quarters(sizes),
            listLengths: quarters(lengths), byteCount: file.bytes.count,
            sizeRatio: Double(file.bytes.count) / Double(count * dimension * 4), regularization: regularization,
            alpha: alpha, targetRecall: targetRecall, calibration: calibration,
            sections: layout.entries.map {
                IVFIndexFacts.Section(
                    name: $0.section.name, offset: $0.range.lowerBound, byteCount: $0.range.count, checksum: $0.checksum
                )
            })
    }
}
