import Domain
import Glibc
public import ServiceKit

extension SimulationTruth {
    /// Users whose best songs are written; all users times all songs would be more than anybody reads.
    public static let exportedUserLimit = 1000

    /// Writes the truth into a folder, which is made if it is not there:
    ///
    /// - `truth.json`: seed, day, the rates of behaviour and the names of the components
    /// - `users.csv`: `user_id,activity` and a column with the share of each component
    /// - `songs.csv`: `track_id,artist_id,popularity,release_date,memberships`; memberships are `component:share` between
    ///   semicolons
    /// - `best.csv`: `user_id,rank,track_id,probability,affinity`, the 20 most probable songs of the first 1,000 users
    ///
    /// - Throws: when the folder or a file cannot be written.
    public func export(to folder: String, until stop: StopSignal = StopSignal()) throws {
        if mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw ServiceKitError.system("cannot make the folder \(folder)", errorNumber: errno)
        }
        try AtomicFile.write(text: description, to: "\(folder)/truth.json")
        try AtomicFile.write(userTable(until: stop), to: "\(folder)/users.csv")
        try AtomicFile.write(songTable(until: stop), to: "\(folder)/songs.csv")
        try AtomicFile.write(bestTable(until: stop), to: "\(folder)/best.csv")
    }

    private var description: String {
        let names = (0..<componentCount).map { JSONText.string(componentName($0)) }
        return """
            {
              "seed": \(listening.catalogue.seed),
              "day": "\(day)",
              "users": \(listening.audience.count),
              "songs": \(listening.catalogue.songs.count),
              "artists": \(listening.catalogue.artists.count),
              "repeat_share": \(Listening.repeatShare),
              "chart_share": \(Listening.chartShare),
              "guest_share": \(Listening.guestShare),
              "components": [\(names.joined(separator: ", "))]
            }

            """
    }

    private func userTable(until stop: StopSignal) throws -> [UInt8] {
        let header = (0..<componentCount).map { "taste_\($0)" }.joined(separator: ",")
        var table = Array("user_id,activity,\(header)\n".utf8)
        for user in 0..<listening.audience.count {
            try Self.check(stop)
            let shares = taste(ofUser: user).map { HumanText.fixed($0, digits: 5) }.joined(separator: ",")
            let activity = HumanText.fixed(listening.audience.activities[user], digits: 4)
            table += "\(Audience.userID(user)),\(activity),\(shares)\n".utf8
        }
        return table
    }

    private func songTable(until stop: StopSignal) throws -> [UInt8] {
        var table = Array("track_id,artist_id,popularity,release_date,memberships\n".utf8)
        for (song, traits) in listening.catalogue.songs.enumerated() {
            try Self.check(stop)
            let memberships = (0..<Catalogue.Memberships.count).map { index in
                let membership = traits.memberships[index]
                return "\(membership.component):\(HumanText.fixed(membership.share, digits: 4))"
            }
            let popularity = HumanText.fixed(popularity(ofSong: song), digits: 8)
            let names = "\(Catalogue.trackID(song)),sim-a\(traits.artist + 1)"
            table += "\(names),\(popularity),\(traits.releaseDay),\(memberships.joined(separator: ";"))\n".utf8
        }
        return table
    }

    private func bestTable(until stop: StopSignal) throws -> [UInt8] {
        var table = Array("user_id,rank,track_id,probability,affinity\n".utf8)
        for user in 0..<min(listening.audience.count, Self.exportedUserLimit) {
            try Self.check(stop)
            for (index, best) in bestSongs(ofUser: user, count: 20).enumerated() {
                let probability = HumanText.fixed(best.probability, digits: 8)
                let affinity = HumanText.fixed(affinity(user: user, song: best.song), digits: 4)
                let track = Catalogue.trackID(best.song)
                table += "\(Audience.userID(user)),\(index + 1),\(track),\(probability),\(affinity)\n".utf8
            }
        }
        return table
    }

    private static func check(_ stop: StopSignal) throws {
        if stop.isStopped { throw ServiceKitError.stopped("writing the truth") }
    }
}
