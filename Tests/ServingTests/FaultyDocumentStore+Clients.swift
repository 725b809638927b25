import Storage

extension FaultyDocumentStore {
    func saveClient(_ client: APIClient) throws { try checked().saveClient(client) }
    func client(id: String) throws -> APIClient? { try checked().client(id: id) }
    func clients() throws -> [APIClient] { try checked().clients() }
    func removeClient(id: String) throws -> Bool { try checked().removeClient(id: id) }
    func saveListenerToken(_ token: ListenerToken) throws { try checked().saveListenerToken(token) }
    func listenerToken(digest: String) throws -> ListenerToken? { try checked().listenerToken(digest: digest) }
    func removeListenerTokens(userID: String) throws -> Int { try checked().removeListenerTokens(userID: userID) }
    func addSigningKey(_ key: SigningKey) throws { try checked().addSigningKey(key) }
    func signingKeys() throws -> [SigningKey] { try checked().signingKeys() }
    func removeSigningKeys(before instant: Int64) throws { try checked().removeSigningKeys(before: instant) }
}
