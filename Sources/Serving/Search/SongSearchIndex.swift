import Storage

/// Finds songs by words of title and artist, also by the beginning of a word and with a typing error or two.
///
/// ```
/// words     "anh" "dau" "tim" …     folded, in order of their bytes
/// offsets   0     2     7     …     where the postings of each begin
/// postings  4·0  9·1 …                song · 2 + 1 when the word is the artist's
/// ```
final class SongSearchIndex: Sendable {
    /// A song that was found.
    struct Match: Sendable, Equatable {
        var song: Int
        var score: Float
    }

    let words: WordList
    private let offsets: [UInt32]
    private let postings: [UInt32]
    private let songCount: Int

    /// No songs.
    static let empty = SongSearchIndex([])

    /// Indexes songs in the order given.
    ///
    /// - Complexity: O(bytes + words · log(words))
    init(_ texts: [(title: String?, artist: String?)]) {
        songCount = texts.count
        var codes = InternedStrings()
        var pairs: [UInt64] = []
        pairs.reserveCapacity(texts.count * 5)
        for (song, text) in texts.enumerated() {
            for (field, words) in [text.title, text.artist].enumerated() {
                TextFolding.forEachWord(in: words ?? "") { word in
                    pairs.append(UInt64(codes.code(of: word)) << 32 | UInt64(song * 2 + field))
                }
            }
        }
        let (words, rank) = WordList.sorted(codes)
        for index in pairs.indices {
            pairs[index] = UInt64(rank[Int(pairs[index] >> 32)]) << 32 | (pairs[index] & 0xFFFF_FFFF)
        }
        pairs.sort()
        var offsets = [UInt32](repeating: 0, count: words.count + 1)
        var postings: [UInt32] = []
        postings.reserveCapacity(pairs.count)
        var last: UInt64?
        for pair in pairs where pair != last {
            last = pair
            offsets[Int(pair >> 32) + 1] += 1
            postings.append(UInt32(truncatingIfNeeded: pair))
        }
        for word in 0..<words.count { offsets[word + 1] += offsets[word] }
        (self.words, self.offsets, self.postings) = (words, offsets, postings)
    }

    // MARK: - Searching

    /// How much a word counts by how well it fits, and where it stands.
    private enum Weight {
        static let exact: Float = 1
        /// For the beginning of a word; the more of it was typed the better.
        static let prefix: ClosedRange<Float> = 0.6...0.9
        static let errors: [Float] = [1, 0.45, 0.25]
        static let artist: Float = 0.9
        /// Popularity decides between songs that fit alike, and only there.
        static let popularity: Float = 0.15
    }

    /// Words of a query that are searched; the rest is ignored.
    private static let queryWordLimit = 8

    /// The best `limit` songs for a query. All its words must fit; when no song has them all, those with the most do.
    ///
    /// - Parameter popularity: a number in 0…1 for a song.
    /// - Complexity: O(postings of the words that fit)
    func search(_ query: String, limit: Int, popularity: (Int) -> Float) -> [Match] {
        let queried = TextFolding.words(in: query).prefix(Self.queryWordLimit)
        guard !queried.isEmpty, songCount > 0 else { return [] }
        var scores = [Float](repeating: 0, count: songCount)
        var counts = [UInt8](repeating: 0, count: songCount)
        var best = scores
        var found: [Int] = []
        for word in queried {
            for song in fit(word, best: &best) {
                if counts[song] == 0 { found.append(song) }
                counts[song] += 1
                scores[song] += best[song]
                best[song] = 0
            }
        }
        let most = found.map { counts[$0] }.max() ?? 0
        let matches = found.filter { counts[$0] == most }.map { song in
            Match(song: song, score: scores[song] / Float(queried.count) + Weight.popularity * popularity(song))
        }
        return Array(matches.sorted { $0.score != $1.score ? $0.score > $1.score : $0.song < $1.song }.prefix(limit))
    }

    /// Writes the best weight of one query word for each song it fits into `best`, which is all zeros.
    ///
    /// - Returns: those songs.
    private func fit(_ query: [UInt8], best: inout [Float]) -> [Int] {
        var songs: [Int] = []
        func take(_ word: Int, _ weight: Float) {
            for posting in postings[Int(offsets[word])..<Int(offsets[word + 1])] {
                let song = Int(posting >> 1)
                if best[song] == 0 { songs.append(song) }
                best[song] = max(best[song], posting & 1 == 1 ? weight * Weight.artist : weight)
            }
        }
        let prefixed = words.range(startingWith: query)
        for word in prefixed {
            let typed = Float(query.count) / Float(words.byteCount(of: word))
            let span = Weight.prefix.upperBound - Weight.prefix.lowerBound
            take(word, typed == 1 ? Weight.exact : Weight.prefix.lowerBound + span * typed)
        }
        words.forEachSimilar(to: query) { word, errors in
            if !prefixed.contains(word) { take(word, Weight.errors[errors]) }
        }
        return songs
    }
}
