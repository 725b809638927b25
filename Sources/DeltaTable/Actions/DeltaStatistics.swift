/// Statistics of one data file: what engines skip files by
/// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics).
public struct DeltaStatistics: Sendable, Equatable {
    /// Rows in the file.
    public var numRecords: Int64
    /// Smallest value a column.
    public var minValues: DeltaJSONObject
    /// Largest value a column.
    public var maxValues: DeltaJSONObject
    /// Nulls a column.
    public var nullCount: DeltaJSONObject

    /// Makes the statistics.
    public init(
        numRecords: Int64, minValues: DeltaJSONObject = .init(), maxValues: DeltaJSONObject = .init(),
        nullCount: DeltaJSONObject = .init()
    ) {
        self.numRecords = numRecords
        self.minValues = minValues
        self.maxValues = maxValues
        self.nullCount = nullCount
    }

    /// Reads the text of `add.stats`; nil when it is not what it should be, since statistics are a help and never a must.
    public init?(text: String) {
        guard let object = try? DeltaJSON.parse(text).objectValue, let numRecords = object["numRecords"]?.integerValue,
            numRecords >= 0
        else { return nil }
        self.init(
            numRecords: numRecords, minValues: object["minValues"]?.objectValue ?? .init(),
            maxValues: object["maxValues"]?.objectValue ?? .init(),
            nullCount: object["nullCount"]?.objectValue ?? .init())
    }

    /// The text of `add.stats`.
    public var text: String {
        DeltaJSON.object([
            "numRecords": .integer(numRecords), "minValues": .object(minValues), "maxValues": .object(maxValues),
            "nullCount": .object(nullCount),
        ]).text
    }

    /// Sets a string column's bounds, cut to 32 characters as Spark does: the lower by cutting alone, the upper so that it
    /// is still no smaller than the value. A bound that cannot be cut upwards is left out.
    public mutating func setBounds(of column: String, min: String, max: String) {
        minValues[column] = .string(String(String.UnicodeScalarView(min.unicodeScalars.prefix(Self.boundLength))))
        maxValues[column] = Self.upperBound(max).map { .string($0) }
    }

    private static let boundLength = 32

    /// Engines order strings by their UTF-8 bytes, which is the order of their scalars. Raising the last scalar of the cut
    /// text that can be raised gives a text above every text with that beginning.
    private static func upperBound(_ text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > boundLength else { return text }
        var kept = Array(scalars.prefix(boundLength))
        while let last = kept.popLast() {
            // Past the surrogates, which are no scalars.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let raised = Unicode.Scalar(next) else { continue }
            return String(String.UnicodeScalarView(kept + [raised]))
        }
        return nil
    }
}
