import Foundation
import Glibc
import Learning
import ServiceKit

/// A file of factors with what they belong to: checkpoints of a run under way, and the factors the next run may start from.
///
/// ```
/// "SEGUEFAC"  8 bytes        header count, ids count: UInt64, little-endian
/// header      JSON           ids: one a line, UTF-8 (empty in a checkpoint)
/// users       float32, row by row, without padding
/// items       likewise
/// CRC-32C     of everything before, UInt32
/// ```
struct FactorFile<Header: Codable & Sendable> {
    var header: Header
    var ids: [String] = []
    /// nil where a side is left out.
    var users: FactorMatrix?
    var items: FactorMatrix?

    /// Writes the file aside, makes it durable and renames it: it is there whole or not at all.
    ///
    /// - Parameter beforeRename: called when everything is durable under another name.
    func write(to path: String, beforeRename: () -> Void = {}) throws {
        let aside = path + ".tmp"
        var writer = try FactorWriter(path: aside)
        let header = try JSONEncoder().encode(FactorShape(header, users: users, items: items))
        let ids = Data(self.ids.joined(separator: "\n").utf8)
        try writer.write(Data(FactorFileFormat.magic))
        try writer.write(UInt64(header.count))
        try writer.write(UInt64(ids.count))
        try writer.write(header)
        try writer.write(ids)
        for matrix in [users, items].compactMap({ $0 }) { try writer.write(matrix) }
        try writer.finish()
        beforeRename()
        guard rename(aside, path) == 0 else { throw TrainingError.file("rename \(aside) to \(path)", errno: errno) }
        try AtomicFile.syncFolder(ofFile: path)
    }

    /// Reads the file; what is damaged or cut short is refused.
    static func read(_ path: String) throws -> FactorFile {
        let bytes = try AtomicFile.read(path, limit: .max)
        func damaged(_ what: String) -> TrainingError {
            TrainingError.damaged("\(path) is damaged (\(what)); remove it")
        }
        let prefix = FactorFileFormat.prefixByteCount
        guard bytes.count >= prefix + 4, bytes.starts(with: FactorFileFormat.magic) else {
            throw damaged("it does not begin as a file of factors")
        }
        return try bytes.withUnsafeBytes { bytes in
            let body = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
            let checksum = bytes.loadUnaligned(fromByteOffset: body.count, as: UInt32.self)
            guard CRC32C.checksum(body) == UInt32(littleEndian: checksum) else { throw damaged("wrong checksum") }
            let headerCount = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let idsCount = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            let rest = UInt64(body.count - prefix)
            guard headerCount <= rest, idsCount <= rest - headerCount else { throw damaged("lengths beyond its end") }
            let headerEnd = prefix + Int(headerCount), idsEnd = headerEnd + Int(idsCount)
            let shape = try JSONDecoder().decode(FactorShape<Header>.self, from: Data(body[prefix..<headerEnd]))
            let ids =
                idsCount == 0
                ? []
                : String(decoding: body[headerEnd..<idsEnd], as: UTF8.self)
                    .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard shape.fits(byteCount: body.count - idsEnd) else { throw damaged("not as many factors as it says") }
            var place = idsEnd
            let users = FactorFileFormat.matrix(rows: shape.users, shape.factors, body, &place)
            let items = FactorFileFormat.matrix(rows: shape.items, shape.factors, body, &place)
            return FactorFile(header: shape.header, ids: ids, users: users, items: items)
        }
    }
}

/// The header as it is coded: whose factors, and how many.
private struct FactorShape<Header: Codable & Sendable>: Codable {
    var header: Header
    var users: Int
    var items: Int
    var factors: Int

    init(_ header: Header, users: FactorMatrix?, items: FactorMatrix?) {
        self.header = header
        self.users = users?.rows ?? 0
        self.items = items?.rows ?? 0
        factors = users?.factors ?? items?.factors ?? 0
    }

    func fits(byteCount: Int) -> Bool {
        guard users >= 0, items >= 0, (0...512).contains(factors), users <= Int(Int32.max), items <= Int(Int32.max)
        else { return false }
        return (users + items) * factors * 4 == byteCount
    }
}

private enum FactorFileFormat {
    static let magic = Array("SEGUEFAC".utf8)
    static let prefixByteCount = 24

    /// The next matrix of the file; nil when that side is left out.
    static func matrix(rows: Int, _ factors: Int, _ bytes: UnsafeRawBufferPointer, _ place: inout Int) -> FactorMatrix?
    {
        guard rows > 0, factors > 0 else { return nil }
        let matrix = FactorMatrix(rows: rows, factors: factors)
        let rowByteCount = factors * MemoryLayout<Float>.size
        matrix.withUnsafeMutableRows { target in
            for row in 0..<rows {
                let source = UnsafeRawBufferPointer(rebasing: bytes[place..<place + rowByteCount])
                UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(rebasing: target[row * matrix.stride..<row * matrix.stride + factors])
                ).copyMemory(from: source)
                place += rowByteCount
            }
        }
        return matrix
    }
}

/// Writes and sums up.
private struct FactorWriter {
    private let handle: FileHandle
    private let path: String
    private var checksum = CRC32C()
    private static let batchByteCount = 1 << 20

    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TrainingError.file("create \(path)", errno: errno) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    mutating func write(_ data: Data) throws {
        data.withUnsafeBytes { checksum.update($0) }
        try TrainingError.explaining("write \(path)") { try handle.write(contentsOf: data) }
    }

    mutating func write(_ number: UInt64) throws {
        try withUnsafeBytes(of: number.littleEndian) { try write(Data($0)) }
    }

    mutating func write(_ matrix: FactorMatrix) throws {
        let batch = max(1, Self.batchByteCount / (matrix.factors * 4))
        for start in stride(from: 0, to: matrix.rows, by: batch) {
            let end = min(start + batch, matrix.rows)
            var data = Data(capacity: (end - start) * matrix.factors * 4)
            matrix.withUnsafeRows { rows in
                for row in start..<end {
                    let first = row * matrix.stride
                    data.append(UnsafeBufferPointer(rebasing: rows[first..<first + matrix.factors]))
                }
            }
            try write(data)
        }
    }

    mutating func finish() throws {
        let value = checksum.value.littleEndian
        try TrainingError.explaining("write \(path)") {
            try withUnsafeBytes(of: value) { try handle.write(contentsOf: Data($0)) }
            try handle.synchronize()
            try handle.close()
        }
    }
}
