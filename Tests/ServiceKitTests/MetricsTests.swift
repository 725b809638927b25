import ServiceKit
import TestSupport
import Testing

@Suite struct MetricsTests {
    @Test func theWholeTextIsPrometheusText() {
        let registry = MetricsRegistry()
        registry.counter("segue_events_total", "Events taken.", labels: ["topic": "music_log"]).increment(by: 41)
        registry.counter("segue_events_total", "Events taken.", labels: ["topic": "music_log"]).increment()
        registry.counter("segue_events_total", "Events taken.", labels: ["topic": "a\"b\\c\nd"]).increment()
        registry.gauge("segue_lag", "Lag.").set(2.5)
        registry.gauge("segue_age_seconds", "Age.") { 7 }
        let histogram = registry.histogram("segue_wait_seconds", "Wait.", lowestExponent: -1, highestExponent: 1)
        for value in [0.25, 0.75, 1.5, 1.75, 9] { histogram.record(value) }
        #expect(
            registry.text == """
                # HELP segue_age_seconds Age.
                # TYPE segue_age_seconds gauge
                segue_age_seconds 7
                # HELP segue_events_total Events taken.
                # TYPE segue_events_total counter
                segue_events_total{topic="a\\"b\\\\c\\nd"} 1
                segue_events_total{topic="music_log"} 42
                # HELP segue_lag Lag.
                # TYPE segue_lag gauge
                segue_lag 2.5
                # HELP segue_wait_seconds Wait.
                # TYPE segue_wait_seconds histogram
                segue_wait_seconds_bucket{le="0.5"} 1
                segue_wait_seconds_bucket{le="1"} 2
                segue_wait_seconds_bucket{le="2"} 4
                segue_wait_seconds_bucket{le="+Inf"} 5
                segue_wait_seconds_sum 13.25
                segue_wait_seconds_count 5

                """)
    }

    @Test func quantilesAreWithinOnePartInThirtyTwo() throws {
        let histogram = MetricsRegistry().histogram("h_seconds", "h")
        var generator = SeededRandomNumberGenerator(seed: 5)
        var values: [Double] = []
        for _ in 0..<20_000 {
            let value = 1e-5 * Double.random(in: 1...10_000, using: &generator)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for fraction in [0.01, 0.5, 0.9, 0.99, 0.999] {
            let exact = values[Int(fraction * 20_000) - 1]
            let read = try #require(histogram.quantile(fraction))
            #expect(abs(read / exact - 1) < 1.0 / 30, "at \(fraction): \(read) for \(exact)")
        }
        #expect(abs(histogram.sum / values.reduce(0, +) - 1) < 1e-9)
    }

    @Test func valuesOutsideTheRangeAreCountedAtItsEnds() {
        let histogram = MetricsRegistry().histogram("h", "h", lowestExponent: 0, highestExponent: 4)
        #expect(histogram.quantile(0.5) == nil)
        for value in [-3, 0, 0.5, .infinity, 1e300, .nan] { histogram.record(value) }
        #expect(histogram.count == 5)
        #expect(histogram.quantile(0) == 1)
        #expect(histogram.quantile(1) == 16)
    }

    @Test func doublingsHoldEveryValueOnce() {
        let histogram = MetricsRegistry().histogram("x", "x", lowestExponent: 0, highestExponent: 3)
        for value in [0.1, 1, 1.9, 2, 3.99, 4, 8, 900] { histogram.record(value) }
        #expect(histogram.doublings.map(\.upperBound) == [2, 4, 8])
        // What is too small counts in the first, what is too large in the last.
        #expect(histogram.doublings.map(\.count) == [3, 2, 3])
    }

    @Test func histogramsAreFoundByNameWithTheirLabels() {
        let registry = MetricsRegistry()
        registry.histogram("seconds", "x", labels: ["route": "/a", "method": "GET"]).record(1)
        registry.histogram("seconds", "x", labels: ["route": "/b", "method": "GET"]).record(1)
        _ = registry.counter("other_total", "x")
        let found = registry.histograms(named: "seconds")
        #expect(Set(found.map { $0.labels["route"] }) == ["/a", "/b"])
        #expect(found.allSatisfy { $0.labels["method"] == "GET" && $0.histogram.count == 1 })
        #expect(registry.histograms(named: "other_total").isEmpty)
        #expect(registry.histograms(named: "unknown").isEmpty)
    }

    @Test func noCountIsLostBetweenThreads() throws {
        let registry = MetricsRegistry()
        let threads = try (0..<4).map { index in
            try WorkerThread(name: "count \(index)") {
                let counter = registry.counter("c_total", "c")
                let histogram = registry.histogram("h", "h")
                let gauge = registry.gauge("g", "g")
                for _ in 0..<5_000 {
                    counter.increment()
                    histogram.record(1)
                    gauge.add(1)
                }
            }
        }
        for thread in threads { try thread.join() }
        #expect(registry.counter("c_total", "c").value == 20_000)
        #expect(registry.histogram("h", "h").count == 20_000)
        #expect(registry.histogram("h", "h").sum == 20_000)
        #expect(registry.gauge("g", "g").value == 20_000)
    }
}
