import ServiceKit

/// `segue config`: what is in force, or the default file.
enum ConfigCommand {
    private static let isDefault = Flag("default", "Prints the default file: every key with its default and a comment.")

    static let command = Command(
        "config", "Prints the configuration in force, every key explained",
        discussion: "Precedence: command line, environment (SEGUE_SECTION_KEY), file, default.",
        examples: [.init("segue config --default > config/segue.json5", "a file to start from")],
        arguments: [isDefault]
    ) { arguments in
        guard !arguments[isDefault] else { return print(Settings.schema.defaultFile, terminator: "") }
        print(try CommonOptions.configuration(arguments).text, terminator: "")
    }
}
