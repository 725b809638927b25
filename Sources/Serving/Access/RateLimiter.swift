import HTTPServer
import ServiceKit
import Synchronization

/// Counts requests by token bucket: who was quiet may send a minute's worth at once, then as fast as the bucket fills.
///
/// Bounded: when there are too many buckets, the full ones go, which are as good as none.
final class RateLimiter: Sendable {
    /// What a request is told.
    struct Decision: Equatable {
        /// Whether it may pass.
        var isAllowed: Bool
        /// Requests a minute.
        var limit: Int
        /// Requests that may follow at once.
        var remaining: Int
        /// Seconds until the bucket is full.
        var resetSeconds: Int
        /// Seconds until one request may pass; 0 when one may now.
        var retrySeconds: Int
    }

    private struct Bucket {
        var level: Double
        var filledAt: Int64
        var perMinute: Int

        func level(at now: Int64) -> Double {
            min(Double(perMinute), level + Double(max(0, now - filledAt)) * Double(perMinute) / 60_000)
        }
    }

    private let bucketLimit: Int
    private let clock: any WallClock
    private let buckets = Mutex<[String: Bucket]>([:])

    init(clock: any WallClock, bucketLimit: Int = 20_000) {
        self.clock = clock
        self.bucketLimit = bucketLimit
    }

    /// Takes one request of `name` out of its bucket.
    ///
    /// - Parameter perMinute: at least 1.
    /// - Complexity: O(1), O(buckets) when there are too many.
    func take(_ name: String, perMinute: Int) -> Decision {
        let now = clock.now
        return buckets.withLock { buckets in
            if buckets[name] == nil, buckets.count >= bucketLimit { makeRoom(&buckets, now) }
            var bucket = buckets[name] ?? Bucket(level: Double(perMinute), filledAt: now, perMinute: perMinute)
            bucket.perMinute = perMinute
            bucket.level = bucket.level(at: now)
            bucket.filledAt = now
            let isAllowed = bucket.level >= 1
            if isAllowed { bucket.level -= 1 }
            buckets[name] = bucket
            let perSecond = Double(perMinute) / 60
            return Decision(
                isAllowed: isAllowed, limit: perMinute, remaining: Int(bucket.level),
                resetSeconds: Int(((Double(perMinute) - bucket.level) / perSecond).rounded(.up)),
                retrySeconds: isAllowed ? 0 : max(1, Int(((1 - bucket.level) / perSecond).rounded(.up))))
        }
    }

    /// Puts a request back that was taken and not answered.
    func giveBack(_ name: String) {
        buckets.withLock { buckets in
            guard let bucket = buckets[name] else { return }
            buckets[name]?.level = min(Double(bucket.perMinute), bucket.level + 1)
        }
    }

    private func makeRoom(_ buckets: inout [String: Bucket], _ now: Int64) {
        buckets = buckets.filter { $0.value.level(at: now) < Double($0.value.perMinute) }
        guard buckets.count >= bucketLimit else { return }
        // None is full: the half that waited longest is closest to it.
        let waiting = buckets.sorted { $0.value.filledAt < $1.value.filledAt }
        for (name, _) in waiting.prefix(bucketLimit / 2 + 1) { buckets[name] = nil }
    }
}

extension RateLimiter.Decision {
    /// The fields of the draft "RateLimit header fields for HTTP" in the form clients know, and those of ListenBrainz.
    var headers: [(String, String)] {
        [
            ("RateLimit-Limit", "\(limit)"), ("RateLimit-Remaining", "\(remaining)"),
            ("RateLimit-Reset", "\(resetSeconds)"), ("X-RateLimit-Limit", "\(limit)"),
            ("X-RateLimit-Remaining", "\(remaining)"), ("X-RateLimit-Reset-In", "\(resetSeconds)"),
        ]
    }

    /// The answer to a request that came too soon.
    var refusal: HTTPError {
        HTTPError(
            .tooManyRequests, "more than \(limit) requests a minute; try again in \(retrySeconds) s",
            headers: headers + [("Retry-After", "\(retrySeconds)")])
    }
}
