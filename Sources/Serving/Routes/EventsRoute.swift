import Domain
import HTTPServer
import ServiceKit

/// `POST /events`: one listening event (docs/design.md §3.1) or an array of them.
///
/// An event may carry an `idempotency_key` of 1 to 256 bytes. The same listen sent again, that is the same listener, song and
/// timestamp, or the same listener and key, is left out and counted as a duplicate.
///
/// Answers 202 once the good ones are durable in the log: `{"accepted": n, "duplicates": d, "rejected": m, "errors": [{"index",
/// "reason", "detail"}]}`. When none is good the answer is a 422 with the same members. A log that cannot take them is a 503; the
/// same events may be sent again.
enum EventsRoute {
    private static let keyMember = "idempotency_key"

    /// An event that breaks the contract.
    private struct Rejected {
        var index: Int
        var rejection: EventRejection
    }

    static func add(to router: inout Router, _ context: ServingContext) {
        let rejectedCounters = Dictionary(
            uniqueKeysWithValues: EventRejection.Reason.allCases.map { reason in
                let counter = context.metrics.counter(
                    "segue_events_rejected_total", "Events of POST /events that break the contract.",
                    labels: ["reason": reason.rawValue])
                return (reason, counter)
            })
        router.add(.post, "/events", .blocking, bodyByteLimit: context.options.eventBodyByteLimit) { request in
            try request.requireJSON()
            var reader = JSONReader(request.body)
            let ranges = try reader.elementRanges(limit: context.options.maximumEventCount).ranges
            let (listens, rejected) = decode(request.body, ranges, now: context.clock.now)
            for one in rejected { rejectedCounters[one.rejection.reason]?.increment() }
            let duplicateCount = try context.listens.submit(listens)
            return answer(accepted: listens.count - duplicateCount, duplicates: duplicateCount, rejected)
        }
    }

    private static func decode(
        _ body: [UInt8], _ ranges: [Range<Int>], now: Int64
    ) -> (listens: [SubmittedListen], rejected: [Rejected]) {
        let decoder = ListeningEventDecoder()
        var listens: [SubmittedListen] = []
        var rejected: [Rejected] = []
        listens.reserveCapacity(ranges.count)
        for (index, range) in ranges.enumerated() {
            let bytes = Array(body[range])
            do throws(EventRejection) {
                let event = try decoder.decode(bytes, now: now)
                listens.append(SubmittedListen(event: event, idempotencyKey: try idempotencyKey(bytes)))
            } catch {
                rejected.append(Rejected(index: index, rejection: error))
            }
        }
        return (listens, rejected)
    }

    /// The key of an event that was decoded already; nil when it has none.
    private static func idempotencyKey(_ bytes: [UInt8]) throws(EventRejection) -> String? {
        // Few events have one: those without are not read twice. A name in escapes is read nowhere.
        guard bytes.firstRange(of: Array(keyMember.utf8)) != nil else { return nil }
        let value: JSONValue?
        do {
            value = try JSONValue(parsing: bytes)[keyMember]
        } catch {
            throw EventRejection(.invalidJSON, "\(error)")
        }
        switch value {
        case nil, .null: return nil
        case .string(let key):
            guard !key.isEmpty else { throw EventRejection(.emptyIdentifier, "\(keyMember) is empty") }
            guard key.utf8.count <= 256 else {
                throw EventRejection(.identifierTooLong, "\(keyMember) has \(key.utf8.count) bytes; at most 256")
            }
            return key
        default: throw EventRejection(.wrongType, "\(keyMember) is no string")
        }
    }

    private static func answer(accepted: Int, duplicates: Int, _ rejected: [Rejected]) -> HTTPResponse {
        let isRefused = accepted + duplicates == 0 && !rejected.isEmpty
        let status = isRefused ? HTTPStatus.unprocessableContent : .accepted
        var response = HTTPResponse.json(status: status, capacity: 128 + rejected.count * 128) { writer in
            writer.beginObject()
            if isRefused {
                writer.member("type", "about:blank")
                writer.member("title", status.reasonPhrase)
                writer.member("status", status.rawValue)
                writer.member("detail", "no event is valid; errors tells why")
            }
            writer.member("accepted", accepted)
            writer.member("duplicates", duplicates)
            writer.member("rejected", rejected.count)
            writer.key("errors")
            writer.beginArray()
            for one in rejected {
                writer.beginObject()
                writer.member("index", one.index)
                writer.member("reason", one.rejection.reason.rawValue)
                writer.member("detail", one.rejection.detail)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        if isRefused { response.contentType = "application/problem+json" }
        return response
    }
}
