/// Why a record of the event log is no listening event (docs/design.md §3.1).
public struct EventRejection: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken. Raw values are stable: they are metric labels and stand in dead letters.
    public enum Reason: String, Sendable, CaseIterable {
        /// The record has no bytes.
        case emptyValue = "empty_value"
        /// More bytes than any event needs.
        case tooLarge = "too_large"
        /// Not UTF-8.
        case invalidUTF8 = "invalid_utf8"
        /// Not JSON (RFC 8259), or nested absurdly deep.
        case invalidJSON = "invalid_json"
        /// JSON, but not an object.
        case notAnObject = "not_an_object"
        /// A field of the contract is not there.
        case missingField = "missing_field"
        /// A field of the contract is there twice.
        case duplicateField = "duplicate_field"
        /// A field has another type than the contract says.
        case wrongType = "wrong_type"
        /// `user_id` or `track_id` is empty.
        case emptyIdentifier = "empty_identifier"
        /// `user_id` or `track_id` has more than 256 bytes.
        case identifierTooLong = "identifier_too_long"
        /// `user_id` or `track_id` has a control character.
        case controlCharacter = "control_character"
        /// `timestamp` lies before 1970-01-02 or in the future.
        case timestampOutOfRange = "timestamp_out_of_range"
        /// `duration` or `total_duration` is negative.
        case negativeDuration = "negative_duration"
        /// `duration` or `total_duration` does not fit 32 bits.
        case durationOutOfRange = "duration_out_of_range"
        /// `action` is none of the three.
        case unknownAction = "unknown_action"
        /// `source` is none of the two.
        case unknownSource = "unknown_source"
    }

    /// The rule that was broken.
    public let reason: Reason
    /// What was found and where, for a person.
    public let detail: String

    /// Makes a rejection.
    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    /// Reason and detail.
    public var description: String { "\(reason.rawValue): \(detail)" }
}
