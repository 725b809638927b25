import Domain
import HTTPServer

/// All songs in compact form, as of one reading of the store: what answers are joined with.
///
/// A song is kept as the members of its JSON object, rendered once, so that joining it to an answer is one copy:
/// ```
/// members   "id":"s1","title":"…",…│"id":"s2",…      one block of bytes
/// offsets   0                      93          …      where each begins
/// slots     3 0 0 1 2 …                               song + 1 by hash of its id, 0 when free
/// ```
final class SongCatalogue: Sendable {
    /// How many songs there are. They are numbered from 0 in the order they were read.
    let count: Int
    /// Songs, most played in the last seven days first, ties by all plays, then by id.
    let byPopularity: [UInt32]
    private let members: [UInt8]
    private let offsets: [UInt64]
    private let ids: [UInt8]
    private let idOffsets: [UInt32]
    private let slots: [UInt32]
    private let recentPlays: [Int64]
    private let allPlays: [Int64]

    /// Songs by their words.
    let search: SongSearchIndex
    /// Artists and days of release.
    let facts: SongFacts
    /// Songs by artist and title.
    let names: SongNames
    /// Songs, most played of all time first, ties by id.
    let byAllPlays: [UInt32]
    /// Songs whose day of release is known, newest first, ties by plays of the last seven days, then by id.
    let byRelease: [UInt32]

    /// No songs.
    static let empty = SongCatalogueBuilder(expecting: 0).build(reusing: nil) {}

    /// Takes over the words of `old` when no text has changed since: the counts change all the time, the texts hardly ever.
    init(
        _ builder: borrowing SongCatalogueBuilder, reusing old: SongCatalogue?, pause: () throws -> Void
    ) rethrows {
        count = builder.count
        members = builder.members
        offsets = builder.offsets
        ids = builder.ids
        idOffsets = builder.idOffsets
        recentPlays = builder.recentPlays
        allPlays = builder.allPlays
        slots = try Self.slots(ids: ids, offsets: idOffsets, pause)
        byPopularity = try Self.order(count, [recentPlays, allPlays], ids, idOffsets, pause)
        byAllPlays = try Self.order(count, [allPlays], ids, idOffsets, pause)
        let days = builder.releaseDays
        byRelease = try Self.order(count, [days.map(Int64.init), recentPlays], ids, idOffsets, pause)
            .filter { days[Int($0)] != SongFacts.unknownDay }
        let isSameText = old.map { $0.members == builder.members && $0.ids == builder.ids } ?? false
        search = isSameText ? old?.search ?? .empty : SongSearchIndex(builder.texts)
        facts = isSameText ? old?.facts ?? .empty : SongFacts(builder)
        names = isSameText ? old?.names ?? SongNames() : SongNames()
    }

    /// Whether a catalogue built of these songs would answer every request like this one.
    ///
    /// - Complexity: O(bytes)
    func holds(_ builder: borrowing SongCatalogueBuilder) -> Bool {
        members == builder.members && recentPlays == builder.recentPlays && allPlays == builder.allPlays
            && idOffsets == builder.idOffsets && ids == builder.ids
    }

    // MARK: - Looking up

    /// The song of an id, nil for an unknown one.
    ///
    /// - Complexity: O(length of the id) on average
    func song(id: String) -> Int? {
        var id = id
        return id.withUTF8 { song(idBytes: UnsafeRawBufferPointer($0)) }
    }

