import Domain
import Testing

/// Which listens are the same, and how far a window remembers.
@Suite struct ListenWindowTests {
    @Test func windowOfAnyContentAgreesWithASetOfAllWithinItsReach() {
        var window = ListenWindow(reach: 1_000)
        let fingerprint = ListenFingerprint()
        let listens = (0..<5_000).map { fingerprint.of(userID: "u\($0 % 77)", trackID: "t\($0)", timestamp: 9) }
        #expect(Set(listens).count == 5_000)
        for (number, listen) in listens.enumerated() {
            let turns = [window.insert(listen), window.insert(listen)]
            #expect(turns == [true, false])
            #expect(window.contains(listens[max(0, number - 999)]))
            #expect(window.count <= 2_000)
        }
        #expect(!window.contains(listens[0]))
        window.removeAll()
        #expect(window.count == 0 && !window.contains(listens[4_999]))
        let isNew = window.insert(listens[4_999])
        #expect(isNew)
    }

    @Test func listenerSongAndStartAllTellListensApart() {
        let fingerprint = ListenFingerprint()
        let listens = [
            ("ann", "song", Int64(1)), ("ann", "song", 2), ("ann", "sonh", 1), ("bob", "song", 1), ("song", "ann", 1),
            ("ann", "", 1), ("", "ann", 1), ("a", "nn", 1), (String(repeating: "ä", count: 128), "song", 1),
        ]
        let prints = listens.map { fingerprint.of(userID: $0.0, trackID: $0.1, timestamp: $0.2) }
        #expect(Set(prints).count == listens.count)
        #expect(prints == listens.map { fingerprint.of(userID: $0.0, trackID: $0.1, timestamp: $0.2) })
        #expect(fingerprint.of(userID: "ann", key: "k") != fingerprint.of(userID: "bob", key: "k"))
        // Another process has other fingerprints: nobody can foretell them.
        #expect(ListenFingerprint().of(userID: "ann", key: "k") != fingerprint.of(userID: "ann", key: "k"))
    }
}
