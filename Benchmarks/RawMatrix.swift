import Foundation
import Learning

/// The benchmark kit's raw little-endian files.
enum RawMatrix {
    /// Reads STEM.indptr.i64, STEM.indices.i32 and STEM.data.f32. The number of columns is the `items` of meta.json beside
    /// them, or the highest column there is.
    static func read(stem: String) throws -> SparseMatrix {
        let offsets: [Int] = try numbers(stem + ".indptr.i64")
        let columnIndices: [Int32] = try numbers(stem + ".indices.i32")
        let values: [Float] = try numbers(stem + ".data.f32")
        let meta = URL(fileURLWithPath: stem).deletingLastPathComponent().appendingPathComponent("meta.json")
        var columns = Int((columnIndices.max() ?? -1) + 1)
        if let data = try? Data(contentsOf: meta),
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let items = object["items"] as? Int
        {
            columns = items
        }
        return try SparseMatrix(
            rows: offsets.count - 1, columns: columns, offsets: offsets, columnIndices: columnIndices, values: values)
    }

    /// The numbers of a file.
    static func numbers<Number: BitwiseCopyable>(_ path: String) throws -> [Number] {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw BenchmarkError("cannot read \(path).") }
        defer { handle.closeFile() }
        let data = handle.readDataToEndOfFile()
        guard data.count % MemoryLayout<Number>.stride == 0 else {
            throw BenchmarkError("\(path) is cut short: \(data.count) bytes.")
        }
        return data.withUnsafeBytes { bytes in Array(bytes.bindMemory(to: Number.self)) }
    }

    /// Reads STEM.f32 of the `rows` and `dims` that STEM.json says.
    static func readFactors(stem: String) throws -> FactorMatrix {
        let header = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: stem + ".json")))
        let values: [Float] = try numbers(stem + ".f32")
        guard let object = header as? [String: Any], let rows = object["rows"] as? Int,
            let dims = object["dims"] as? Int,
            dims > 0, rows * dims == values.count
        else { throw BenchmarkError("\(stem).json does not say what is in \(stem).f32.") }
        let matrix = FactorMatrix(rows: rows, factors: dims)
        for row in 0..<rows { matrix.setRow(row, to: values[row * dims..<(row + 1) * dims]) }
        return matrix
    }

    /// Writes STEM.f32 and STEM.json as `common.save_factors` does.
    static func write(_ matrix: FactorMatrix, stem: String) throws {
        var data = Data(capacity: matrix.rows * matrix.factors * 4)
        matrix.withUnsafeRows { rows in
            for row in 0..<matrix.rows {
                let start = row * matrix.stride
                data.append(
                    contentsOf: UnsafeRawBufferPointer(
                        UnsafeBufferPointer(rebasing: rows[start..<start + matrix.factors])))
            }
        }
        try data.write(to: URL(fileURLWithPath: stem + ".f32"))
        let header =
            "{\"rows\": \(matrix.rows), \"dims\": \(matrix.factors), \"dtype\": \"float32\", \"metric\": \"inner_product\"}\n"
        try Data(header.utf8).write(to: URL(fileURLWithPath: stem + ".json"))
    }
}
