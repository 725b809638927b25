import Domain
import Foundation
import Learning
import Storage

/// What a file of factors to start from says of itself.
struct StartHeader: Codable, Sendable {
    /// Last day that was learned from, days since 1970-01-01.
    var trainedThrough: Int
}

/// Item factors that a run leaves in its model's folder for the next one to start from.
///
/// They are those of the measured model, which has not seen the days that were held out: what a run holds out begins later than
/// what the run before had seen, so that starting from them tells nothing of the answers. The published factors would.
struct StartFactors {
    /// Name of the file in a version's folder.
    static let file = "start.factors"

    let models: any ModelStore
    let documents: any DocumentStore

    /// A model to start from, and what is told of it.
    struct Start {
        var model: ALSModel
        var version: String
        /// Songs it knew, and those it did not.
        var known: Int
        var new: Int
    }

    static func write(_ items: FactorMatrix, ids: [String], trainedThrough: EventDay, to folder: String) throws {
        let header = StartHeader(trainedThrough: Int(trainedThrough.daysSinceEpoch))
        try FactorFile(header: header, ids: ids, users: nil, items: items).write(to: "\(folder)/\(file)")
    }

    /// Factors of the current model for this matrix; songs it did not know begin as the mean of their artist's, or at zero.
    ///
    /// - Parameter before: first held-out day; the factors must not have seen it.
    /// - Returns: nil when there is no current model, or its factors do not fit: the sentence says why.
    func make(for matrix: ListenMatrix, options: ALSOptions, before: EventDay?) throws -> (
        start: Start?, reason: String?
    ) {
        guard let current = try documents.currentModel()?.manifest else { return (nil, "there is no current model") }
        guard current.files.contains(where: { $0.name == Self.file }) else {
            return (nil, "model \(current.version) has no factors to start from")
        }
        let path = try models.path(version: current.version, file: Self.file)
        let file = try FactorFile<StartHeader>.read(path)
        guard let items = file.items, items.factors == options.factors, file.ids.count == items.rows else {
            return (nil, "model \(current.version) has \(file.items?.factors ?? 0) factors, not \(options.factors)")
        }
        if let before, file.header.trainedThrough >= Int(before.daysSinceEpoch) {
            return (nil, "model \(current.version) has seen days that are held out now")
        }
        let start = try start(file.ids, items, version: current.version, matrix, options)
        // Zeros alone would stay zeros.
        guard start.known > 0 else { return (nil, "model \(current.version) knows none of the songs") }
        return (start, nil)
    }

    private func start(
        _ ids: [String], _ items: FactorMatrix, version: String, _ matrix: ListenMatrix, _ options: ALSOptions
    ) throws -> Start {
        var rows: [String: Int] = [:]
        for (row, id) in ids.enumerated() { rows[id] = row }
        let artists = try ArtistMeans(documents: documents, ids: ids, items: items)
        let users = FactorMatrix(rows: matrix.userIDs.count, factors: options.factors)
        let start = FactorMatrix(rows: matrix.trackIDs.count, factors: options.factors)
        var known = 0
        for (column, id) in matrix.trackIDs.enumerated() {
            if let row = rows[id] {
                start.setRow(column, to: items[row])
                known += 1
            } else if let mean = artists.mean(ofSong: id) {
                start.setRow(column, to: mean)
            }
        }
        return Start(
            model: ALSModel(userFactors: users, itemFactors: start), version: version, known: known,
            new: matrix.trackIDs.count - known)
    }
}
