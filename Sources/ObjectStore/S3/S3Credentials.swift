import Glibc
import ServiceKit

/// An access key of S3. Its description and its mirror hide the secrets, so that no log line can show them.
public struct S3Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Who.
    public let accessKeyID: String
    let secretAccessKey: String
    let sessionToken: String?

    /// Makes credentials of their parts.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// The beginning of the identifier only.
    public var description: String { "S3Credentials(\(accessKeyID.prefix(4))…)" }

    /// As `description`.
    public var debugDescription: String { description }

    /// Shows nothing of the parts.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": "\(accessKeyID.prefix(4))…"]) }

    /// Looks where AWS's own tools look: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, else the
    /// profile `AWS_PROFILE` (or `default`) of `AWS_SHARED_CREDENTIALS_FILE` (or `~/.aws/credentials`).
    ///
    /// - Throws: `.invalid` telling where it has looked.
    public static func find(in environment: [String: String], profile: String? = nil) throws -> S3Credentials {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if profile == nil, let id = value("AWS_ACCESS_KEY_ID") {
            guard let secret = value("AWS_SECRET_ACCESS_KEY") else {
                throw ObjectStoreError(
                    .invalid,
                    "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not: set both, or neither and use a file")
            }
            return S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: value("AWS_SESSION_TOKEN"))
        }
        let path = value("AWS_SHARED_CREDENTIALS_FILE") ?? value("HOME").map { "\($0)/.aws/credentials" }
        let profile = profile ?? value("AWS_PROFILE") ?? "default"
        guard let path else {
            throw ObjectStoreError(.invalid, "no S3 credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        }
        let bytes: [UInt8]
        do {
            bytes = try AtomicFile.read(path, limit: 1 << 20)
        } catch {
            throw ObjectStoreError(
                .invalid,
                "no S3 credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write profile [\(profile)] into \(path) "
                    + "(\(error))")
        }
        return try parse(String(decoding: bytes, as: UTF8.self), profile: profile, path: path)
    }

    /// Reads a profile of a credentials file: `[name]`, then `key = value` lines.
    static func parse(_ text: String, profile: String, path: String) throws -> S3Credentials {
        var section = ""
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = line.dropFirst().dropLast().trimmed
            } else if section == profile, let equals = line.firstIndex(of: "=") {
                values[line[..<equals].trimmed] = line[line.index(after: equals)...].trimmed
            }
        }
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else {
            throw ObjectStoreError(
                .invalid, "\(path) has no aws_access_key_id and aws_secret_access_key in profile [\(profile)]")
        }
        return S3Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: values["aws_session_token"])
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
