import Domain
import HTTPServer
import Learning
import ServiceKit
import Storage

extension OperationsFacts {
    /// Writes the members of the overview into the object that is open.
    func write(to writer: inout JSONWriter, snapshot: ServingSnapshot, samples: ThroughputSamples) {
        writeEvents(to: &writer, samples)
        writeLag(to: &writer)
        writeLake(to: &writer)
        writeTop(to: &writer, snapshot.catalogue)
        writeModels(to: &writer, serving: snapshot.model)
        writeIndex(to: &writer, snapshot.model)
        writeLatencies(to: &writer)
    }

    private func writeEvents(to writer: inout JSONWriter, _ samples: ThroughputSamples) {
        writer.key("events")
        writer.beginObject()
        switch offsets {
        case .success(let partitions):
            writer.member("appended", partitions.reduce(Int64(0)) { $0 + $1.end })
            writer.member("held", partitions.reduce(Int64(0)) { $0 + max(0, $1.end - $1.begin) })
            writer.member("partitions", partitions.count)
        case .failure(let error): writer.member("error", "\(error)")
        }
        writer.member("per_second", samples.eventsPerSecond)
        writer.key("samples")
        writer.beginArray()
        for sample in samples.all {
            writer.beginObject()
            writer.member("at", sample.at)
            writer.member("appended", sample.appended)
            writer.member("lag", sample.lag)
            writer.member("requests", sample.requests)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private func writeLag(to writer: inout JSONWriter) {
        writer.key("lag")
        writer.beginObject()
        switch backlog {
        case .success(let backlog):
            writer.member("events", backlog.lag)
            writer.member("commits_behind", backlog.commitsBehind)
        case .failure(let error): writer.member("error", "\(error)")
        case nil: writer.member("error", "this daemon has no lake at hand")
        }
        writer.endObject()
    }

    private func writeLake(to writer: inout JSONWriter) {
        writer.key("lake")
        writer.beginObject()
        switch lake {
        case .success(let lake):
            writer.member("version", lake.version)
            writer.member("rows", lake.days.reduce(Int64(0)) { $0 + $1.rowCount })
            writer.member("files", lake.days.reduce(0) { $0 + $1.fileCount })
            writer.member("bytes", lake.days.reduce(Int64(0)) { $0 + $1.byteCount })
            writer.key("days")
            writer.beginArray()
            for day in lake.days {
                writer.beginObject()
                writer.member("day", day.day.description)
                writer.member("rows", day.rowCount)
                writer.member("files", day.fileCount)
                writer.member("bytes", day.byteCount)
                writer.endObject()
            }
            writer.endArray()
        case .failure(let error): writer.member("error", "\(error)")
        case nil: writer.member("error", "this daemon has no lake at hand")
        }
        writer.endObject()
    }

    private func writeTop(to writer: inout JSONWriter, _ catalogue: SongCatalogue) {
        writer.key("top")
        writer.beginArray()
        for song in top {
            writer.beginObject()
            catalogue.writeMembers(of: song, to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeModels(to writer: inout JSONWriter, serving: ServingModel?) {
        writer.key("models")
        writer.beginObject()
        writer.member("serving", serving?.version)
        switch models {
        case .success(let records):
            writer.key("runs")
            writer.beginArray()
            for record in records { write(record, to: &writer) }
            writer.endArray()
        case .failure(let error): writer.member("error", "\(error)")
        }
        writer.endObject()
    }

    private func write(_ record: ModelRecord, to writer: inout JSONWriter) {
        let manifest = record.manifest
        writer.beginObject()
        writer.member("version", manifest.version)
        writer.member("created_at", manifest.createdAt)
        writer.member("status", record.status.rawValue)
        writer.member("reason", record.reason)
        writer.member("is_current", record.isCurrent)
        writer.member("factors", manifest.factors)
        writer.member("users", manifest.users)
        writer.member("items", manifest.items)
        writer.member("events", manifest.events)
        writer.member("window_from", manifest.windowFrom)
        writer.member("window_through", manifest.windowThrough)
        writer.key("metrics")
        writer.beginObject()
        for (name, value) in manifest.metrics.sorted(by: { $0.key < $1.key }) {
            writer.key(escaping: name)
            writer.number(value)
        }
        writer.endObject()
        writer.endObject()
    }

    private func writeIndex(to writer: inout JSONWriter, _ model: ServingModel?) {
        writer.key("index")
        guard let index, let model else { return writer.null() }
        writer.beginObject()
        writer.member("model_version", index.modelVersion)
        writer.member("loaded_at", model.loadedAt)
        writer.member("items", index.count)
        writer.member("dimension", index.dimension)
        writer.member("lists", index.listCount)
        writer.member("empty_lists", index.emptyListCount)
        writer.key("list_sizes")
        writer.beginArray()
        for size in index.listSizes { writer.integer(size) }
        writer.endArray()
        writer.member("bytes", index.byteCount)
        writer.member("size_ratio", index.sizeRatio)
        writer.member("target_recall", index.targetRecall)
        writer.member("format_version", index.formatVersion)
        writer.member("listeners_in_memory", model.users.count)
        writer.key("sections")
        writer.beginArray()
        for section in index.sections {
            writer.beginObject()
            writer.member("name", section.name)
            writer.member("bytes", section.byteCount)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private func writeLatencies(to writer: inout JSONWriter) {
        writer.key("latency")
        writer.beginArray()
        for latency in latencies {
            writer.beginObject()
            writer.member("method", latency.method)
            writer.member("route", latency.route)
            writer.member("count", Int64(clamping: latency.count))
            writer.member("p50", latency.histogram.quantile(0.5))
            writer.member("p95", latency.histogram.quantile(0.95))
            writer.member("p99", latency.histogram.quantile(0.99))
            writer.key("doublings")
            writer.beginArray()
            for doubling in latency.histogram.doublings {
                writer.beginArray()
                writer.number(doubling.upperBound)
                writer.integer(Int64(clamping: doubling.count))
                writer.endArray()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }
}
