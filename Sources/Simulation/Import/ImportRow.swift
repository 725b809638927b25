import Domain
import ServiceKit

/// Why a row is left out.
struct RowProblem: Error {
    let reason: String
}

/// Reads the fields of the reader's current record by their meaning. An empty field is one that is not there.
struct ImportRow {
    typealias Field = ColumnMapping.Field
    let reader: DelimitedTextReader
    let columns: [Field: Int]

    /// The text of a field, nil when it is empty or not mapped.
    func text(_ field: Field) throws -> String? {
        guard let column = columns[field] else { return nil }
        guard let text = reader.text(of: column) else {
            throw RowProblem(reason: "\(field.rawValue) is not UTF-8 text")
        }
        let trimmed = text.trimmed
        return trimmed.isEmpty ? nil : trimmed
    }

    /// A title or name: control characters become spaces.
    func line(_ field: Field) throws -> String? {
        guard let text = try text(field) else { return nil }
        guard text.unicodeScalars.contains(where: ValidIdentifier.isControl) else { return text }
        let cleaned = text.unicodeScalars.map { ValidIdentifier.isControl($0) ? " " : String($0) }.joined().trimmed
        return cleaned.isEmpty ? nil : cleaned
    }

    func identifier(_ field: Field, prefix: String) throws -> String? {
        guard let text = try text(field) else { return nil }
        guard let identifier = ValidIdentifier.make(prefix + text) else {
            throw RowProblem(reason: "\(field.rawValue) is no identifier")
        }
        return identifier
    }

    /// A length or an amount heard in milliseconds, from whichever of two fields is there.
    func milliseconds(_ milliseconds: Field, _ seconds: Field) throws -> Int32? {
        if let value = try number(milliseconds) { return try Self.held(value, milliseconds) }
        return try number(seconds).map { try Self.held($0 * 1000, seconds) }
    }

    func number(_ field: Field) throws -> Double? {
        guard let text = try text(field) else { return nil }
        guard let value = Double(text), value.isFinite else {
            throw RowProblem(reason: "\(field.rawValue) is no number")
        }
        return value
    }

    /// The start of the play; nil when no time is mapped.
    func start(played: Int32) throws -> Int64? {
        for field in [Field.timestamp, .end] where columns[field] != nil {
            guard let text = try text(field) else { throw RowProblem(reason: "\(field.rawValue) is empty") }
            guard let time = TimestampText.epochMilliseconds(text) else {
                throw RowProblem(reason: "\(field.rawValue) is no time")
            }
            return field == .end ? time - Int64(played) : time
        }
        return nil
    }

    func day(_ field: Field) throws -> EventDay? {
        guard let text = try text(field), text != "0" else { return nil }
        guard let day = TimestampText.day(text) else { throw RowProblem(reason: "\(field.rawValue) is no day or year") }
        return day
    }

    func action() throws -> EventAction? {
        guard let text = try text(.action) else { return nil }
        guard let action = EventAction(wireName: text.lowercased()) else {
            throw RowProblem(reason: "action is none of listen, skip, complete")
        }
        return action
    }

    private static func held(_ milliseconds: Double, _ field: Field) throws -> Int32 {
        guard milliseconds >= 0 else { throw RowProblem(reason: "\(field.rawValue) is negative") }
        guard milliseconds <= Double(Int32.max) else { throw RowProblem(reason: "\(field.rawValue) is too large") }
        return Int32(milliseconds.rounded())
    }
}
