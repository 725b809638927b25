// swift-tools-version: 6.2
// Segue: the modules by floor (docs/design.md §4). A module imports only floors below its own;
// `scripts/check-imports` holds this file and the sources to that table.
import PackageDescription

/// One settings array for every Swift target.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func systemLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "segue",
    products: [.executable(name: "segue", targets: ["segue"])],
    targets: [
        // MARK: floor 0 — C
        systemLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra"])]),
        systemLibrary("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        systemLibrary("CMongoC", pkgConfig: "libmongoc-1.0", apt: "libmongoc-dev"),
        .target(name: "CParquetKernels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra"])]),
        systemLibrary("CRdKafka", pkgConfig: "rdkafka", apt: "librdkafka-dev"),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        systemLibrary("CSnappy", pkgConfig: "snappy", apt: "libsnappy-dev"),
        systemLibrary("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        .target(
            name: "CWebAssets", path: "Sources/Serving/Web",
            exclude: ["index.html", "admin.html", "icon.svg", "openapi.json", "app", "admin", "styles"]),
        systemLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        systemLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),

        // MARK: floor 1 — nothing of music
        module("ServiceKit", ["CZlib"], exclude: ["README.md"]),

        // MARK: floor 2 — one thing each
        module("HTTPServer", ["CMicroHTTPD", "ServiceKit"]),
        module("Kafka", ["CRdKafka", "ServiceKit"]),
        module("Learning", ["CKernels", "ServiceKit"]),
        module("Mongo", ["CMongoC", "ServiceKit"]),
        module("ObjectStore", ["CCurl", "ServiceKit"]),
        module("Parquet", ["CParquetKernels", "CSnappy", "CZstd", "ServiceKit"]),
        module("SQLite", ["CSQLite", "ServiceKit"]),
        module("Sodium", ["CSodium"]),

        // MARK: floor 3 — the words of the trade
        module("DeltaTable", ["Parquet", "ObjectStore", "ServiceKit"]),
        module("Domain", ["ServiceKit"]),

        // MARK: floor 4 — who stores what where
        module(
            "Storage",
            ["DeltaTable", "Domain", "Kafka", "Learning", "Mongo", "ObjectStore", "Parquet", "SQLite", "ServiceKit"]),

        // MARK: floor 5 — the daemons
        module("Ingestion", ["Domain", "Storage", "ServiceKit"]),
        module(
            "Serving", ["CWebAssets", "Domain", "HTTPServer", "Learning", "Sodium", "Storage", "ServiceKit"],
            exclude: ["Web"]),
        module("Simulation", ["Domain", "Storage", "ServiceKit"], exclude: ["README.md"]),
        module("Training", ["Domain", "Learning", "ObjectStore", "Parquet", "Storage", "ServiceKit"]),

        // MARK: floor 6 — wiring
        .executableTarget(
            name: "segue",
            dependencies: [
                "DeltaTable", "Domain", "HTTPServer", "Ingestion", "Learning", "Serving", "ServiceKit", "Simulation",
                "Storage", "Training",
            ],
            swiftSettings: settings),

        // MARK: tests and benchmarks
        .target(
            name: "TestSupport", dependencies: ["ServiceKit"], path: "Tests/TestSupport", swiftSettings: settings),
        .executableTarget(
            name: "mock-kafka", dependencies: ["Kafka", "ServiceKit"], path: "Tests/MockKafka", swiftSettings: settings),
        tests("DeltaTable", ["ObjectStore", "Parquet"]),
        tests("Domain", []),
        tests("HTTPServer", []),
        tests("Ingestion", ["Domain", "Storage"]),
        tests("Kafka", []),
        tests("Learning", ["CKernels"]),
        tests("Mongo", []),
        tests("ObjectStore", []),
        tests("Parquet", ["CParquetKernels"]),
        tests("SQLite", []),
        tests("ServiceKit", []),
        tests("Sodium", []),
        tests("Serving", ["Domain", "HTTPServer", "Learning", "Storage"]),
        tests("Simulation", ["Domain", "Storage"]),
        tests(
            "Storage",
            ["DeltaTable", "Domain", "Kafka", "Learning", "Mongo", "ObjectStore", "Parquet", "SQLite"]),
        tests("Training", ["Domain", "Learning", "Storage"]),
        tests("segue", ["ServiceKit"]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Domain", "HTTPServer", "Ingestion", "Kafka", "Learning", "Parquet", "Serving", "ServiceKit",
                "Simulation",
                "Storage", "Training",
            ],
            path: "Benchmarks", exclude: ["README.md"], swiftSettings: settings),
    ]
)
