/// Requests to forget a listener that are not carried out yet: they outlive the process that took them.
public protocol ForgettingStore: Sendable {
    /// Removes a listener from `users`, vectors and all. What else is kept of them has a removal of its own.
    func removeUser(id: String) throws

    /// Notes that a listener is to be forgotten. Of two requests for one listener the later is kept.
    func addForgetting(_ request: ForgettingRequest) throws

    /// What is to be done, oldest first.
    func forgettings() throws -> [ForgettingRequest]

    /// Notes that a request is done. A later one for the same listener stays.
    func removeForgetting(_ request: ForgettingRequest) throws
}

/// A request to forget a listener.
public struct ForgettingRequest: Sendable, Hashable {
    /// Who.
    public var userID: String
    /// When it was asked, epoch milliseconds.
    public var requestedAt: Int64

    /// Makes the record.
    public init(userID: String, requestedAt: Int64) {
        self.userID = userID
        self.requestedAt = requestedAt
    }
}