    /// The song whose id has these UTF-8 bytes.
    func song(idBytes id: UnsafeRawBufferPointer) -> Int? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Self.hash(id) & mask
        while slots[slot] != 0 {
            let song = Int(slots[slot]) - 1
            if withIDBytes(of: song, { $0.elementsEqual(id) }) { return song }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Calls `body` with the UTF-8 of a song's id.
    func withIDBytes<Result>(of song: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try ids.withUnsafeBytes { bytes in
            try body(
                UnsafeRawBufferPointer(rebasing: bytes[Int(idOffsets[song])..<Int(idOffsets[song + 1])]))
        }
    }

    /// The id of a song.
    func id(of song: Int) -> String { withIDBytes(of: song) { String(decoding: $0, as: UTF8.self) } }

    /// Plays in the last seven days.
    func recentPlays(of song: Int) -> Int64 { recentPlays[song] }

    /// Plays since the beginning.
    func allPlays(of song: Int) -> Int64 { allPlays[song] }

    /// The songs released up to `today`, newest first.
    ///
    /// - Complexity: O(limit and songs of the future)
    func newest(today: EventDay, limit: Int) -> ArraySlice<UInt32> {
        byRelease.drop { facts.releaseDays[Int($0)] > today.daysSinceEpoch }.prefix(limit)
    }

    // MARK: - Rendering

    /// Writes the members of a song into the object that is open.
    ///
    /// - Complexity: one copy of about 200 bytes
    func writeMembers(of song: Int, to writer: inout JSONWriter) {
        members.withUnsafeBufferPointer { bytes in
            writer.raw(UnsafeBufferPointer(rebasing: bytes[Int(offsets[song])..<Int(offsets[song + 1])]))
        }
        writer.member("plays_7d", recentPlays[song])
        writer.member("plays_cumulative", allPlays[song])
    }

    /// Writes the title of a song as a member of the object that is open.
    func writeTitle(of song: Int, to writer: inout JSONWriter) {
        withTitleMember(of: song) { writer.raw($0) }
    }

    /// The title of a song, nil when it is not known.
    ///
    /// - Complexity: O(length of id and title)
    func title(of song: Int) -> String? {
        let member = withTitleMember(of: song) { Array("{".utf8) + $0 + Array("}".utf8) }
        guard case .string(let title) = (try? JSONValue(parsing: member))?["title"] else { return nil }
        return title
    }

    /// Calls `body` with `"title":…`: a part of the members, which begin with `"id":"…",` and that.
    private func withTitleMember<Result>(of song: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        members.withUnsafeBufferPointer { bytes in
            let members = UnsafeBufferPointer(rebasing: bytes[Int(offsets[song])..<Int(offsets[song + 1])])
            let start = Self.end(ofValueAt: 5, in: members) + 1
            return body(UnsafeBufferPointer(rebasing: members[start..<Self.end(ofValueAt: start + 8, in: members)]))
        }
    }

    /// The end of a string, or of a value up to the next comma.
    private static func end(ofValueAt start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var place = start
        guard bytes[place] == UInt8(ascii: "\"") else {
            while place < bytes.count, bytes[place] != UInt8(ascii: ",") { place += 1 }
            return place
        }
        place += 1
        while bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
        return place + 1
    }

    // MARK: - Building

    private static func slots(
        ids: [UInt8], offsets: [UInt32], _ pause: () throws -> Void
    ) rethrows -> [UInt32] {
        let count = offsets.count - 1
        guard count > 0 else { return [] }
        // At most half full, so that a chain ends after a step or two.
        var size = 16
        while size < count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        try ids.withUnsafeBytes { bytes in
            for song in 0..<count {
                if song % 128 == 0 { try pause() }
                let id = UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[song])..<Int(offsets[song + 1])])
                var slot = hash(id) & (size - 1)
                while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
                slots[slot] = UInt32(song) + 1
            }
        }
        return slots
    }

    private static func order(
        _ count: Int, _ counts: [[Int64]], _ ids: [UInt8], _ offsets: [UInt32], _ pause: () throws -> Void
    ) rethrows -> [UInt32] {
        var comparisons = 0
        return try (0..<UInt32(count)).sorted { left, right in
            comparisons += 1
            if comparisons % 256 == 0 { try pause() }
            let (left, right) = (Int(left), Int(right))
            for plays in counts where plays[left] != plays[right] { return plays[left] > plays[right] }
            return ids[Int(offsets[left])..<Int(offsets[left + 1])]
                .lexicographicallyPrecedes(ids[Int(offsets[right])..<Int(offsets[right + 1])])
        }
    }

    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) with its high bits folded in.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: (state ^ state >> 32) & 0x7FFF_FFFF_FFFF_FFFF)
    }
}
