import Mongo

extension MongoDocumentStore {
    /// Removes a listener from `users`.
    public func removeUser(id: String) throws {
        try with(MongoDocumentSchema.users) { _ = try $0.deleteMany(["_id": .string(id)]) }
    }

    /// Notes that a listener is to be forgotten.
    public func addForgetting(_ request: ForgettingRequest) throws {
        try upsertInBulks([request], into: MongoDocumentSchema.forgettings) { request, filter, update in
            filter.append("_id", request.userID)
            update.appendDocument("$max") { $0.append("requested_at", epochMilliseconds: request.requestedAt) }
        }
    }

    /// What is to be done, oldest first.
    public func forgettings() throws -> [ForgettingRequest] {
        try with(MongoDocumentSchema.forgettings) { collection in
            var requests: [ForgettingRequest] = []
            try collection.find([:], MongoFindOptions(sort: ["requested_at": 1, "_id": 1])) { document in
                guard let userID = try document["_id"]?.string, let at = try document["requested_at"]?.date else {
                    throw MongoError.malformed("a request to forget lacks its listener or its time")
                }
                requests.append(ForgettingRequest(userID: userID, requestedAt: at))
            }
            return requests
        }
    }

    /// Notes that a request is done.
    public func removeForgetting(_ request: ForgettingRequest) throws {
        try with(MongoDocumentSchema.forgettings) { collection in
            _ = try collection.deleteMany([
                "_id": .string(request.userID), "requested_at": ["$lte": .date(request.requestedAt)],
            ])
        }
    }
}

extension MongoDocumentSchema {
    /// `_id` is the listener, `requested_at` when it was asked.
    static let forgettings = "forgettings"
}
