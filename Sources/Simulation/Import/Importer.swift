import Domain
public import ServiceKit
public import Storage

/// Reads other people's listening data into the same log and catalogue that everything else uses.
///
/// Every layout is a few tables with a column mapping. A row that names a song is a song, a row that names a user is one
/// play or several; songs are upserted in batches, events are appended in order of time. A bad row is counted with its
/// reason and line and left out; only a file that is missing, unreadable or without the columns is an error. Used by one
/// thread at a time.
public final class Importer {
    private static let batchSize = 1000
    /// Shorter plays are skips, as the charts count them.
    static let skipMilliseconds: Int32 = 30_000
    /// A play of this share of the song is complete.
    static let completeShare = 0.9
    /// The earliest start that ingest accepts: 1970-01-02; smaller numbers are clocks that were never set.
    static let earliestTimestamp: Int64 = 86_400_000

    private let options: ImportOptions
    private var report: ImportReport
    private var events = ImportedEvents()
    private var songs: [Song] = []
    private var users: [User] = []
    private var file = ""

    /// Prepares an import; nothing is read yet.
    ///
    /// - Throws: when an option is out of its range.
    public init(options: ImportOptions) throws {
        try options.check()
        self.options = options
        report = ImportReport(layout: options.layout.rawValue, path: options.path)
    }

    /// Reads all and writes all. Call it once.
    ///
    /// - Parameter progress: told often, on the calling thread.
    /// - Returns: what was read, written and left out; everything told is durable.
    /// - Throws: when a file is missing, damaged or without a mapped column, or log or store fail. Being stopped is no
    ///   error: the report tells.
    public func run(
        log: any EventLog, store: any DocumentStore, until stop: StopSignal = StopSignal(),
        progress: (ImportProgress) -> Void = { _ in }
    ) throws -> ImportReport {
        let start = MonotonicTime.now
        let tables = try options.layout.tables(options)
        let producer = try log.makeProducer()
        do {
            for table in tables { try read(table, to: producer, store, until: stop, progress) }
            try writeEvents(to: producer, until: stop, progress)
            try writeDocuments(to: store)
        } catch let error as ServiceKitError where error.code == .stopped {
            report.wasStopped = true
            try writeDocuments(to: store)
        } catch {
            Simulator.closeAfterFailure(producer)
            throw error
        }
        try producer.close()
        report.tracksWithoutSong = events.tracksWithoutSong
        report.users = Int64(events.users.identifiers.count)
        report.seconds = start.elapsed.secondCount
        return report
    }

    private func read(
        _ table: ImportTable, to producer: any EventLogProducer, _ store: any DocumentStore, until stop: StopSignal,
        _ progress: (ImportProgress) -> Void
    ) throws {
        file = table.name
        let source = try ByteSource(path: table.path)
        let reader = DelimitedTextReader(source: source, dialect: table.dialect)
        let header = table.hasHeader ? try reader.header() : nil
        let columns = try table.mapping.resolve(header: header, file: table.path)
        try checkColumns(columns, header: header, of: table)
        let row = ImportRow(reader: reader, columns: columns)
        let needed = (columns.values.max() ?? 0) + 1
        var count = 0
        while try reader.next() {
            if count & 0x3ff == 0 {
                if stop.isStopped { throw ServiceKitError.stopped("the import") }
                progress(
                    ImportProgress(
                        stage: .reading, file: file, done: source.readByteCount, total: source.fileByteCount))
            }
            count += 1
            report.rows += 1
            do {
                try Self.checkShape(reader, needed: needed, header: header)
                try take(row, titleHoldsYear: table.titleHoldsYear)
            } catch let problem as RowProblem {
                report.reject(file: file, line: reader.line, problem.reason)
            }
            if songs.count >= Self.batchSize || users.count >= Self.batchSize { try writeDocuments(to: store) }
            if events.pendingCount >= options.sortedEventLimit {
                try writeEvents(to: producer, until: stop, progress)
            }
        }
        progress(
            ImportProgress(stage: .reading, file: file, done: source.fileByteCount, total: source.fileByteCount))
    }

    /// A file in which nothing is found is more likely a wrong mapping than an empty set.
    private func checkColumns(_ columns: [ColumnMapping.Field: Int], header: [String]?, of table: ImportTable) throws {
        let hasTrack = columns[.track] != nil || (columns[.title] != nil && columns[.artist] != nil)
        guard hasTrack else {
            let names = header.map { "Its columns are \($0.joined(separator: ", "))." } ?? "It has no header."
            throw SimulationError.invalid(
                "\(table.path): a column for track, or columns for title and artist, must be mapped. \(names) "
                    + "An example is track=track_id,title=track_name,artist=artist_name")
        }
        let hasTime = columns[.timestamp] != nil || columns[.end] != nil || columns[.plays] != nil
        guard columns[.user] == nil || hasTime else {
            throw SimulationError.invalid(
                "\(table.path): a listen needs a column for timestamp, end or plays besides user")
        }
    }

    private static func checkShape(_ reader: DelimitedTextReader, needed: Int, header: [String]?) throws {
        if let problem = reader.problem { throw RowProblem(reason: problem) }
        guard reader.fieldCount >= needed else { throw RowProblem(reason: "the row has too few columns") }
        if let header, reader.fieldCount > header.count { throw RowProblem(reason: "the row has too many columns") }
    }

    private func writeDocuments(to store: any DocumentStore) throws {
        if !songs.isEmpty { try store.upsertSongs(songs) }
        if !users.isEmpty { try store.upsertUsers(users) }
        report.songs += Int64(songs.count)
        report.songsWithoutTitle += Int64(songs.count { $0.title == nil })
        songs.removeAll(keepingCapacity: true)
        users.removeAll(keepingCapacity: true)
    }

