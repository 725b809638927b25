import Storage

extension ForwardingStore {
    func saveClient(_ client: APIClient) throws { try store.saveClient(client) }
    func client(id: String) throws -> APIClient? { try store.client(id: id) }
    func clients() throws -> [APIClient] { try store.clients() }
    func removeClient(id: String) throws -> Bool { try store.removeClient(id: id) }
    func saveListenerToken(_ token: ListenerToken) throws { try store.saveListenerToken(token) }
    func listenerToken(digest: String) throws -> ListenerToken? { try store.listenerToken(digest: digest) }
    func removeListenerTokens(userID: String) throws -> Int { try store.removeListenerTokens(userID: userID) }
    func addSigningKey(_ key: SigningKey) throws { try store.addSigningKey(key) }
    func signingKeys() throws -> [SigningKey] { try store.signingKeys() }
    func removeSigningKeys(before instant: Int64) throws { try store.removeSigningKeys(before: instant) }
}
