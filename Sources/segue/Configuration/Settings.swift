import ServiceKit
import Training

/// Every setting of Segue: `config/segue.json5` is printed from here (`segue config --default`).
enum Settings {
    /// All sections, in the order in which a person reads them.
    static let schema = ConfigurationSchema(
        header: """
            Segue's configuration: every key with its default. Keys may be left out.
            Override any of them by environment, SEGUE_SECTION_KEY (SEGUE_SERVE_PORT=9090), or by
            --set section.key=value on the command line. `segue config` prints what is in force.
            """,
        [
            .init("log", "The event log: where listens arrive.", [Log.uri, Log.partitions, Log.retention]),
            .init("store", "Songs, users, play counts, models.", [Store.uri]),
            .init("lake", "The lake of all listens: a Delta table of Parquet files.", [Lake.uri]),
            .init("models", "Files of trained models.", [Models.path, Models.kept]),
            .init(
                "ingest", "From the log to the lake and the play counts.",
                [
                    Ingest.group, Ingest.batchEvents, Ingest.batchTime, Ingest.batchBytes, Ingest.maximumCommitsBehind,
                    Ingest.countInterval, Ingest.recentListens, Ingest.duplicateReach,
                ]),
            .init("train", "From the lake to a model.", Train.keys),
            .init("serve", "The REST API and the web app.", Serve.keys),
            .init(
                "simulate", "Listeners that behave like people.",
                [Simulate.users, Simulate.songs, Simulate.daysBack, Simulate.rate, Simulate.seed]),
            .init("logging", "What the daemons say on standard error.", [Logging.level, Logging.format]),
        ])

    enum Log {
        static let uri = ConfigurationKey(
            "log", "uri", default: "sqlite:data/events.db",
            "sqlite:PATH, or kafka://HOST:PORT,…/TOPIC?librdkafka.property=value.")
        static let partitions = ConfigurationKey(
            "log", "partitions", default: 8, in: 1...10_000, "Partitions of the topic when it is made.")
        static let retention = ConfigurationKey(
            "log", "retention", default: Duration.seconds(7 * 86_400), in: .zero...Duration.seconds(3650 * 86_400),
            "How long a sqlite: log keeps what the lake has; 0s for ever. Kafka has its own.")
    }

    enum Store {
        static let uri = ConfigurationKey(
            "store", "uri", default: "sqlite:data/segue.db",
            "sqlite:PATH, or mongodb://HOST/DATABASE?replicaSet=NAME (a replica set, also of one node).")
    }

    enum Lake {
        static let uri = ConfigurationKey(
            "lake", "uri", default: "file:data/lake/raw/logs",
            "file:PATH, or s3://BUCKET/PREFIX (credentials from AWS_* variables).")
    }

    enum Models {
        static let path = ConfigurationKey("models", "path", default: "data/models", "Folder of the model files.")
        static let kept = ConfigurationKey(
            "models", "kept", default: 5, in: 2...1000, "Models whose files are kept, the current one among them.")
    }

    enum Ingest {
        static let group = ConfigurationKey(
            "ingest", "group", default: "segue-ingest", "Consumer group the ingest daemons share.")
        static let batchEvents = ConfigurationKey(
            "ingest", "batch_events", default: 100_000, in: 1...10_000_000, "A batch is committed at this many events …"
        )
        static let batchTime = ConfigurationKey(
            "ingest", "batch_time", default: Duration.seconds(5), in: .milliseconds(10)...Duration.seconds(3600),
            "… or when it is this old …")
        static let batchBytes = ConfigurationKey(
            "ingest", "batch_bytes", default: ByteCount.mebibytes(64), in: .mebibytes(1)...ByteCount.mebibytes(4096),
            "… or took in this much JSON.")
        static let maximumCommitsBehind = ConfigurationKey(
            "ingest", "maximum_commits_behind", default: 64, in: 1...100_000,
            "Commits whose play counts may wait for a store that is down.")
        static let countInterval = ConfigurationKey(
            "ingest", "count_interval", default: Duration.seconds(2), in: .zero...Duration.seconds(60),
            "While ingest catches up, plays are summed this long before they are counted; 0s: never.")
        static let recentListens = ConfigurationKey(
            "ingest", "recent_listens", default: 50, in: 0...1000,
            "Newest listens of each listener that recommendations follow at once; 0: none.")
        static let duplicateReach = ConfigurationKey(
            "ingest", "duplicate_reach", default: 500_000, in: 0...100_000_000,
            "Listens a daemon remembers, to count none twice that was sent twice; 0: none.")
    }

    enum Simulate {
        static let users = ConfigurationKey("simulate", "users", default: 2000, in: 1...50_000_000, "Listeners.")
        static let songs = ConfigurationKey("simulate", "songs", default: 2000, in: 2...50_000_000, "Songs.")
        static let daysBack = ConfigurationKey(
            "simulate", "days_back", default: 60, in: 1...3650, "Days to fill, ending today.")
        static let rate = ConfigurationKey(
            "simulate", "rate", default: 20.0, in: 0.01...1_000_000, "Events a second of live traffic.")
        static let seed = ConfigurationKey(
            "simulate", "seed", default: 1, in: 0...Int.max, "Same seed, same catalogue, listeners and listens.")
    }

    enum Logging {
        static let level = ConfigurationKey(
            "logging", "level", default: LogLevel.notice, "Least important level that is written.")
        static let format = ConfigurationKey(
            "logging", "format", default: LogFormat.text, "text for people, json for machines.")
    }
}