    private func writeEvents(
        to producer: any EventLogProducer, until stop: StopSignal, _ progress: (ImportProgress) -> Void
    ) throws {
        try events.write(to: producer, until: stop, report: &report) { done, total in
            progress(ImportProgress(stage: .writing, file: file, done: Int64(done), total: Int64(total)))
        }
    }

    // MARK: - Rows

    private func take(_ row: ImportRow, titleHoldsYear: Bool) throws {
        let song = try song(of: row, titleHoldsYear: titleHoldsYear)
        // All of a row is read before any of it is kept, so that a row left out leaves nothing behind.
        let play = try play(of: row)
        let track = events.numberOfTrack(song.trackID)
        let describes = row.columns[.title] != nil || row.columns[.artist] != nil
        if describes, events.describe(track, duration: song.durationMilliseconds) { songs.append(song) }
        guard let play else { return }
        let (user, isNew) = events.numberOfUser(play.userID)
        if isNew { users.append(User(userID: play.userID, username: play.username)) }
        let known = song.durationMilliseconds ?? events.duration(of: track)
        let action = play.action ?? Self.action(played: play.played, total: known)
        var event = ImportedEvents.Event(
            timestamp: play.start ?? 0, user: user, track: track, duration: play.played ?? 0, totalDuration: known,
            action: action)
        guard play.start == nil else { return events.append(event) }
        let written = min(play.count, Int64(options.playCountLimit))
        report.playsOverLimit += play.count - written
        for number in 0..<written {
            event.timestamp = spreadTime(play.userID, song.trackID, Int(number))
            events.append(event)
        }
    }

    private func song(of row: ImportRow, titleHoldsYear: Bool) throws -> Song {
        let title = try row.line(.title)
        let artist = try row.line(.artist)
        let trackID: String
        if row.columns[.track] != nil {
            guard let given = try row.identifier(.track, prefix: options.idPrefix) else {
                throw RowProblem(reason: "track is empty")
            }
            trackID = given
        } else {
            guard let artist, let title else { throw RowProblem(reason: "title or artist is empty") }
            trackID = options.idPrefix + ValidIdentifier.trackID(artist: artist, title: title)
        }
        let artistID = try row.identifier(.artistID, prefix: options.idPrefix)
        return Song(
            trackID: trackID, title: title, artist: artist,
            artistID: artistID ?? artist.map { options.idPrefix + ValidIdentifier.artistID(ofName: $0) },
            durationMilliseconds: try row.milliseconds(.durationMilliseconds, .durationSeconds).flatMap {
                $0 > 0 ? $0 : nil
            },
            imageURL: try row.line(.imageURL), url: try row.line(.url),
            releaseDate: try row.day(.released) ?? (titleHoldsYear ? title.flatMap(Self.year(inTitle:)) : nil))
    }

    private struct Play {
        var userID: String
        var username: String?
        /// Nil when only the count is known.
        var start: Int64?
        var count: Int64
        var played: Int32?
        var action: EventAction?
    }

    private func play(of row: ImportRow) throws -> Play? {
        guard row.columns[.user] != nil else { return nil }
        guard let userID = try row.identifier(.user, prefix: options.idPrefix) else {
            throw RowProblem(reason: "user is empty")
        }
        let played = try row.milliseconds(.playedMilliseconds, .playedSeconds)
        let action = try row.action() ?? row.number(.rating).map(Self.action(rating:))
        let start = try row.start(played: played ?? 0)
        var count: Int64 = 1
        if let start {
            guard start >= Self.earliestTimestamp, start <= options.now else {
                throw RowProblem(
                    reason: start > options.now ? "the time lies in the future" : "the time lies before 1970-01-02")
            }
        } else {
            guard let plays = try row.number(.plays), plays >= 1, plays < 1e15 else {
                throw RowProblem(reason: "plays is no count above 0")
            }
            count = Int64(plays)
        }
        return Play(
            userID: userID, username: try row.line(.username), start: start, count: count, played: played,
            action: action)
    }

    // MARK: - Rules

    /// Short plays are skips, nearly whole ones complete; when nothing is known of what was heard it is a listen.
    static func action(played: Int32?, total: Int32) -> EventAction {
        guard let played else { return .listen }
        if played < skipMilliseconds { return .skip }
        return total > 0 && Double(played) >= completeShare * Double(total) ? .complete : .listen
    }

    /// A rating says how it was liked, as hearing to the end and skipping do.
    static func action(rating: Double) throws -> EventAction {
        guard (0...5).contains(rating) else { throw RowProblem(reason: "rating is not within 0 … 5") }
        if rating >= 4 { return .complete }
        return rating < 2.5 ? .skip : .listen
    }

    /// A time within the window before now, always the same for a user, a track and a number.
    private func spreadTime(_ userID: String, _ trackID: String, _ number: Int) -> Int64 {
        let window = options.windowDays * 86_400_000
        let seed = UInt64(ValidIdentifier.hash("\(userID)\u{1f}\(trackID)"), radix: 16) ?? 0
        var random = SimulationRandom(seed: seed, .spread, number)
        return max(Self.earliestTimestamp, options.now - 1 - Int64(random.index(below: window)))
    }

    /// The year of `Toy Story (1995)`.
    static func year(inTitle title: String) -> EventDay? {
        guard title.hasSuffix(")"), let open = title.lastIndex(of: "(") else { return nil }
        let year = title[title.index(after: open)...].dropLast()
        return year.count == 4 ? TimestampText.day(String(year)) : nil
    }
}
