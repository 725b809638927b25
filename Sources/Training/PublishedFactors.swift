import Domain
import Learning
import Storage

/// What a publish is made of, whoever has learned it.
struct PublishedFactors {
    var model: ALSModel
    var userIDs: [String]
    var trackIDs: [String]
    /// Item factors for the next run to start from.
    var start: FactorMatrix
    /// Last day `start` has learned from.
    var startTrainedThrough: EventDay

    init(model: ALSModel, matrix: ListenMatrix, start: FactorMatrix, isMeasured: Bool) {
        self.model = model
        userIDs = matrix.userIDs
        trackIDs = matrix.trackIDs
        self.start = start
        let heldOut = isMeasured ? matrix.heldOutDays : nil
        startTrainedThrough = heldOut?.lowerBound.advanced(by: -1) ?? matrix.window.upperBound
    }
}

/// Songs and vectors as the index holds them: those that were learned, then those without listens, which have the mean vector of
/// their artist's songs until they have some.
struct BorrowedItems {
    let ids: [String]
    let factors: FactorMatrix

    init(_ published: PublishedFactors, documents: any DocumentStore) throws {
        let learned = published.model.itemFactors
        let artists = try ArtistMeans(documents: documents, ids: published.trackIDs, items: learned)
        let new = artists.newSongs
        guard !new.isEmpty else {
            (ids, factors) = (published.trackIDs, learned)
            return
        }
        let all = FactorMatrix(rows: learned.rows + new.count, factors: learned.factors)
        learned.withUnsafeRows { source in
            all.withUnsafeMutableRows { target in
                for index in source.indices { target[index] = source[index] }
            }
        }
        for (offset, song) in new.enumerated() {
            if let mean = artists.mean(ofSong: song) { all.setRow(learned.rows + offset, to: mean) }
        }
        (ids, factors) = (published.trackIDs + new, all)
    }
}
