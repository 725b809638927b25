import Domain
import Storage
import TestSupport
import Testing

/// What every store of requests to forget does, run against each backend.
@Suite struct ForgettingSuite {
    @Test(arguments: DocumentBackend.available) func requestsAreKeptOldestFirstUntilTheyAreDone(
        _ backend: DocumentBackend
    ) throws {
        try backend.withPlace { open throws in
            let store = try open()
            #expect(try store.forgettings() == [])
            let (ann, bob) = (
                ForgettingRequest(userID: "ann", requestedAt: 200), ForgettingRequest(userID: "bob", requestedAt: 100)
            )
            try store.addForgetting(ann)
            try store.addForgetting(bob)
            try store.addForgetting(ForgettingRequest(userID: "ann", requestedAt: 50))
            #expect(try open().forgettings() == [bob, ann])
            // Asked again while it was carried out: still to be done.
            let again = ForgettingRequest(userID: "bob", requestedAt: 300)
            try store.addForgetting(again)
            try store.removeForgetting(bob)
            #expect(try store.forgettings() == [ann, again])
            try store.removeForgetting(ann)
            try store.removeForgetting(again)
            try store.removeForgetting(again)
            #expect(try store.forgettings() == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func aRemovedUserIsGoneWithTheirVectors(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            try store.upsertUsers([User(userID: "ann", username: "Ann"), User(userID: "bob")])
            try store.upsertUserVectors([("ann", [1, 2]), ("bob", [3, 4])], modelVersion: "v", at: 1)
            try store.removeUser(id: "ann")
            try store.removeUser(id: "ann")
            #expect(try store.user(id: "ann") == nil)
            var left: [String] = []
            try store.forEachUserVector(modelVersion: "v") { userID, _ in left.append(userID) }
            #expect(left == ["bob"])
        }
    }
}
