import Domain
import ServiceKit
import Storage

extension LakeCommand {
    private struct Recount: Encodable {
        var version: Int64?
        var songs: Int
        var plays: Int64
    }

    /// `segue lake recount`.
    static let recount = Command(
        "recount", "Counts all plays anew from the lake: after it was made anew, or to mend the counts",
        discussion: """
            A store counts one lake, and says so when it meets another. This replaces plays_cumulative and plays_7d of
            every song by what the lake holds now; ingest may go on, and counts what comes after.
            """,
        arguments: [CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let today = EventDay(epochMilliseconds: SystemWallClock().now)
            let plays = try installation.deltaLake().allPlays(today: today)
            // Without a lake nothing was played: the next one begins at its first commit.
            try installation.store().recount(plays ?? CommitPlays(lakeVersions: [], plays: [:]), today: today)
            let songs = plays?.plays ?? [:]
            let total = songs.values.reduce(Int64(0)) { $0 + $1.values.reduce(0, +) }
            if arguments[CommonOptions.json] {
                return try Output.json(Recount(version: plays?.lakeVersions.first, songs: songs.count, plays: total))
            }
            print(
                "Counted \(HumanText.count(total)) plays of \(HumanText.count(songs.count)) songs"
                    + ((plays?.lakeVersions.first).map { ", as of version \($0)" } ?? "; there is no lake"))
        }
    }
}
