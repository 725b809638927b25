import Mongo
import TestSupport
import Testing

@Suite(.enabled(if: MongoServer.isAvailable, Comment(rawValue: MongoServer.whySkipped)))
struct MongoCollectionTests {
    @Test func documentsAreInsertedFoundCountedAndDeleted() throws {
        try withCollection { things throws in
            for n in 0..<Int32(5) { try things.insertOne(["_id": .int32(n), "square": .int32(n * n)]) }
            #expect(try things.ids(["square": ["$gte": 4]]) == [2, 3, 4])
            #expect(try things.count() == 5 && things.estimatedCount() == 5)
            #expect(try things.count(["square": ["$lt": 2]]) == 2)
            let found = try things.findOne(["_id": 3]) { try $0["square"]?.int64 }
            #expect(found == 9)
            let nobody = try things.findOne(["_id": 9]) { _ in true }
            #expect(nobody == nil)
            #expect(try things.deleteMany(["_id": ["$ne": 1]]).deletedCount == 4)
            #expect(try things.ids() == [1])
            try things.drop()
            try things.drop()
            #expect(try things.count() == 0)
        }
    }

    @Test func findSortsLimitsAndProjects() throws {
        try withCollection { things throws in
            for n in 0..<Int32(30) { try things.insertOne(["_id": .int32(n), "text": "x", "down": .int32(-n)]) }
            let options = MongoFindOptions(projection: ["down": 1], sort: ["down": 1], limit: 7, batchSize: 2)
            let found = try things.all([:], options) { view in
                let hasText = try view["text"] != nil
                #expect(!hasText)
                return try view["_id"]?.int64
            }
            #expect(found == [29, 28, 27, 26, 25, 24, 23])
            #expect(try things.all([:], MongoFindOptions(limit: 0)) { _ in true } == [])
        }
    }

    @Test func bodyThatThrowsEndsTheFind() throws {
        try withCollection { things throws in
            for n in 0..<Int32(10) { try things.insertOne(["_id": .int32(n)]) }
            #expect(throws: CancellationError.self) {
                try things.find([:], MongoFindOptions(batchSize: 2)) { _ in throw CancellationError() }
            }
            #expect(try things.count() == 10)
        }
    }

    @Test func updatesAndUpsertsTellWhatTheyDid() throws {
        try withCollection { things throws in
            let made = try things.updateOne(["_id": 1], ["$inc": ["n": 1]], upsert: true)
            #expect(made.upsertedCount == 1 && made.matchedCount == 0)
            let changed = try things.updateOne(["_id": 1], ["$inc": ["n": 1]], upsert: true)
            #expect(changed.upsertedCount == 0 && changed.matchedCount == 1 && changed.modifiedCount == 1)
            try things.insertOne(["_id": 2, "n": 2])
            let many = try things.updateMany(["n": 2], ["$set": ["n": 3]])
            #expect(many.matchedCount == 2 && many.modifiedCount == 2)
            #expect(try things.updateOne(["_id": 7], ["$set": ["n": 3]]).matchedCount == 0)
        }
    }

    @Test func aggregationAnswers() throws {
        try withCollection { things throws in
            for n in 0..<Int32(10) { try things.insertOne(["_id": .int32(n), "odd": .bool(n % 2 == 1)]) }
            var sums: [Bool: Int64] = [:]
            try things.aggregate([
                ["$match": ["_id": ["$gt": 2]]], ["$group": ["_id": "$odd", "sum": ["$sum": "$_id"]]],
            ]) { view in
                guard let isOdd = try view["_id"]?.bool else { return }
                sums[isOdd] = try view["sum"]?.int64
            }
            #expect(sums == [true: 24, false: 18])
        }
    }

    @Test func bulkOfNothingDoesNothing() throws {
        let result = try withCollection { try $0.bulkWrite { _ in } }
        #expect(result == MongoWriteResult())
    }

    @Test func bulkWritesCountAndNameTheRefused() throws {
        try withCollection { things throws in
            var filter = BSONBuilder()
            var update = BSONBuilder()
            func upsert(_ bulk: MongoBulk, _ n: Int32) throws {
                filter.removeAll()
                filter.append("_id", n)
                update.removeAll()
                update.appendDocument("$inc") { $0.append("n", Int64(1)) }
                try bulk.updateOne(&filter, &update, upsert: true)
            }
            let first = try things.bulkWrite { bulk in for n in 0..<Int32(50) { try upsert(bulk, n) } }
            #expect(first.upsertedCount == 50)
            let error = try #require(throws: MongoError.self) {
                try things.bulkWrite { bulk in
                    try upsert(bulk, 3)
                    filter.removeAll()
                    filter.append("_id", Int32(7))
                    try bulk.insert(&filter)
                    try upsert(bulk, 99)
                }
            }
            #expect(error.isDuplicateKey && !error.isRetriable && error.code == .server)
            #expect(error.writeErrors.map(\.index) == [1] && error.writeErrors.map(\.serverCode) == [11000])
            // Not ordered: what came after the refused one was done.
            #expect(try things.count(["n": 1]) == 50 && things.ids(["n": 2]) == [3] && things.count() == 51)
        }
    }

    @Test func uniqueIndexIsKeptAndMadeTwice() throws {
        try withCollection { things throws in
            let indexes = [
                MongoIndex(name: "by_name", keys: ["name": 1], isUnique: true),
                MongoIndex(name: "by_rank", keys: ["rank": -1, "_id": 1]),
            ]
            try things.createIndexes(indexes)
            try things.createIndexes(indexes)
            try things.insertOne(["_id": 1, "name": "a"])
            let error = try #require(throws: MongoError.self) { try things.insertOne(["_id": 2, "name": "a"]) }
            #expect(error.isDuplicateKey && error.serverCode == 11000)
            #expect(error.reason.contains("things") && error.reason.contains("mongodb://"))
        }
    }

    @Test func commandTheServerDoesNotKnowIsReported() throws {
        try withMongo { pool, database throws in
            let error = try #require(throws: MongoError.self) {
                try pool.withClient { try $0.runCommand(["makeCoffee": 1], in: database) }
            }
            #expect(error.code == .server && error.serverCode == 59 && error.reason.contains("makeCoffee"))
        }
    }
}
