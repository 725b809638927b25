import Domain

/// What can be played on one day and how often, ready to draw from.
struct DayTables: Sendable {
    let day: EventDay
    /// For each component, its songs that are out.
    let components: [AliasTable]
    /// All songs that are out: what everybody plays.
    let chart: AliasTable

    /// - Complexity: O(songs).
    init(catalogue: Catalogue, day: EventDay) {
        self.day = day
        var items = [[UInt32]](repeating: [], count: catalogue.componentCount)
        var weights = [[Double]](repeating: [], count: catalogue.componentCount)
        var (chartItems, chartWeights): ([UInt32], [Double]) = ([], [])
        for song in catalogue.songs.indices {
            let weight = catalogue.weight(of: song, on: day)
            guard weight > 0 else { continue }
            chartItems.append(UInt32(song))
            chartWeights.append(weight)
            let memberships = catalogue.songs[song].memberships
            for index in 0..<Catalogue.Memberships.count {
                let membership = memberships[index]
                items[membership.component].append(UInt32(song))
                weights[membership.component].append(weight * membership.share)
            }
        }
        if chartItems.isEmpty {
            // A catalogue of a few songs may have nothing out yet; then its first song is.
            (chartItems, chartWeights) = ([0], [1])
        }
        let chart = AliasTable(items: chartItems, weights: chartWeights)
        self.chart = chart
        components = zip(items, weights).map { items, weights in
            // A component of a small catalogue may have no song out yet.
            weights.contains { $0 > 0 } ? AliasTable(items: items, weights: weights) : chart
        }
    }
}
