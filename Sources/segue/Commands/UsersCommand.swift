import ServiceKit
import Storage

/// `segue users`: listeners.
enum UsersCommand {
    static let command = Command("users", "Forgets listeners", subcommands: [forget])

    private static let userID = Positional<String>("id", "Id of the listener.")

    private struct Report: Encodable {
        var userID: String
        var rows: Int64
        var files: Int
        var version: Int64?
    }

    private static let forget = Command(
        "forget", "Removes a listener from store and lake",
        discussion: """
            Taste, name and recent listens go at once; the files of the lake that hold the listener's listens are written
            anew without them. Past versions of the lake hold them until `segue lake vacuum` removes their files. Listens that
            are in the log and not in the lake yet are removed by a running `segue serve` or `segue up` when they have
            arrived. Play counts stay: they name nobody. DELETE /users/ID does the same.
            """,
        examples: [.init("segue users forget ann", "forgets ann")], arguments: [userID, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let id = arguments[userID]
            let (store, lake, now) = (try installation.store(), try installation.deltaLake(), SystemWallClock().now)
            // Noted first: what fails after this is made good by whoever serves.
            try store.addForgetting(ForgettingRequest(userID: id, requestedAt: now))
            try store.removeUser(id: id)
            try store.removeRecentListens(userID: id, now: now)
            try store.removeRatings(userID: id, now: now)
            let report = try lake.removeListens(of: id, until: try CommonOptions.stopOnSignals())
            if arguments[CommonOptions.json] {
                return try Output.json(
                    Report(userID: id, rows: report.rowCount, files: report.fileCount, version: report.version))
            }
            print(
                "Removed \(id): \(HumanText.count(report.rowCount)) listens in \(HumanText.count(report.fileCount)) files of the lake"
            )
        }
    }
}
