/// How a delimited text is written.
public struct TextDialect: Sendable, Equatable {
    /// How bytes become text.
    public enum Encoding: String, Sendable, CaseIterable {
        /// UTF-8; other bytes are an error of the field they stand in.
        case utf8
        /// ISO 8859-1: each byte is the Unicode scalar of its number, nothing can be wrong.
        case latin1
    }

    /// What stands between two fields: one byte or more, such as `::`.
    public var delimiter: [UInt8]
    /// What surrounds a field that holds delimiters or line ends, doubled inside; nil when there is no such thing.
    public var quote: UInt8?
    /// How bytes become text.
    public var encoding: Encoding
    /// Most bytes a record may have, all fields together; a longer one is handed out cut, with a problem.
    public var recordByteLimit: Int

    /// Describes a dialect.
    public init(
        delimiter: String, quote: Character? = nil, encoding: Encoding = .utf8, recordByteLimit: Int = 1 << 20
    ) {
        precondition(!delimiter.isEmpty && quote?.isASCII != false && recordByteLimit > 0)
        self.delimiter = Array(delimiter.utf8)
        self.quote = quote?.asciiValue
        self.encoding = encoding
        self.recordByteLimit = recordByteLimit
    }

    /// RFC 4180: commas and double quotes.
    public static let csv = TextDialect(delimiter: ",", quote: "\"")
    /// Tabs, and quotes that mean nothing.
    public static let tsv = TextDialect(delimiter: "\t")
}

/// Reads a delimited text file (CSV, TSV, `|`, `::`; plain or gzip) record by record in bounded memory.
///
/// Lines end with LF or CRLF; a byte order mark and empty lines are skipped. As in RFC 4180 a quoted field may hold
/// delimiters, line ends and doubled quotes; a quote inside an unquoted field is an ordinary character, and text after a
/// closing quote is appended, since that is what people's files mean. Used by one thread at a time.
public final class DelimitedTextReader {
    /// The dialect it reads.
    public let dialect: TextDialect
    private let source: ByteSource
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var chunkPosition = 0
    private var chunkCount = 0
    private var isAtStart = true
    private var nextLine = 1
    private var bytes: [UInt8] = []
    private var fieldEnds: [Int] = []

    /// Line on which the current record starts, from 1.
    public private(set) var line = 0
    /// What is wrong with the shape of the current record, or nil. The fields hold what could be read.
    public private(set) var problem: String?

    /// Opens a file.
    public convenience init(path: String, dialect: TextDialect) throws {
        self.init(source: try ByteSource(path: path), dialect: dialect)
    }

    /// Reads on from a source.
    public init(source: ByteSource, dialect: TextDialect) {
        self.source = source
        self.dialect = dialect
    }

    /// Bytes of the file read so far, packed.
    public var readByteCount: Int64 { source.readByteCount }

    /// Moves to the next record.
    ///
    /// - Returns: false at the end.
    /// - Throws: when the file cannot be read or its gzip data is damaged.
    /// - Complexity: O(bytes of the record).
    public func next() throws -> Bool {
        repeat {
            line = nextLine
            bytes.removeAll(keepingCapacity: true)
            fieldEnds.removeAll(keepingCapacity: true)
            problem = nil
            guard try readRecord() else { return false }
        } while fieldEnds.count == 1 && bytes.isEmpty && problem == nil
        return true
    }

    // MARK: - Fields of the current record

    /// How many fields there are.
    public var fieldCount: Int { fieldEnds.count }

    /// The bytes of a field, unquoted.
    public func withBytes<Result>(of field: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows
        -> Result
    {
        let start = field == 0 ? 0 : fieldEnds[field - 1]
        let range = start..<fieldEnds[field]
        return try bytes.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// A field as text; nil when it is not text in the dialect's encoding.
    public func text(of field: Int) -> String? {
        withBytes(of: field) { bytes in
            switch dialect.encoding {
            case .utf8: return String(validating: bytes, as: UTF8.self)
            case .latin1:
                if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
                var scalars = String.UnicodeScalarView()
                for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
                return String(scalars)
            }
        }
    }

    /// A field as a whole number; nil when it is none or does not fit.
    ///
    /// - Complexity: O(bytes), no allocation.
    public func integer(of field: Int) -> Int64? {
        withBytes(of: field) { bytes in
            var digits = bytes[...]
            let isNegative = digits.first == UInt8(ascii: "-")
            if isNegative { digits = digits.dropFirst() }
            guard !digits.isEmpty, digits.count <= 19 else { return nil }
            var value: Int64 = 0
            for digit in digits {
                guard (48...57).contains(digit) else { return nil }
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, overflowed) = product.addingReportingOverflow(Int64(digit - 48))
                if overflow || overflowed { return nil }
                value = sum
            }
            return isNegative ? -value : value
        }
    }

    /// A field as a finite number; nil when it is none.
    public func number(of field: Int) -> Double? {
        text(of: field).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    // MARK: - Bytes

    private func nextByte() throws -> UInt8? {
        if chunkPosition == chunkCount {
            chunkCount = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
            chunkPosition = 0
            if chunkCount == 0 { return nil }
            if isAtStart {
                isAtStart = false
                if chunkCount >= 3, chunk[0] == 0xef, chunk[1] == 0xbb, chunk[2] == 0xbf { chunkPosition = 3 }
                if chunkPosition == chunkCount { return try nextByte() }
            }
        }
        defer { chunkPosition += 1 }
        return chunk[chunkPosition]
    }

    /// Where in a field the reader is.
    private enum Place {
        case start
        case bare
        case quoted
        case afterQuote
    }

    private func readRecord() throws -> Bool {
        var place = Place.start
        var sawByte = false
        while let byte = try nextByte() {
            sawByte = true
            if byte == 0x0a { nextLine += 1 }
            switch place {
            case .quoted:
                if byte == dialect.quote {
                    place = .afterQuote
                } else {
                    append(byte)
                    if problem != nil, byte == 0x0a { return endRecord() }
                }
            case .afterQuote where byte == dialect.quote:
                append(byte)
                place = .quoted
            case .start where byte == dialect.quote:
                place = .quoted
            default:
                if byte == 0x0a { return endRecord() }
                append(byte)
                place = .bare
                if endsWithDelimiter(byte) {
                    bytes.removeLast(dialect.delimiter.count)
                    fieldEnds.append(bytes.count)
                    place = .start
                }
            }
        }
        guard sawByte else { return false }
        if place == .quoted { problem = problem ?? "a quote is never closed" }
        return endRecord()
    }

    @inline(__always)
    private func append(_ byte: UInt8) {
        guard bytes.count < dialect.recordByteLimit else {
            problem = "the record is longer than \(dialect.recordByteLimit) bytes"
            return
        }
        bytes.append(byte)
    }

    /// A delimiter of several bytes must lie whole inside the current field.
    @inline(__always)
    private func endsWithDelimiter(_ byte: UInt8) -> Bool {
        let delimiter = dialect.delimiter
        guard byte == delimiter[delimiter.count - 1], problem == nil else { return false }
        if delimiter.count == 1 { return true }
        let fieldStart = fieldEnds.last ?? 0
        return bytes.count - fieldStart >= delimiter.count && bytes.suffix(delimiter.count).elementsEqual(delimiter)
    }

    private func endRecord() -> Bool {
        if bytes.count > (fieldEnds.last ?? 0), bytes.last == 0x0d { bytes.removeLast() }
        fieldEnds.append(bytes.count)
        return true
    }
}
