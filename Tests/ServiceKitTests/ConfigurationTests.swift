import ServiceKit
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    enum Mode: String, SettingChoice { case fast, slow }

    private static let factors = ConfigurationKey("train", "factors", default: 64, in: 8...512, "Latent factors.")
    private static let rate = ConfigurationKey("train", "half_life", default: Duration.seconds(86_400), "Half-life.")
    private static let mode = ConfigurationKey("train", "mode", default: Mode.fast, "How.")
    private static let weight = ConfigurationKey("serve", "weight", default: 0.7, in: 0...1, "Share of the user.")
    private static let hosts = ConfigurationKey("serve", "hosts", default: ["a", "b"], "Hosts.")
    private static let cache = ConfigurationKey("serve", "cache", default: ByteCount.mebibytes(64), "Cache.")
    private static let isOpen = ConfigurationKey("serve", "open", default: false, "Whether.")
    private static let name = ConfigurationKey(
        "serve", "name", default: "x", "Name.", allowed: "text without spaces"
    ) { !$0.contains(" ") }

    private static let schema = ConfigurationSchema(
        header: "Test.",
        [
            .init("train", "Learning.", [factors, rate, mode]),
            .init("serve", "Serving.", [weight, hosts, cache, isOpen, name]),
        ])

    private func load(
        _ text: String?, environment: [String: String] = [:], overrides: [String: String] = [:]
    ) throws -> Configuration {
        try withTemporaryDirectory { directory in
            let path = try text.map { try directory.write("segue.json5", $0) }
            return try Configuration.load(
                schema: Self.schema, file: path, environment: environment, prefix: "SEGUE", overrides: overrides)
        }
    }

    private func complaint(
        _ text: String?, environment: [String: String] = [:], overrides: [String: String] = [:]
    ) -> String {
        let error = #expect(throws: ServiceKitError.self) {
            try load(text, environment: environment, overrides: overrides)
        }
        return error?.reason ?? ""
    }

    @Test func defaultsHoldWhenNothingIsSaid() throws {
        let configuration = try load(nil)
        #expect(configuration[Self.factors] == 64)
        #expect(configuration[Self.hosts] == ["a", "b"])
        #expect(configuration.source(of: Self.factors) == .standard)
    }

    @Test func fileThenEnvironmentThenCommandLineWin() throws {
        let configuration = try load(
            "{train: {factors: 32, half_life: '12h', mode: 'slow'},\nserve: {weight: 1, cache: '1GiB', open: true}}",
            environment: ["SEGUE_SERVE_WEIGHT": "0.25", "SEGUE_SERVE_HOSTS": "c, d", "SEGUE_BIN": "x", "PATH": ""],
            overrides: ["train.factors": "16"])
        #expect(configuration[Self.factors] == 16)
        #expect(configuration[Self.rate] == .seconds(43_200))
        #expect(configuration[Self.mode] == .slow)
        #expect(configuration[Self.weight] == 0.25)
        #expect(configuration[Self.hosts] == ["c", "d"])
        #expect(configuration[Self.cache] == .mebibytes(1024))
        #expect(configuration[Self.isOpen])
        #expect(configuration.source(of: Self.factors) == .commandLine)
        #expect(configuration.source(of: Self.weight) == .environment("SEGUE_SERVE_WEIGHT"))
        guard case .file(let path, let line) = configuration.source(of: Self.cache) else {
            Issue.record("not from the file")
            return
        }
        #expect(path.hasSuffix("segue.json5") && line == 2)
    }

    @Test(arguments: [
        ("{trian: {}}", ":1:2: ", "Did you mean \"train\"?"),
        ("{train: {\n factor: 1}}", ":2:2: ", "Did you mean \"factors\"?"),
        ("{train: {weight: 1}}", ":1:10: ", "Did you mean \"serve.weight\"?"),
        ("{train: {factors: 7}}", "train.factors is the number 7", "allowed is a whole number, 8 … 512"),
        ("{train: {factors: 64.5}}", "the number 64.5", "a whole number"),
        ("{train: {factors: '64'}}", "the text \"64\"", "a whole number"),
        ("{train: {half_life: 5}}", "train.half_life", "a duration such as"),
        ("{train: {half_life: '5 parsecs'}}", "parsecs", "a duration such as"),
        ("{train: {mode: 'fats'}}", "fats", "one of fast, slow"),
        ("{serve: {hosts: [1]}}", "serve.hosts is a list", "a list, each of it text"),
        ("{serve: {open: 'yes'}}", "serve.open", "true or false"),
        ("{serve: {name: 'a b'}}", "serve.name", "text without spaces"),
        ("{serve: 3}", "must be", "the number 3"), ("[1]", ":1:1: ", "section"),
    ])
    func wrongFilesSayWhereAndWhatIsAllowed(_ text: String, _ place: String, _ words: String) {
        let reason = complaint(text)
        #expect(reason.contains("segue.json5:"))
        #expect(reason.contains(place), "\(reason)")
        #expect(reason.contains(words), "\(reason)")
    }

    @Test func wrongVariablesAndOverridesSayWhatIsAllowed() {
        #expect(
            complaint(nil, environment: ["SEGUE_TRAIN_FACTORS": "many"]).contains("SEGUE_TRAIN_FACTORS is \"many\""))
        #expect(
            complaint(nil, environment: ["SEGUE_TRAIN_FACTOR": "9"]).contains("Did you mean \"SEGUE_TRAIN_FACTORS\"?"))
        #expect(complaint(nil, overrides: ["train.factor": "9"]).contains("Did you mean \"train.factors\"?"))
        #expect(complaint(nil, overrides: ["serve.weight": "2"]).contains("0.0 … 1.0"))
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: ServiceKitError.self) {
            try Configuration.load(
                schema: Self.schema, file: "/nowhere/segue.json5", environment: [:], prefix: "SEGUE")
        }
        #expect(error?.reason == "cannot open /nowhere/segue.json5: No such file or directory")
    }

    @Test func thePrintedDefaultFileReadsBackAsTheDefaults() throws {
        let text = Self.schema.defaultFile
        #expect(
            text.hasPrefix(
                "// Test.\n{\n  // Learning.\n  train: {\n    // Latent factors. (a whole number, 8 … 512)\n"))
        let read = try load(text)
        #expect(read.text == text)
        #expect(read[Self.cache] == .mebibytes(64))
    }

    @Test func durationsAndSizesAreWrittenInTheLargestWholeUnit() {
        for text in ["500ms", "30s", "5m", "2h", "7d", "90s", "0s", "250us"] {
            #expect(Duration(text: text)?.text == text)
        }
        #expect(Duration(text: "1.5h") == .seconds(5400))
        #expect(Duration(text: "-5s") == nil && Duration(text: "5") == nil && Duration(text: "nans") == nil)
        for text in ["0", "4097", "64KiB", "3MiB", "2TiB"] { #expect(ByteCount(text: text)?.text == text) }
        #expect(ByteCount(text: "1.5KiB") == 1536)
        #expect(ByteCount(text: "1.5") == nil && ByteCount(text: "-1KiB") == nil && ByteCount(text: "9 lives") == nil)
    }
}
