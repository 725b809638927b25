extension BSONBuilder {
    /// Appends a vector as a BSON array of doubles, which every reader of MongoDB understands.
    ///
    /// - Complexity: O(count): one copy of the array's layout and one store a value.
    public mutating func append(_ key: String, floats: [Float]) {
        appendHead(.array, key)
        // Keys and types of all vectors of a model are the same: only the first of them makes the layout.
        if floatLayout.offsets.count != floats.count { floatLayout = BSONFloatArrayLayout(count: floats.count) }
        let layout = floatLayout
        let start = bytes.count
        appendBytes(layout.bytes)
        withUnsafeMutableBytes(from: start) { array in
            for (offset, value) in zip(layout.offsets, floats) {
                array.storeBytes(of: Double(value).bitPattern.littleEndian, toByteOffset: offset, as: UInt64.self)
            }
        }
    }
}

/// A BSON array of `count` doubles, all zero, and where each of them stands.
struct BSONFloatArrayLayout {
    let bytes: [UInt8]
    let offsets: [Int]

    init(count: Int) {
        var bytes: [UInt8] = [0, 0, 0, 0]
        var offsets: [Int] = []
        offsets.reserveCapacity(count)
        for index in 0..<count {
            bytes.append(BSONType.double.rawValue)
            bytes.append(contentsOf: String(index).utf8)
            bytes.append(0)
            offsets.append(bytes.count)
            bytes.append(contentsOf: repeatElement(0, count: 8))
        }
        bytes.append(0)
        let length = Int32(bytes.count)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: length.littleEndian, as: Int32.self) }
        self.bytes = bytes
        self.offsets = offsets
    }
}
