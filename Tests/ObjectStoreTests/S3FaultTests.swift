import Foundation
import ObjectStore
import TestSupport
import Testing

/// Runs `body` with the path of a credentials file of two profiles.
func withCredentialsFile(_ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { folder in
        let path = try folder.write(
            "credentials",
            """
            # comment
            [default]
            aws_access_key_id = ONE
            aws_secret_access_key=first

            [work]
              aws_access_key_id=TWO
              aws_secret_access_key = second
              aws_session_token = third
            """)
        try body(path)
    }
}

struct S3FaultTests {
    private func makeStore(_ server: ScriptedServer, attempts: Int = 4) -> S3ObjectStore {
        var configuration = S3Configuration(
            bucket: "lake", prefix: "raw", endpoint: "http://127.0.0.1:\(server.port)",
            credentials: S3Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        configuration.maximumAttempts = attempts
        configuration.firstRetryDelay = .milliseconds(1)
        configuration.longestRetryDelay = .milliseconds(4)
        return S3ObjectStore(configuration)
    }

    private func errorBody(_ code: String) -> String {
        "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>because</Message></Error>"
    }

    @Test func transientFailuresAreTriedAgain() throws {
        let server = try ScriptedServer([
            .answer(503, body: errorBody("SlowDown")), .hangUp, .truncated(200, body: "hal", announced: 5),
            .answer(200, body: "whole"),
        ])
        #expect(try makeStore(server).get("a") == Array("whole".utf8))
        #expect(server.requests.map(\.line) == Array(repeating: "GET /lake/raw/a HTTP/1.1", count: 4))
        #expect(server.requests.allSatisfy { $0.headers["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 ") == true })
    }

    @Test func triesEndAndTellTheLastReason() throws {
        let server = try ScriptedServer(Array(repeating: .answer(503, body: errorBody("SlowDown")), count: 9))
        let error = #expect(throws: ObjectStoreError.self) { try makeStore(server, attempts: 3).get("a") }
        #expect(error?.code == .unavailable && error?.reason.contains("SlowDown") == true)
        #expect(server.requests.count == 3)
    }

    @Test func nobodyListeningIsUnavailable() throws {
        let port = try ScriptedServer([]).port
        var configuration = S3Configuration(
            bucket: "lake", endpoint: "http://127.0.0.1:\(port)",
            credentials: S3Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        configuration.maximumAttempts = 2
        configuration.firstRetryDelay = .milliseconds(1)
        let error = #expect(throws: ObjectStoreError.self) { try S3ObjectStore(configuration).get("a") }
        #expect(error?.code == .unavailable)
    }

    @Test(arguments: [
        (403, "AccessDenied", ObjectStoreError.Code.denied), (403, "SignatureDoesNotMatch", .denied),
        (404, "NoSuchKey", .notFound), (404, "NoSuchBucket", .invalid), (507, "XMinioStorageFull", .full),
        (503, "XMinioStorageFull", .full), (400, "InvalidRequest", .invalid), (301, "PermanentRedirect", .invalid),
    ])
    func refusalsAreNotTriedAgain(status: Int, code: String, expected: ObjectStoreError.Code) throws {
        let server = try ScriptedServer([.answer(status, body: errorBody(code)), .answer(200, body: "late")])
        let error = #expect(throws: ObjectStoreError.self) { try makeStore(server).get("a") }
        #expect(error?.code == expected && error?.reason.contains("secret") == false)
        #expect(server.requests.count == 1)
    }

    // MARK: - Put if absent

    @Test func aTakenNameIsTold() throws {
        let server = try ScriptedServer([.answer(412, body: errorBody("PreconditionFailed"))])
        #expect(try !makeStore(server).putIfAbsent("a", [1]))
        #expect(server.requests[0].headers["if-none-match"] == "*")
    }

    @Test func aLostReplyIsRecognisedAsOurOwn() throws {
        let server = try ScriptedServer([
            .hangUp, .answer(412, body: errorBody("PreconditionFailed")), .answer(200, body: "mine"),
        ])
        #expect(try makeStore(server).putIfAbsent("a", Array("mine".utf8)))
        #expect(server.requests.map { $0.line.prefix(3) } == ["PUT", "PUT", "GET"])
    }

    @Test func anotherWritersObjectIsNotTakenForOurs() throws {
        let server = try ScriptedServer([
            .answer(500, body: ""), .answer(412, body: errorBody("PreconditionFailed")), .answer(200, body: "theirs"),
        ])
        #expect(try !makeStore(server).putIfAbsent("a", Array("mine".utf8)))
    }

    @Test func aRaceIsTriedAgain() throws {
        let server = try ScriptedServer([
            .answer(409, body: errorBody("ConditionalRequestConflict")), .answer(200, headers: ["ETag": "\"1\""]),
        ])
        #expect(try makeStore(server).putIfAbsent("a", [1]))
    }

    @Test func aServerThatIgnoresTheConditionIsRefused() throws {
        let server = try ScriptedServer([.answer(200), .answer(200), .answer(204)])
        let error = #expect(throws: ObjectStoreError.self) { try makeStore(server).checkWritable() }
        #expect(error?.code == .invalid && error?.reason.contains("If-None-Match") == true)
        #expect(server.requests.last?.line.hasPrefix("DELETE") == true)
    }

    // MARK: - Reading

    @Test func anObjectReplacedWhileItIsReadIsAnError() throws {
        let server = try ScriptedServer([
            .answer(
                200, headers: ["ETag": "\"1\"", "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"], body: "0123456789"),
            .answer(412, body: errorBody("PreconditionFailed")),
        ])
        let reader = try makeStore(server).openReader("a")
        #expect(reader.byteCount == 10)
        let error = #expect(throws: ObjectStoreError.self) { try reader.read(2..<4) }
        #expect(error?.code == .corrupt)
        #expect(server.requests[1].headers["if-match"] == "\"1\"")
    }

    @Test func aServerThatIgnoresRangesIsUnderstood() throws {
        let server = try ScriptedServer([.answer(200, body: "0123456789"), .answer(200, body: "0123456789")])
        let store = makeStore(server)
        #expect(try store.get("a", range: 2..<5) == Array("234".utf8))
        let error = #expect(throws: ObjectStoreError.self) { try store.get("a", range: 8..<12) }
        #expect(error?.code == .invalid)
    }

    @Test func aListingThatIsNoneIsAnError() throws {
        for body in [
            "", "<html>", "<Other/>", "<ListBucketResult><Contents><Key>raw/a</Key></Contents></ListBucketResult>",
        ] {
            let server = try ScriptedServer([.answer(200, body: body)])
            let error = #expect(throws: ObjectStoreError.self) { try makeStore(server).list(prefix: "") }
            #expect(error?.code == .corrupt, "\(body)")
        }
    }

    // MARK: - Parts

    @Test func anErrorInTheDressOfASuccessIsSeen() throws {
        let created = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        let server = try ScriptedServer([
            .answer(200, body: created), .answer(200, headers: ["ETag": "\"p1\""]),
            .answer(200, headers: ["ETag": "\"p2\""]),
            .answer(200, body: errorBody("InternalError")), .answer(204),
        ])
        var configuration = S3Configuration(
            bucket: "lake", endpoint: "http://127.0.0.1:\(server.port)",
            credentials: S3Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        configuration.partByteCount = 10
        let writer = try S3ObjectStore(configuration).makeWriter("big")
        try writer.write([UInt8](repeating: 65, count: 15))
        #expect(throws: ObjectStoreError.self) { try writer.finish() }
        writer.cancel()
        #expect(server.requests.map(\.line).last == "DELETE /lake/big?uploadId=u HTTP/1.1")
    }

    @Test func aJoinThatWasCarriedOutUnheardIsFoundDone() throws {
        let created = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
        let server = try ScriptedServer([
            .answer(200, body: created), .answer(200, headers: ["ETag": "\"p1\""]),
            .answer(200, headers: ["ETag": "\"p2\""]),
            .hangUp, .answer(404, body: errorBody("NoSuchUpload")), .answer(200, body: "0123456789abcde"),
            .answer(200, body: "0123456789abcde"),
        ])
        var configuration = S3Configuration(
            bucket: "lake", endpoint: "http://127.0.0.1:\(server.port)",
            credentials: S3Credentials(accessKeyID: "id", secretAccessKey: "secret"))
        configuration.partByteCount = 10
        configuration.firstRetryDelay = .milliseconds(1)
        let writer = try S3ObjectStore(configuration).makeWriter("big")
        try writer.write([UInt8](repeating: 65, count: 15))
        #expect(try writer.finish().byteCount == 15)
    }
}
