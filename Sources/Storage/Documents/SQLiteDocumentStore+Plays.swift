public import Domain
import SQLite

extension SQLiteDocumentStore {
    /// Adds the commits' plays and their markers in one transaction, which also holds off every other process meanwhile.
    ///
    /// - Complexity: O(song-days · log(songs)).
    public func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        try write { connection in
            try claim(plays.lakeID, connection)
            let floor = try connection.first("SELECT version FROM ingest_floor") { $0.int64(at: 0) } ?? 0
            // All are looked for before the first is set: what returns false must not leave a marker behind.
            for version in plays.lakeVersions {
                let known = try connection.first(
                    "SELECT 1 FROM ingest_commits WHERE version = ?1", [.integer(version)]
                ) { $0.int64(at: 0) }
                guard version >= floor, known == nil else { return false }
            }
            for version in plays.lakeVersions {
                try connection.run("INSERT INTO ingest_commits VALUES (?1)", [.integer(version)])
            }
            try addPlays(plays.plays, today: today, to: connection)
            return true
        }
    }

    /// Makes the lake the one that is counted, or refuses it.
    private func claim(_ lakeID: String?, _ connection: Connection) throws {
        guard let lakeID else { return }
        let counted = try connection.first("SELECT lake_id FROM ingest_floor") { $0.optionalString(at: 0) } ?? nil
        if let counted, counted != lakeID {
            throw StorageError.otherLake(lakeID, counted: counted, place: pool.writer.path)
        }
        guard counted == nil else { return }
        try connection.run("UPDATE ingest_floor SET lake_id = ?1", [.text(lakeID)])
    }

    /// Identity of the lake whose plays are counted.
    public func countedLakeID() throws -> String? {
        try rows("SELECT lake_id FROM ingest_floor") { $0.optionalString(at: 0) }.first ?? nil
    }

    /// Replaces all play counts in one transaction.
    public func recount(_ plays: CommitPlays, today: EventDay) throws {
        try write { connection in
            try connection.run("UPDATE songs SET plays_7d = 0, plays_cumulative = 0 WHERE plays_cumulative <> 0")
            try connection.run("DELETE FROM plays_daily")
            try connection.run("DELETE FROM ingest_commits")
            try connection.run(
                "UPDATE ingest_floor SET version = ?1, lake_id = ?2",
                [.integer((plays.lakeVersions.max() ?? -1) + 1), plays.lakeID.map { .text($0) } ?? .null])
            try addPlays(plays.plays, today: today, to: connection)
        }
    }

    private func addPlays(_ plays: [String: [EventDay: Int64]], today: EventDay, to connection: Connection) throws {
        let recent = RecentPlays(today: today)
        // A row a statement: one of many rows keeps the pages it changes twice, in case it has to be undone alone.
        let addToSong = """
            INSERT INTO songs (_id, plays_7d, plays_cumulative) VALUES (?1, ?2, ?3)
            ON CONFLICT (_id) DO UPDATE SET
                plays_7d = plays_7d + excluded.plays_7d,
                plays_cumulative = plays_cumulative + excluded.plays_cumulative
            """
        let addToDay = """
            INSERT INTO plays_daily (song_id, day, plays) VALUES (?1, ?2, ?3)
            ON CONFLICT (song_id, day) DO UPDATE SET plays = plays + excluded.plays
            """
        try connection.withStatement(addToSong) { song in
            try connection.withStatement(addToDay) { bucket in
                // In order of id, neighbours share pages of both tables' trees.
                for (trackID, days) in plays.sorted(by: { $0.key < $1.key }) {
                    try song.bind(trackID, at: 1)
                    try song.bind(recent.sum(days), at: 2)
                    try song.bind(days.values.reduce(0, +), at: 3)
                    try song.run()
                    for (day, count) in days where recent.keeps(day) {
                        try bucket.bind(trackID, at: 1)
                        try bucket.bind(Int64(day.daysSinceEpoch), at: 2)
                        try bucket.bind(count, at: 3)
                        try bucket.run()
                    }
                }
            }
        }
    }

    /// Versions below this one are all applied.
    public func appliedCommitsFloor() throws -> Int64 { try number("SELECT version FROM ingest_floor") }

    /// Markers at or above `version`, ascending.
    public func appliedCommits(from version: Int64) throws -> [Int64] {
        try rows("SELECT version FROM ingest_commits WHERE version >= ?1 ORDER BY version", [.integer(version)]) {
            $0.int64(at: 0)
        }
    }

    /// Raises the floor to `version`, never lowers it, and drops the markers below.
    public func setAppliedCommitsFloor(_ version: Int64) throws {
        try write { connection in
            try connection.run("UPDATE ingest_floor SET version = max(version, ?1)", [.integer(version)])
            try connection.run("DELETE FROM ingest_commits WHERE version < ?1", [.integer(version)])
        }
    }

    /// Makes every `plays_7d` the sum of its window and drops the buckets nobody needs any more.
    ///
    /// - Complexity: O(songs + buckets); rows whose sum did not change are not written.
    public func refreshRecentPlays(today: EventDay) throws {
        let recent = RecentPlays(today: today)
        try write { connection in
            try connection.run(
                "DELETE FROM plays_daily WHERE day < ?1", [.integer(Int64(recent.oldestKept.daysSinceEpoch))])
            try connection.run(
                """
                UPDATE songs SET plays_7d = fresh.plays
                FROM (
                    SELECT songs.rowid AS row, coalesce(recent.plays, 0) AS plays
                    FROM songs LEFT JOIN (
                        SELECT song_id, sum(plays) AS plays FROM plays_daily WHERE day BETWEEN ?1 AND ?2
                        GROUP BY song_id) AS recent ON recent.song_id = songs._id
                    WHERE songs.plays_7d <> coalesce(recent.plays, 0)) AS fresh
                WHERE songs.rowid = fresh.row
                """,
                [
                    .integer(Int64(recent.window.lowerBound.daysSinceEpoch)),
                    .integer(Int64(recent.window.upperBound.daysSinceEpoch)),
                ])
        }
    }
}
