/// How hard one search tries. Separate from the index, so that no query changes what another one sees.
public struct IVFSearchParameters: Sendable, Equatable {
    /// How far a vector is trusted to lean towards the query, away from the direction of its list, as a share of the
    /// part of the query that is perpendicular to that direction: a list, or the rest of one, is read while
    ///
    ///     |x| · (<q, c> + slack · |q − <q, c>·c|)  >  the worst kept score
    ///
    /// with c the list's direction and |x| the longest vector that is left. In d dimensions a vector leans by about 1/√d.
    /// Nil reads everything that Cauchy and Schwarz do not rule out: the answer is exact.
    public var slack: Float?

    /// Searches with this slack, not negative.
    public init(slack: Float) {
        precondition(slack >= 0, "slack must not be negative")
        self.slack = slack
    }

    private init(slack: Float?) { self.slack = slack }

    /// Reads until the answer is certain.
    public static let exact = IVFSearchParameters(slack: nil)
}
