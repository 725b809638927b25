import CMongoC
import ServiceKit

/// A session with an open transaction, handed out by `MongoClient.withTransaction`. Pass it to every call that belongs
/// to the transaction; a call without it sees and does things outside.
public final class MongoSession {
    let handle: OpaquePointer
    let place: String

    init(client: MongoClient) throws(MongoError) {
        var error = bson_error_t()
        guard let handle = mongoc_client_start_session(client.handle, nil, &error) else {
            throw MongoError(error, reply: nil, place: client.place)
        }
        self.handle = handle
        self.place = client.place
    }

    deinit { mongoc_client_session_destroy(handle) }
}

extension MongoClient {
    /// Runs `body` in a transaction: reads see one snapshot, writes happen all or not at all, and are on a majority of the
    /// members when this returns. When the server asks for it (a conflict with another transaction, a change of primary)
    /// the whole of `body` runs again, so it must not do what cannot be done twice outside the transaction.
    ///
    /// - Parameter timeLimit: no new attempt begins after it.
    /// - Throws: what `body` throws, after aborting; or `MongoError`. With `isUnknownCommitResult` the commit may have
    ///   happened.
    @discardableResult
    public func withTransaction<R>(
        timeLimit: Duration = .seconds(60), _ body: (MongoSession) throws -> R
    ) throws -> R {
        let session = try MongoSession(client: self)
        let start = MonotonicTime.now
        let pause = StopSignal()
        var backoff = Backoff(initial: .milliseconds(5), maximum: .milliseconds(500), multiplier: 1.5)
        while true {
            do {
                return try attempt(session, body, until: start, timeLimit)
            } catch let error as MongoError where error.isTransientTransaction && start.elapsed < timeLimit {
                Logger(label: "mongo").debug("a transaction is run again", ["reason": "\(error)"])
                pause.wait(for: backoff.next())
            }
        }
    }

    private func attempt<R>(
        _ session: MongoSession, _ body: (MongoSession) throws -> R, until start: MonotonicTime, _ timeLimit: Duration
    ) throws -> R {
        try session.begin()
        let result: R
        do {
            result = try body(session)
        } catch {
            session.abort()
            throw error
        }
        while true {
            do {
                try session.commit()
                return result
            } catch let error as MongoError where error.mayCommitAgain && start.elapsed < timeLimit {
                continue
            }
        }
    }
}

extension MongoError {
    /// 50 is MaxTimeMSExpired: the commit itself took too long, and would again.
    fileprivate var mayCommitAgain: Bool { isUnknownCommitResult && serverCode != 50 }
}

extension MongoSession {
    fileprivate func begin() throws(MongoError) {
        let options = mongoc_transaction_opts_new()
        defer { mongoc_transaction_opts_destroy(options) }
        let readConcern = mongoc_read_concern_new()
        defer { mongoc_read_concern_destroy(readConcern) }
        guard mongoc_read_concern_set_level(readConcern, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT) else {
            preconditionFailure("a new read concern can be set")
        }
        mongoc_transaction_opts_set_read_concern(options, readConcern)
        let writeConcern = mongoc_write_concern_new()
        defer { mongoc_write_concern_destroy(writeConcern) }
        mongoc_write_concern_set_wmajority(writeConcern, 0)
        mongoc_transaction_opts_set_write_concern(options, writeConcern)
        var error = bson_error_t()
        guard mongoc_client_session_start_transaction(handle, options, &error) else {
            throw MongoError(error, reply: nil, place: place)
        }
    }

    fileprivate func commit() throws {
        try withReply(place) { reply, error in mongoc_client_session_commit_transaction(handle, reply, &error) }
    }

    /// The error that led here is the one to report; a transaction that cannot be aborted ends by itself when its time on
    /// the server runs out.
    fileprivate func abort() {
        var error = bson_error_t()
        guard !mongoc_client_session_abort_transaction(handle, &error) else { return }
        let reason = MongoError(error, reply: nil, place: place).reason
        Logger(label: "mongo").debug("a transaction could not be aborted", ["reason": reason])
    }
}
