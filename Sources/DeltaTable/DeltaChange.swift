/// What one commit is to do, and what must still hold for it to be right.
///
/// A change is made once and may be committed again after an error whose outcome is not known: its `token` finds the
/// commit that did get through.
public struct DeltaChange: Sendable {
    /// Unique to this change.
    public let token: String
    /// What is done, in Delta's words: `WRITE`, `OPTIMIZE`, `CREATE TABLE`, …
    public var operation: String
    /// Parameters for `history`.
    public var parameters: [String: String]
    /// Figures for `history`.
    public var metrics: [String: String]
    /// The actions; `commitInfo` is added by the commit.
    public var actions: [DeltaAction]
    /// For each application: how far it must have come, nil for not at all. Another value means that another writer did
    /// our work meanwhile.
    public var expectedTransactions: [String: Int64?]
    /// Identifier the table must still have; nil for any.
    public var tableID: String?
    /// Version the change is based on, -1 for no table; its own commit can only be newer.
    public var baseVersion: Int64

    /// Makes a change that is based on `baseVersion`.
    public init(
        operation: String, baseVersion: Int64, actions: [DeltaAction] = [], parameters: [String: String] = [:],
        metrics: [String: String] = [:], expectedTransactions: [String: Int64?] = [:], tableID: String? = nil
    ) {
        token = Self.makeToken()
        self.operation = operation
        self.parameters = parameters
        self.metrics = metrics
        self.actions = actions
        self.expectedTransactions = expectedTransactions
        self.tableID = tableID
        self.baseVersion = baseVersion
    }

    /// 128 random bits in the spelling of a version 4 UUID (RFC 9562 §5.4).
    public static func makeToken() -> String {
        func digits(_ value: UInt64, _ count: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let high = UInt64.random(in: 0...UInt64.max)
        let low = UInt64.random(in: 0...UInt64.max)
        return [
            digits(high >> 32, 8), digits(high >> 16 & 0xFFFF, 4), digits(high & 0xFFF | 0x4000, 4),
            digits(low >> 48 & 0x3FFF | 0x8000, 4), digits(low & 0xFFFF_FFFF_FFFF, 12),
        ].joined(separator: "-")
    }
}
