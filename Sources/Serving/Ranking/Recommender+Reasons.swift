import Domain
import Learning
import ServiceKit
import Storage

extension Recommender {
    /// Days after which a listen says half as much, as training has it when it is told nothing else.
    private static let halfLifeDays = 45.0

    /// For each ranked song the listener's listens that speak for it. A song that plays speaks for those that are like it, when
    /// the listener is not known.
    func reasons(_ wish: Wish, _ strategy: Strategy, _ snapshot: ServingSnapshot, _ ranked: [RankedSong]) throws
        -> [[Reason]]
    {
        guard let model = snapshot.model, strategy != .popular else { return ranked.map { _ in [] } }
        if strategy == .song {
            let song = wish.trackID.flatMap { model.index.item(forID: $0) }
            return ranked.map { one in one.item == nil ? [] : song.map { [Reason(item: $0, weight: 1)] } ?? [] }
        }
        guard let userID = wish.userID else { return ranked.map { _ in [] } }
        var weights = snapshot.weights(of: userID, halfLifeDays: Self.halfLifeDays)
        for trackID in ratings.taste(of: userID).liked {
            if let item = model.index.item(forID: trackID) { weights[item, default: 0] += SessionFolding.likeWeight }
        }
        let listens = model.folding.listens(history: weights, recent: speed.recentListens(of: userID))
        return try ranked.map { one in
            try one.item.map { try model.folding.reasons(for: $0, listens: listens) } ?? []
        }
    }

    /// Items the listener heard in the last so many days, by the history and by what came since.
    func itemsHeard(by userID: String, inLast days: Int, _ model: ServingModel, _ snapshot: ServingSnapshot) -> [Int32]
    {
        guard days > 0 else { return [] }
        var items: [Int32] = []
        snapshot.forEachItemHeard(by: userID, inLast: days) { items.append($0) }
        for trackID in tracksHeardLately(by: userID, inLast: days) {
            if let item = model.index.item(forID: trackID) { items.append(item) }
        }
        return items
    }

    /// Songs of the catalogue likewise.
    func songsHeard(by userID: String, inLast days: Int, _ snapshot: ServingSnapshot) -> Set<Int> {
        guard days > 0 else { return [] }
        var songs = snapshot.songsHeard(by: userID, inLast: days)
        for trackID in tracksHeardLately(by: userID, inLast: days) {
            if let song = snapshot.catalogue.song(id: trackID) { songs.insert(song) }
        }
        return songs
    }

    private func tracksHeardLately(by userID: String, inLast days: Int) -> [String] {
        let first = EventDay(epochMilliseconds: clock.now).advanced(by: 1 - days).startMilliseconds
        return speed.recentListens(of: userID).filter { $0.timestamp >= first }.map(\.trackID)
    }
}
