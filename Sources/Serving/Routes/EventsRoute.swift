import Domain
import HTTPServer
import ServiceKit

/// `POST /events`: one listening event (docs/design.md §3.1) or an array of them.
///
/// Answers 202 once the good ones are durable in the log: `{"accepted": n, "rejected": m, "errors": [{"index", "reason",
/// "detail"}]}`. When none is good the answer is a 422 with the same members. A log that cannot take them is a 503; sending
/// the same events again may then count some of them twice.
enum EventsRoute {
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
            let (records, rejected) = decode(request.body, ranges, now: context.clock.now)
            for one in rejected { rejectedCounters[one.rejection.reason]?.increment() }
            try context.intake.append(records)
            return answer(accepted: records.count, rejected)
        }
    }

    private static func decode(
        _ body: [UInt8], _ ranges: [Range<Int>], now: Int64
    ) -> (records: [(key: [UInt8], value: [UInt8])], rejected: [Rejected]) {
        let decoder = ListeningEventDecoder()
        var records: [(key: [UInt8], value: [UInt8])] = []
        var rejected: [Rejected] = []
        records.reserveCapacity(ranges.count)
        for (index, range) in ranges.enumerated() {
            do throws(EventRejection) {
                let event = try decoder.decode(Array(body[range]), now: now)
                // Rendered anew: what the log holds is the contract's seven fields and nothing else a client may send.
                records.append((Array(event.userID.utf8), event.json))
            } catch {
                rejected.append(Rejected(index: index, rejection: error))
            }
        }
        return (records, rejected)
    }

    private static func answer(accepted: Int, _ rejected: [Rejected]) -> HTTPResponse {
        let isRefused = accepted == 0 && !rejected.isEmpty
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
