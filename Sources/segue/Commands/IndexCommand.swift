import Domain
import Learning
import ServiceKit
import Storage

/// `segue index`: look into the index file of a model, check it, search it.
enum IndexCommand {
    static let command = Command(
        "index", "Inspects, verifies and searches the index of a model",
        discussion: """
            The index is one file that is mapped, not read: items.ivf in the folder of the model. Without VERSION it is that
            of the current model; a path works as well, so that a file from elsewhere can be looked at.
            """,
        examples: [
            .init("segue index inspect", "lists, sizes, recall as measured when it was built"),
            .init("segue index verify --queries 2000", "checksums, then recall measured again on listeners"),
            .init("segue index search --user alice -k 5", "the five best songs for a listener"),
        ],
        subcommands: [inspect, verify, search])

    static let version = OptionalPositional<String>(
        "version", "Version of the model, or path of an index file; the current model if left out.")

    /// The index the arguments name, mapped and checked.
    static func open(
        _ arguments: ParsedArguments, _ installation: Installation, verification: IVFIndex.Verification
    ) throws -> IVFIndex {
        let chosen = arguments[version]
        if let chosen, chosen.contains("/") { return try IVFIndex(path: chosen, verification: verification) }
        guard let version = try chosen ?? installation.store().currentModel()?.manifest.version else {
            throw StorageError(.notFound, "there is no current model: segue train makes one")
        }
        return try IVFIndex(
            path: installation.models().path(version: version, file: "items.ivf"), verification: verification)
    }

    // MARK: inspect

    private struct Inspection: Encodable {
        struct Recall: Encodable {
            var measure: String
            var k, queries: Int
            var slack, recall, vectorsRead: Float
        }

        struct Section: Encodable {
            var name: String
            var offset, bytes: Int
        }

        var path, modelVersion: String
        var formatVersion, items, factors, lists, emptyLists, bytes: Int
        var bytesByVectorBytes, targetRecall, regularization, alpha: Double
        var listSizes: [Int]
        var calibration: [Recall]
        var sections: [Section]
    }

    private static let inspect = Command(
        "inspect", "Says what the file holds; reads no vector", arguments: [version, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let index = try open(arguments, installation, verification: .structure)
            let facts = index.facts()
            if arguments[CommonOptions.json] { return try Output.json(inspection(facts, path: index.path)) }
            show(facts, path: index.path)
        }
    }

    private static func inspection(_ facts: IVFIndexFacts, path: String) -> Inspection {
        Inspection(
            path: path, modelVersion: facts.modelVersion, formatVersion: facts.formatVersion, items: facts.count,
            factors: facts.dimension, lists: facts.listCount, emptyLists: facts.emptyListCount,
            bytes: facts.byteCount, bytesByVectorBytes: facts.sizeRatio, targetRecall: facts.targetRecall,
            regularization: facts.regularization, alpha: facts.alpha, listSizes: facts.listSizes,
            calibration: facts.calibration.rows.map {
                .init(
                    measure: "\($0.measure)", k: $0.k, queries: $0.queryCount, slack: $0.slack, recall: $0.recall,
                    vectorsRead: $0.vectorsRead)
            },
            sections: facts.sections.map { .init(name: $0.name, offset: $0.offset, bytes: $0.byteCount) })
    }

    private static func show(_ facts: IVFIndexFacts, path: String) {
        print("\(path)")
        print(
            "model \(facts.modelVersion): \(HumanText.count(facts.count)) songs of \(facts.dimension) factors in "
                + "\(HumanText.count(facts.listCount)) lists, \(HumanText.bytes(Int64(facts.byteCount))), "
                + "\(HumanText.fixed(facts.sizeRatio, digits: 2)) times the vectors alone")
        print(
            "songs in a list: " + facts.listSizes.map(String.init).joined(separator: " · ")
                + "  (least, quarters, most)")
        var table = Table([
            ("ranks by", .left), ("songs asked for", .right), ("slack", .right), ("recall", .right), ("", .left),
            ("read", .right),
        ])
        for row in facts.calibration.rows {
            table.append([
                row.measure == .cosine ? "cosine" : "inner product", "\(row.k)",
                HumanText.fixed(Double(row.slack), digits: 2), HumanText.fixed(Double(row.recall), digits: 4),
                String(repeating: "█", count: Int(row.recall * 20)), HumanText.count(Int(row.vectorsRead)),
            ])
        }
        print(table.render(), terminator: "")
    }

    // MARK: verify

    private static let queries = Option<Int>(
        "queries", default: 1000, in: 0...1_000_000, "Listeners to measure recall with; 0 leaves it out.")

    private struct Verification: Encodable {
        var path: String
        var isWhole: Bool
        var queries: Int
        var recall, claimedRecall: Double?
    }

    private static let verify = Command(
        "verify", "Compares all checksums and measures recall again, on listeners against exact search",
        arguments: [version, queries, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let index = try open(arguments, installation, verification: .checksums)
            let vectors = try sample(arguments[queries], of: index, installation.store())
            let claimed =
                vectors.isEmpty
                ? nil
                : index.calibration.recall(slack: index.defaultParameters(k: 10).slack ?? .infinity, k: 10)
            let report = Verification(
                path: index.path, isWhole: true, queries: vectors.count, recall: recall(of: index, on: vectors),
                claimedRecall: claimed)
            if arguments[CommonOptions.json] { return try Output.json(report) }
            print("\(index.path) is whole: \(index.facts().sections.count) parts, every checksum fits")
            guard let found = report.recall else {
                return print("Recall was not measured: the store has no listener of model \(index.modelVersion)")
            }
            print(
                "recall@10 on \(HumanText.count(vectors.count)) listeners: \(HumanText.fixed(found, digits: 4))"
                    + (claimed.map { ", the file says \(HumanText.fixed($0, digits: 4))" } ?? ""))
        }
    }

    /// The vectors of some listeners of the index's model, spread over all of them (reservoir sampling, fixed seed).
    private static func sample(_ count: Int, of index: IVFIndex, _ store: any DocumentStore) throws -> [[Float]] {
        var chosen: [[Float]] = []
        var seen: UInt64 = 0
        guard count > 0 else { return chosen }
        try store.forEachUserVector(modelVersion: index.modelVersion) { _, vector in
            guard vector.count == index.dimension else { return }
            seen += 1
            if chosen.count < count { return chosen.append(vector) }
            // A multiplicative hash of the place is as good as a random number here, and the same every time.
            let place = Int((seen &* 0x9E37_79B9_7F4A_7C15 >> 11) % seen)
            if place < count { chosen[place] = vector }
        }
        return chosen
    }

    /// Share of the exact best ten that the default search finds, mean over the queries; nil without one.
    private static func recall(of index: IVFIndex, on queries: [[Float]]) -> Double? {
        guard !queries.isEmpty else { return nil }
        let k = min(10, index.count)
        var found = 0
        for query in queries {
            let exact = Set(index.search(query: query, k: k, parameters: .exact).map(\.item))
            found += index.search(query: query, k: k).count { exact.contains($0.item) }
        }
        return Double(found) / Double(queries.count * k)
    }
}
