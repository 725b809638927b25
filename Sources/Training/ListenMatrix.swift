package import Domain
package import Learning

/// The listens of a window as matrices, users and items numbered by how much there is of them, most first: what is gathered
/// most often then lies together in the cache.
package struct ListenMatrix {
    /// User id of each row.
    package let userIDs: [String]
    /// Track id of each column.
    package let trackIDs: [String]
    /// Confidences of the days before the held-out ones, as they were when these began; nil when nothing is held out.
    package let earlier: SparseMatrix?
    /// Confidences of the held-out days alone.
    package let heldOut: SparseMatrix?
    /// Confidences of all days.
    package let all: SparseMatrix
    /// First and last held-out day.
    package let heldOutDays: ClosedRange<EventDay>?
    package let window: ClosedRange<EventDay>
    package let events: Int64
    package let lakeVersion: Int64
}
