import Domain
import Foundation
import Testing

@Suite struct ModelManifestJSONTests {
    private let manifest = ModelManifest(
        version: "20260101T030000Z-abc123", createdAt: 1_767_236_400_000, factors: 64, users: 10, items: 20,
        parameters: ["--half-life-days": "30", "alphaValue": "40"], lakeVersion: 1 << 60, windowFrom: "2025-10-03",
        windowThrough: "2025-12-31", events: 1_000_000, metrics: ["ndcg@10": 0.25, "popularity.ndcg@10": 1],
        objective: [3.5, 2, 0.1], files: [ModelFile(name: "items.ivf", byteCount: 4096, crc32c: "00c0ffee")])

    @Test(arguments: [false, true]) func manifestComesBackAsItWent(_ isPretty: Bool) throws {
        #expect(try ModelManifest.decodeJSON(manifest.encodeJSON(isPretty: isPretty)) == manifest)
    }

    @Test func keysAreSnakeCaseAndNamesOfMetricsAreNot() throws {
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(manifest.encodeJSON())) as? [String: Any])
        #expect(json["lake_version"] as? Int64 == 1 << 60)
        #expect(json["window_through"] as? String == "2025-12-31")
        #expect((json["parameters"] as? [String: String])?["alphaValue"] == "40")
        #expect((json["metrics"] as? [String: Double])?["popularity.ndcg@10"] == 1)
        let file = try #require((json["files"] as? [[String: Any]])?.first)
        #expect(Set(file.keys) == ["name", "byte_count", "crc32c"])
    }

    @Test func metricThatIsNoNumberIsNamed() throws {
        var broken = manifest
        broken.metrics["recall@20"] = .nan
        let error = try #require(throws: ManifestError.self) { try broken.encodeJSON() }
        #expect(error.reason.contains("metrics.recall@20") && error.reason.contains("nan"))
    }

    @Test(
        arguments: [
            ("{}", "is missing"), ("[", "no JSON"), ("", "no JSON"),
            (#"{"version":7}"#, "not of type"), (#"{"version":null}"#, "version"),
        ])
    func unreadableManifestSaysWhatIsWrong(_ json: String, _ expected: String) throws {
        let error = try #require(throws: ManifestError.self) { try ModelManifest.decodeJSON(json.utf8) }
        #expect(error.reason.contains(expected))
    }
}
