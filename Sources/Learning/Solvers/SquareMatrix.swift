import CKernels

/// A small square matrix in double, row-major: what happens once a half iteration happens in these.
struct SquareMatrix {
    let size: Int
    var values: [Double]

    init(size: Int) {
        self.size = size
        values = [Double](repeating: 0, count: size * size)
    }

    /// Ones on the diagonal.
    static func identity(size: Int) -> SquareMatrix {
        var matrix = SquareMatrix(size: size)
        for index in 0..<size { matrix[index, index] = 1 }
        return matrix
    }

    subscript(row: Int, column: Int) -> Double {
        get { values[row * size + column] }
        set { values[row * size + column] = newValue }
    }

    var transposed: SquareMatrix {
        var result = SquareMatrix(size: size)
        for row in 0..<size { for column in 0..<size { result[column, row] = self[row, column] } }
        return result
    }

    static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
        var result = SquareMatrix(size: left.size)
        ck_square_product(left.values, right.values, &result.values, left.size)
        return result
    }

    /// Row r times `factors[r]`.
    func scalingRows(by factors: [Double]) -> SquareMatrix {
        var result = self
        for row in 0..<size { for column in 0..<size { result[row, column] *= factors[row] } }
        return result
    }

    /// Floats, padded with zeros to `stride × stride`: the form the kernels multiply with.
    func padded(to stride: Int) -> [Float] {
        var result = [Float](repeating: 0, count: stride * stride)
        for row in 0..<size {
            for column in 0..<size { result[row * stride + column] = Float(self[row, column]) }
        }
        return result
    }
}
