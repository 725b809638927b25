import Domain
import ServiceKit
import Storage
import Training

/// `segue similar`: the lists of similar songs, made anew or looked up.
enum SimilarCommand {
    private static let song = OptionalPositional<String>(
        "song", "A song whose list is printed instead; the lists of all songs are made anew if left out.")
    private static let count = OptionalOption<Int>(
        "count", in: 1...1_000, absence: "train.similar_songs", "Songs a list.")

    private struct Answer: Encodable {
        struct Neighbor: Encodable {
            var id: String
            var cosine: Float
        }
        var modelVersion: String?
        var song: String
        var similar: [Neighbor]
    }

    private struct Done: Encodable {
        var modelVersion: String
        var songs: Int
    }

    static let command = Command(
        "similar", "Finds for every song of the current model those most like it, and writes them to the store",
        discussion: """
            segue train does so after it has published. With a SONG it prints that song's list as the store has it.
            """,
        examples: [
            .init("segue similar --count 100", "longer lists, until the next training"),
            .init("segue similar song-17", "what is like song-17"),
        ],
        arguments: [song, count, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let store = try installation.store()
            if let id = arguments[song] { return try show(id, of: store, asJSON: arguments[CommonOptions.json]) }
            var options = TrainingOptions(installation.configuration)
            // Zero says that trainings make none; who asks for them by name wants some.
            let length = options.similarSongs > 0 ? options.similarSongs : TrainingOptions().similarSongs
            options.similarSongs = arguments[count] ?? length
            let lists = try SimilarSongLists(
                documents: store, models: try installation.models(), options: options)
            let record = try lists.writeCurrent(
                observer: TrainingProgress(), until: try CommonOptions.stopOnSignals())
            let done = Done(modelVersion: record.manifest.version, songs: record.manifest.items)
            if arguments[CommonOptions.json] { return try Output.json(done) }
            Message.show("Lists of \(HumanText.count(done.songs)) songs of model \(done.modelVersion) are in the store")
        }
    }

    private static func show(_ id: String, of store: any DocumentStore, asJSON: Bool) throws {
        guard let list = try store.similarSongs(to: id) else {
            throw StorageError(.notFound, "the store has no songs similar to \(id): segue similar makes the lists")
        }
        if asJSON {
            return try Output.json(
                Answer(
                    modelVersion: try store.similarSongsModelVersion(), song: id,
                    similar: list.neighbors.map { .init(id: $0.trackID, cosine: $0.cosine) }))
        }
        let songs = try store.songs(ids: list.neighbors.map(\.trackID))
        let known = Dictionary(songs.map { ($0.trackID, $0) }) { first, _ in first }
        var table = Table([("cosine", .right), ("song", .left), ("title", .left), ("artist", .left)])
        for neighbor in list.neighbors {
            let song = known[neighbor.trackID]
            table.append([
                HumanText.fixed(Double(neighbor.cosine), digits: 3), neighbor.trackID, song?.title ?? "–",
                song?.artist ?? "–",
            ])
        }
        print(table.render(width: max(80, Terminal.standardOutput.width)), terminator: "")
    }
}
