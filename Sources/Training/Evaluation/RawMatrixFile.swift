import Foundation
public import Learning

/// The benchmark kit's raw little-endian files: a CSR matrix as `STEM.indptr.i64`, `STEM.indices.i32`, `STEM.data.f32`, and factors
/// as `STEM.f32` with `STEM.json`.
public enum RawMatrixFile {
    /// Reads a matrix. The number of columns is the `items` of `meta.json` in the same folder, or what the highest column asks
    /// for.
    ///
    /// - Throws: `TrainingError` naming the file that is missing, cut short or no CSR matrix.
    public static func read(stem: String) throws -> SparseMatrix {
        let offsets: [Int64] = try numbers(stem + ".indptr.i64")
        let columnIndices: [Int32] = try numbers(stem + ".indices.i32")
        let values: [Float] = try numbers(stem + ".data.f32")
        let meta = URL(fileURLWithPath: stem).deletingLastPathComponent().appendingPathComponent("meta.json")
        var columns = Int(columnIndices.max() ?? -1) + 1
        if FileManager.default.fileExists(atPath: meta.path) {
            columns = max(columns, try items(meta))
        }
        do {
            return try SparseMatrix(
                rows: offsets.count - 1, columns: columns, offsets: offsets.map(Int.init),
                columnIndices: columnIndices, values: values)
        } catch let error as LearningError {
            throw TrainingError.invalid("\(stem).* is no CSR matrix: \(error.reason)")
        }
    }

    private struct Meta: Decodable { var items: Int }

    private static func items(_ meta: URL) throws -> Int {
        do {
            return try JSONDecoder().decode(Meta.self, from: Data(contentsOf: meta)).items
        } catch {
            throw TrainingError.invalid("\(meta.path) does not say how many \"items\" there are: \(error)")
        }
    }

    private struct Shape: Codable {
        var rows: Int
        var dims: Int
        var dtype = "float32"
        var byteorder = "little"
        var layout = "row-major"
        var metric = "inner_product"
    }

    /// Writes factors, row by row.
    public static func write(_ matrix: FactorMatrix, stem: String) throws {
        var data = Data(capacity: matrix.rows * matrix.factors * MemoryLayout<Float>.size)
        for row in 0..<matrix.rows { matrix[row].withUnsafeBytes { data.append(contentsOf: $0) } }
        do {
            try data.write(to: URL(fileURLWithPath: stem + ".f32"))
            try JSONEncoder().encode(Shape(rows: matrix.rows, dims: matrix.factors))
                .write(to: URL(fileURLWithPath: stem + ".json"))
        } catch {
            throw TrainingError.invalid("cannot write \(stem).f32 and .json: \(error.localizedDescription)")
        }
    }

    private static func numbers<Number: BitwiseCopyable>(_ path: String) throws -> [Number] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw TrainingError.invalid("cannot read \(path): \(error.localizedDescription)")
        }
        let size = MemoryLayout<Number>.size
        guard data.count % size == 0 else {
            throw TrainingError.invalid("\(path) is cut short: \(data.count) bytes are no whole number of \(size)")
        }
        return data.withUnsafeBytes { bytes in
            (0..<data.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self) }
        }
    }
}
