import ServiceKit

/// What Prometheus is told of models and catalogue.
struct SnapshotMetrics: Sendable {
    let swaps: Counter
    let modelFailures: Counter
    let modelSeconds: Histogram
    let catalogueSeconds: Histogram
    let songs: Gauge

    init(_ registry: MetricsRegistry) {
        swaps = registry.counter("segue_model_swaps_total", "Models that were changed to.")
        modelFailures = registry.counter("segue_model_load_failures_total", "Models that were refused.")
        modelSeconds = registry.histogram("segue_model_load_seconds", "Mapping, checking and warming up a model.")
        catalogueSeconds = registry.histogram("segue_catalogue_read_seconds", "Reading all songs from the store.")
        songs = registry.gauge("segue_catalogue_songs", "Songs in memory.")
    }
}
