/// What the builder measured: recall against slack, on queries the index was not made from.
public struct IVFCalibration: Sendable, Equatable {
    /// What a search ranks by.
    public enum Measure: UInt32, Sendable {
        /// Inner product with a query: recommendations.
        case innerProduct = 1
        /// Cosine with an item: its neighbours.
        case cosine = 2
    }

    /// One measurement.
    public struct Row: Sendable, Equatable {
        /// What was ranked by.
        public var measure: Measure
        /// Items asked for.
        public var k: Int
        /// Queries measured.
        public var queryCount: Int
        /// `IVFSearchParameters.slack` they were searched with.
        public var slack: Float
        /// Share of the exact best `k` that was found, mean over the queries.
        public var recall: Float
        /// Vectors, or their codes, that were read a query.
        public var vectorsRead: Float
    }

    /// By measure, then `k`, then slack, ascending.
    public let rows: [Row]

    init(rows: [Row]) {
        self.rows = rows.sorted {
            ($0.measure.rawValue, $0.k, $0.slack) < ($1.measure.rawValue, $1.k, $1.slack)
        }
    }

    /// The least slack that reaches the recall for answers of `k` items, between two measurements by a straight line;
    /// exact search when no measurement reaches it, or there is none.
    ///
    /// - Complexity: O(rows)
    public func parameters(recall: Double, k: Int, measure: Measure = .innerProduct) -> IVFSearchParameters {
        let rows = rows(k: k, measure)
        guard let above = rows.firstIndex(where: { Double($0.recall) >= recall }) else { return .exact }
        guard above > 0 else { return IVFSearchParameters(slack: rows[0].slack) }
        let (low, high) = (rows[above - 1], rows[above])
        let share = (Float(recall) - low.recall) / (high.recall - low.recall)
        return IVFSearchParameters(slack: low.slack + share * (high.slack - low.slack))
    }

    /// The recall to expect with this slack, or nil when nothing was measured. Beyond the measurements it is that of
    /// the nearest one.
    ///
    /// - Complexity: O(rows)
    public func recall(slack: Float, k: Int, measure: Measure = .innerProduct) -> Double? {
        let rows = rows(k: k, measure)
        guard let first = rows.first, let last = rows.last else { return nil }
        guard slack > first.slack else { return Double(first.recall) }
        guard slack < last.slack, let above = rows.firstIndex(where: { $0.slack >= slack }) else {
            return Double(last.recall)
        }
        let (low, high) = (rows[above - 1], rows[above])
        let share = (slack - low.slack) / (high.slack - low.slack)
        return Double(low.recall + share * (high.recall - low.recall))
    }

    /// Rows of the measured depth nearest to `k` by ratio.
    private func rows(k: Int, _ measure: Measure) -> [Row] {
        func distance(_ depth: Int) -> Int { max(depth, k) * 1000 / max(1, min(depth, k)) }
        let rows = rows.filter { $0.measure == measure }
        guard let depth = rows.map(\.k).min(by: { distance($0) < distance($1) }) else { return [] }
        return rows.filter { $0.k == depth }
    }
}

// MARK: - In the file

extension IVFCalibration {
    /// Reads the section; rows that no builder writes are refused.
    init(section: UnsafeRawBufferPointer, name: String) throws {
        var rows: [Row] = []
        for index in 0..<IVFFormat.calibrationRowCount {
            let base = index * IVFFormat.calibrationRowByteCount
            let kind = section.loadUnaligned(fromByteOffset: base, as: UInt32.self)
            guard kind != 0 else { continue }
            guard let measure = Measure(rawValue: kind) else {
                throw LearningError.corrupt("the calibration of \(name) has a measure of kind \(kind)")
            }
            let row = Row(
                measure: measure, k: Int(section.loadUnaligned(fromByteOffset: base + 4, as: UInt32.self)),
                queryCount: Int(section.loadUnaligned(fromByteOffset: base + 8, as: UInt32.self)),
                slack: section.loadUnaligned(fromByteOffset: base + 12, as: Float.self),
                recall: section.loadUnaligned(fromByteOffset: base + 16, as: Float.self),
                vectorsRead: section.loadUnaligned(fromByteOffset: base + 20, as: Float.self))
            guard row.slack >= 0, row.slack.isFinite, row.recall >= 0, row.recall <= 1 else {
                throw LearningError.corrupt(
                    "the calibration of \(name) claims recall \(row.recall) at slack \(row.slack)")
            }
            rows.append(row)
        }
        self.init(rows: rows)
    }

    /// The section; at most `IVFFormat.calibrationRowCount` rows.
    var section: [UInt8] {
        var bytes: [UInt8] = []
        func append<Value: BitwiseCopyable>(_ value: Value) { withUnsafeBytes(of: value) { bytes += $0 } }
        for row in rows.prefix(IVFFormat.calibrationRowCount) {
            append(row.measure.rawValue)
            append(UInt32(clamping: row.k))
            append(UInt32(clamping: row.queryCount))
            append(row.slack)
            append(row.recall)
            append(row.vectorsRead)
        }
        let byteCount = IVFFormat.calibrationRowCount * IVFFormat.calibrationRowByteCount
        return bytes + [UInt8](repeating: 0, count: byteCount - bytes.count)
    }
}
