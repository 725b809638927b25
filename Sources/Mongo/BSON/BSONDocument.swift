/// A whole BSON document that owns its bytes.
///
/// Small ones are written as literals, `["_id": "t1", "plays": 3]`; those of a hot loop are built by a `BSONBuilder`,
/// which can be used again without allocating.
public struct BSONDocument: Sendable, Hashable {
    /// The document as it goes over the wire: length, elements, a zero byte (https://bsonspec.org/spec.html).
    public let bytes: [UInt8]

    /// The document without elements.
    public init() { bytes = [5, 0, 0, 0, 0] }

    /// Builds a document.
    public init(_ build: (inout BSONBuilder) -> Void) {
        var builder = BSONBuilder()
        build(&builder)
        self = builder.document()
    }

    /// Copies a document out of a view.
    public init(_ view: BSONView) { bytes = Array(view.bytes) }

    /// Takes bytes that are known to be a document.
    init(trusted bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `body` with a view of the document, to read it. Do not let the view escape the closure.
    public func withView<R, E: Error>(_ body: (BSONView) throws(E) -> R) throws(E) -> R {
        let result: Result<R, E> = bytes.withUnsafeBytes { bytes in
            do throws(E) { return .success(try body(BSONView(trusted: bytes))) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Whether it has no elements.
    public var isEmpty: Bool { bytes.count == 5 }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
    /// A document of these elements, in the order written.
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self.init { builder in
            for (key, value) in elements { builder.append(key, value) }
        }
    }
}
