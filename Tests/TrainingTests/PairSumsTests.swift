import Domain
import Storage
import Testing
import Training

@Suite struct PairSumsTests {
    /// A row group of `rows` events of `users` × `tracks`, a row's pair told by `pick`.
    private func columns(users: Int, tracks: Int, rows: Int, pick: (Int) -> (Int, Int)) -> EventColumns {
        var userCodes: [UInt32] = [], trackCodes: [UInt32] = []
        for row in 0..<rows {
            let (user, track) = pick(row)
            userCodes.append(UInt32(user))
            trackCodes.append(UInt32(track))
        }
        return EventColumns(
            count: rows, users: DictionaryColumn(codes: userCodes, values: (0..<users).map { "user-\($0)" }),
            tracks: DictionaryColumn(codes: trackCodes, values: (0..<tracks).map { "track-\($0)" }),
            actions: [UInt8](repeating: EventAction.complete.rawValue, count: rows),
            durations: [Int32](repeating: 180_000, count: rows),
            totalDurations: [Int32](repeating: 180_000, count: rows))
    }

    /// What `docs/training.md` reckons a hundred million events with: at most 26 bytes a distinct pair, none an event.
    @Test func memoryIsBoundedByDistinctPairsAndNotByEvents() throws {
        let day = TasteGroups().last
        let sums = PairSums(options: TrainingOptions(), reference: day, heldOutFrom: nil, minimumBuffer: 256)
        let users = 2_000, tracks = 500, pairs = users * tracks
        // Every pair once, in an order that mixes listeners.
        for start in stride(from: 0, to: pairs, by: 100_000) {
            sums.add(
                columns(users: users, tracks: tracks, rows: 100_000) { row in
                    let number = (start + row) * 7_919 % pairs
                    return (number % users, number / users)
                }, day: day)
        }
        let once = sums.byteCount
        #expect(once <= 26 * pairs, "\(Double(once) / Double(pairs)) bytes a pair")
        for start in stride(from: 0, to: 3 * pairs, by: 100_000) {
            sums.add(
                columns(users: users, tracks: tracks, rows: 100_000) { row in
                    let number = (start + row) % pairs
                    return (number % users, number / users)
                }, day: day)
        }
        #expect(sums.byteCount <= 26 * pairs, "\(Double(sums.byteCount) / Double(pairs)) bytes a pair")
    }
}
