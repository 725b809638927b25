import Domain
import Learning
import ServiceKit
import Storage

extension IndexCommand {
    private static let user = OptionalOption<String>("user", valueName: "ID", "Listener to find songs for.")
    private static let song = OptionalOption<String>("song", valueName: "ID", "Song to find neighbours of, by cosine.")
    private static let limit = Option<Int>("limit", short: "k", default: 10, in: 1...1000, "How many to find.")
    private static let isExact = Flag("exact", "Reads until the answer is certain, instead of the recall aimed at.")

    private struct Hit: Encodable {
        var rank: Int
        var id: String
        var title, artist: String?
        var score: Float
    }

    private struct Answer: Encodable {
        var modelVersion: String
        var microseconds: Double
        var hits: [Hit]
    }

    static let search = Command(
        "search", "Finds the best songs for a listener, or the neighbours of a song",
        arguments: [version, user, song, limit, isExact, CommonOptions.json]
    ) { arguments in
        guard (arguments[user] == nil) != (arguments[song] == nil) else {
            throw UsageError("give either --user ID or --song ID", command: "segue index search")
        }
        try CommonOptions.withInstallation(arguments) { installation in
            let index = try open(arguments, installation, verification: .structure)
            let store = try installation.store()
            let (hits, elapsed) = try find(arguments, in: index, store)
            let ids = hits.map { index.id(of: $0.item) }
            let songs = Dictionary(try store.songs(ids: ids).map { ($0.trackID, $0) }) { first, _ in first }
            let rows = zip(hits, ids).enumerated().map { place, hit in
                Hit(
                    rank: place + 1, id: hit.1, title: songs[hit.1]?.title, artist: songs[hit.1]?.artist,
                    score: hit.0.score)
            }
            try show(Answer(modelVersion: index.modelVersion, microseconds: elapsed, hits: rows), arguments)
        }
    }

    /// The hits and the microseconds the search took, its first run (which touches the mapped pages) not counted.
    private static func find(
        _ arguments: ParsedArguments, in index: IVFIndex, _ store: any DocumentStore
    ) throws -> ([SearchHit], Double) {
        let scratch = SearchScratch()
        let parameters: IVFSearchParameters? = arguments[isExact] ? .exact : nil
        let run: () -> Void
        if let id = arguments[song] {
            guard let item = index.item(forID: id) else {
                throw StorageError(.notFound, "song \(id) is not in model \(index.modelVersion)")
            }
            run = { index.neighbors(of: item, k: arguments[limit], parameters: parameters, scratch: scratch) }
        } else {
            let vector = try vector(of: arguments[user] ?? "", for: index, store)
            run = {
                vector.withUnsafeBufferPointer {
                    index.search(query: $0, k: arguments[limit], parameters: parameters, scratch: scratch)
                }
            }
        }
        run()
        let began = MonotonicTime.now
        run()
        return (scratch.hits, began.elapsed.secondCount * 1e6)
    }

    /// The listener's vector of the index's model: another model's says nothing here.
    private static func vector(of id: String, for index: IVFIndex, _ store: any DocumentStore) throws -> [Float] {
        guard let user = try store.user(id: id) else {
            throw StorageError(.notFound, "there is no listener \(id)")
        }
        guard let fitting = user.vector(ofModel: index.modelVersion), fitting.values.count == index.dimension else {
            throw StorageError(
                .notFound, "listener \(id) has no vector of model \(index.modelVersion): they are new, or it is old")
        }
        return fitting.values
    }

    private static func show(_ answer: Answer, _ arguments: ParsedArguments) throws {
        if arguments[CommonOptions.json] { return try Output.json(answer) }
        var table = Table([("", .right), ("song", .left), ("title", .left), ("artist", .left), ("score", .right)])
        for hit in answer.hits {
            table.append([
                "\(hit.rank)", hit.id, hit.title ?? "–", hit.artist ?? "–",
                HumanText.fixed(Double(hit.score), digits: 4),
            ])
        }
        print(table.render(), terminator: "")
        print("\(HumanText.fixed(answer.microseconds, digits: 1)) µs, model \(answer.modelVersion)")
    }
}
