public import Domain
import Mongo

extension MongoDocumentStore {
    /// Inserts users or renames them; a nil name does not erase a known one.
    public func upsertUsers(_ users: [User]) throws {
        try upsertInBulks(users, into: MongoDocumentSchema.users) { user, filter, update in
            filter.append("_id", user.userID)
            // An update needs an operator, also when there is nothing to say but that the user exists.
            update.appendDocument(user.username == nil ? "$setOnInsert" : "$set") { fields in
                if let username = user.username {
                    fields.append("username", username)
                } else {
                    fields.appendNull("username")
                }
            }
        }
    }

    /// The user, or nil.
    public func user(id: String) throws -> User? {
        try with(MongoDocumentSchema.users) { users in
            try users.findOne(["_id": .string(id)]) { try User(document: $0) }
        }
    }

    /// A page of users in order of id.
    public func users(after cursor: String?, limit: Int) throws -> [User] {
        try with(MongoDocumentSchema.users) { collection in
            var users: [User] = []
            let filter: BSONDocument = cursor.map { ["_id": ["$gt": .string($0)]] } ?? [:]
            try collection.find(filter, MongoFindOptions(sort: ["_id": 1], limit: limit)) {
                users.append(try User(document: $0))
            }
            return users
        }
    }

    /// How many users there are, by the collection's own bookkeeping.
    public func userCount() throws -> Int { try with(MongoDocumentSchema.users) { try $0.estimatedCount() } }

    /// Writes vectors in bulks of bounded size, each user's old vector and new one in one step; a publish that breaks off
    /// is done again as a whole.
    public func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, keeping: String?, at: Int64
    ) throws {
        // An update by pipeline (MongoDB 4.2) sees the document as it is, which operators cannot.
        var conditions: [BSONValue] = [
            ["$gt": ["$model_version", nil]], ["$ne": ["$model_version", ["$literal": .string(modelVersion)]]],
        ]
        if let keeping {
            conditions.append(["$ne": ["$previous_model_version", ["$literal": .string(keeping)]]])
        }
        let hasOther: BSONValue = ["$and": .array(conditions)]
        let previousVector: BSONValue = ["$cond": [hasOther, "$latent_vector", "$previous_vector"]]
        let previousVersion: BSONValue = ["$cond": [hasOther, "$model_version", "$previous_model_version"]]
        try upsertInBulks(vectors, into: MongoDocumentSchema.users) { vector, filter, update in
            filter.append("_id", vector.userID)
            update.appendDocument("0") { stage in
                stage.appendDocument("$set") { fields in
                    fields.append("previous_vector", previousVector)
                    fields.append("previous_model_version", previousVersion)
                    // Literal: an array would be taken for one of expressions, a text with a $ for a field.
                    fields.appendDocument("latent_vector") { $0.append("$literal", floats: vector.values) }
                    fields.appendDocument("model_version") { $0.append("$literal", modelVersion) }
                    fields.append("last_updated", epochMilliseconds: at)
                }
            }
        }
    }

    /// Every user with a vector of that version; the server picks which of the two it is.
    public func forEachUserVector(modelVersion: String, _ body: (String, [Float]) throws -> Void) throws {
        let version = BSONValue.string(modelVersion)
        let pipeline: [BSONDocument] = [
            ["$match": ["$or": [["model_version": version], ["previous_model_version": version]]]],
            [
                "$project": [
                    "vector": [
                        "$cond": [
                            ["$eq": ["$model_version", ["$literal": version]]], "$latent_vector", "$previous_vector",
                        ]
                    ]
                ]
            ],
        ]
        try with(MongoDocumentSchema.users) { users in
            try users.aggregate(pipeline) { user in
                guard let userID = try user["_id"]?.string, let vector = try user["vector"]?.floats else {
                    throw MongoError.malformed("a user's vector of model \(modelVersion) is no array of numbers")
                }
                try body(userID, vector)
            }
        }
    }
}

extension User {
    /// Reads a document of `users`.
    fileprivate init(document: BSONView) throws {
        self.init(userID: "")
        var vectors: (new: [Float]?, old: [Float]?)
        var versions: (new: String?, old: String?)
        try document.forEachElement { element in
            if element.hasKey("_id") {
                userID = element.string ?? ""
            } else if element.hasKey("username") {
                username = element.string
            } else if element.hasKey("latent_vector") {
                vectors.new = try element.floats
            } else if element.hasKey("model_version") {
                versions.new = element.string
            } else if element.hasKey("previous_vector") {
                vectors.old = try element.floats
            } else if element.hasKey("previous_model_version") {
                versions.old = element.string
            } else if element.hasKey("last_updated") {
                lastUpdated = element.date
            }
        }
        guard !userID.isEmpty else { throw MongoError.malformed("a user has no text as _id") }
        func vector(_ version: String?, _ values: [Float]?) throws -> UserVector? {
            guard let version else { return nil }
            guard let values else {
                throw MongoError.malformed("user \(userID) has a model version but no array of numbers as vector")
            }
            return UserVector(modelVersion: version, values: values)
        }
        self.vector = try vector(versions.new, vectors.new)
        previousVector = try vector(versions.old, vectors.old)
    }
}
