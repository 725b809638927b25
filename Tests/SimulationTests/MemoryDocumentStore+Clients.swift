import Storage

extension MemoryDocumentStore {
    func saveClient(_ client: APIClient) throws { throw Self.absent }
    func client(id: String) throws -> APIClient? { throw Self.absent }
    func clients() throws -> [APIClient] { throw Self.absent }
    func removeClient(id: String) throws -> Bool { throw Self.absent }
    func saveListenerToken(_ token: ListenerToken) throws { throw Self.absent }
    func listenerToken(digest: String) throws -> ListenerToken? { throw Self.absent }
    func removeListenerTokens(userID: String) throws -> Int { throw Self.absent }
    func addSigningKey(_ key: SigningKey) throws { throw Self.absent }
    func signingKeys() throws -> [SigningKey] { throw Self.absent }
    func removeSigningKeys(before instant: Int64) throws { throw Self.absent }
}
