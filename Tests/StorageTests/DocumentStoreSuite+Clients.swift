import Storage
import Testing

extension DocumentStoreSuite {
    @Test(arguments: DocumentBackend.available) func clientsAreSavedReplacedListedAndRemoved(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            #expect(try store.clients().isEmpty)
            let first = APIClient(
                id: "b", name: "Añother '; DROP TABLE clients", secretHash: "$argon2id$…", scopes: ["read", "write"],
                requestsPerMinute: 60, createdAt: 1_700_000_000_123)
            var second = APIClient(
                id: "a", name: "", secretHash: "h", scopes: [], requestsPerMinute: 0, createdAt: 0)
            try store.saveClient(first)
            try store.saveClient(second)
            second.scopes = ["admin"]
            second.requestsPerMinute = 7
            try store.saveClient(second)
            #expect(try store.clients() == [second, first])
            #expect(try store.client(id: "b") == first)
            #expect(try store.client(id: "c") == nil)
            #expect(try store.removeClient(id: "b"))
            #expect(try !store.removeClient(id: "b"))
            #expect(try store.clients() == [second])
        }
    }

    @Test(arguments: DocumentBackend.available) func listenersTokensAreFoundByDigestAndRemovedByListener(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            let tokens = (0..<3).map { ListenerToken(digest: "d\($0)", userID: $0 == 2 ? "bob" : "ann", createdAt: 5) }
            for token in tokens { try store.saveListenerToken(token) }
            #expect(try store.listenerToken(digest: "d1") == tokens[1])
            #expect(try store.listenerToken(digest: "d9") == nil)
            #expect(try store.removeListenerTokens(userID: "ann") == 2)
            #expect(try store.removeListenerTokens(userID: "ann") == 0)
            #expect(try store.listenerToken(digest: "d0") == nil)
            #expect(try store.listenerToken(digest: "d2") == tokens[2])
        }
    }

    @Test(arguments: DocumentBackend.available) func keysAreNewestFirstStayAsTheyAreAndGoByAge(
        _ backend: DocumentBackend
    )
        throws
    {
        try backend.withStore { store throws in
            #expect(try store.signingKeys().isEmpty)
            let keys = (1...3).map { SigningKey(id: "k\($0)", secret: "s\($0)", createdAt: Int64($0 * 10)) }
            for key in keys { try store.addSigningKey(key) }
            try store.addSigningKey(SigningKey(id: "k2", secret: "another", createdAt: 99))
            #expect(try store.signingKeys() == keys.reversed())
            try store.removeSigningKeys(before: 20)
            #expect(try store.signingKeys() == [keys[2], keys[1]])
        }
    }
}
