import HTTPServer

/// The body of `POST /1/submit-listens`, checked by the rules of ListenBrainz's API documentation ("Core", "JSON
/// Documentation"): a submission is good as a whole or refused as a whole.
struct ListenSubmission {
    /// What is submitted.
    enum Kind: String {
        /// One finished listen.
        case single
        /// Many of them.
        case `import`
        /// What plays now: told, not kept.
        case playingNow = "playing_now"
    }

    /// Most listens in one submission.
    static let listenCountLimit = 1000
    /// Bytes a listen may take, on average over a submission.
    static let listenByteLimit = 10_240
    /// 2002-10-01, before which nobody scrobbled.
    static let earliestSeconds: Int64 = 1_033_430_400
    /// How far a client's clock may be ahead.
    private static let clockTolerance: Int64 = 10

    let kind: Kind
    let listens: [ScrobbledListen]

    /// - Parameter now: epoch milliseconds.
    /// - Throws: `HTTPError` 400 that says what is wrong, in the words a scrobbler shows.
    init(_ body: [UInt8], now: Int64) throws(HTTPError) {
        let (kind, elements) = try Self.parts(of: body)
        var listens: [ScrobbledListen] = []
        listens.reserveCapacity(elements.count)
        for element in elements {
            let time = try Self.time(of: element, kind, latest: now / 1000 + Self.clockTolerance)
            listens.append(try ScrobbledListen(element, listenedAt: time))
        }
        self.kind = kind
        self.listens = listens
    }

    private static func parts(of body: [UInt8]) throws(HTTPError) -> (kind: Kind, elements: [JSONValue]) {
        let json: JSONValue
        do throws(HTTPError) {
            json = try JSONValue(parsing: body)
        } catch {
            throw .badRequest("Cannot parse JSON document: \(error.reason)")
        }
        guard case .object = json, let type = json["listen_type"], let payload = json["payload"] else {
            throw .badRequest("Invalid JSON document submitted: it must hold listen_type and payload.")
        }
        guard case .string(let name) = type, let kind = Kind(rawValue: name) else {
            throw .badRequest("JSON document requires a valid listen_type key.")
        }
        guard case .array(let elements) = payload else {
            throw .badRequest("The payload in the JSON document should be a list of listens.")
        }
        try check(kind, listenCount: elements.count, byteCount: body.count)
        return (kind, elements)
    }

    private static func check(_ kind: Kind, listenCount: Int, byteCount: Int) throws(HTTPError) {
        guard listenCount > 0 else { throw .badRequest("JSON document does not contain any listens.") }
        guard listenCount <= listenCountLimit else {
            throw .badRequest("Too many listens. You may not submit more than \(listenCountLimit) listens per request.")
        }
        guard byteCount <= listenCount * listenByteLimit else {
            throw .badRequest(
                "JSON document is too large. In aggregate, listens may not be larger than \(listenByteLimit) characters."
            )
        }
        guard kind == .import || listenCount == 1 else {
            throw .badRequest(
                "JSON document contains more than listen for a single/playing_now. It should contain only one.")
        }
    }

    /// `listened_at` in epoch seconds; 0 for what plays now.
    private static func time(of listen: JSONValue, _ kind: Kind, latest: Int64) throws(HTTPError) -> Int64 {
        guard case .object = listen else { throw .badRequest("A listen must be a JSON object.") }
        guard kind != .playingNow else {
            guard listen["listened_at"] == nil else {
                throw .badRequest("JSON document must not contain listened_at while submitting playing_now.")
            }
            return 0
        }
        guard let value = listen["listened_at"] else {
            throw .badRequest("JSON document must contain the key listened_at at the top level.")
        }
        guard let seconds = value.wholeNumber else {
            throw .badRequest("JSON document must contain an int value for listened_at.")
        }
        guard seconds >= earliestSeconds else {
            throw .badRequest(
                "Value for key listened_at is too low. listened_at timestamp should be greater than "
                    + "\(earliestSeconds) (2002-10-01 00:00:00 UTC).")
        }
        guard seconds <= latest else {
            throw .badRequest("Value for key listened_at is too high: it lies in the future.")
        }
        return seconds
    }
}

/// One listen of a submission, as far as it is kept.
struct ScrobbledListen {
    /// Start of the play, epoch seconds.
    var listenedAt: Int64
    /// `track_metadata.artist_name`.
    var artist: String
    /// `track_metadata.track_name`.
    var title: String
    /// MusicBrainz's identifier of the recording, lower case.
    var recordingID: String?
    /// MusicBrainz's identifier of the first artist, lower case.
    var artistID: String?
    /// Length of the song.
    var durationMilliseconds: Int32?

    init(_ json: JSONValue, listenedAt: Int64) throws(HTTPError) {
        guard let metadata = json["track_metadata"] else {
            throw .badRequest("JSON document must contain the key track_metadata at the top level.")
        }
        guard case .object = metadata else { throw .badRequest("track_metadata must be a JSON object.") }
        self.listenedAt = listenedAt
        artist = try Self.text("artist_name", of: metadata)
        title = try Self.text("track_name", of: metadata)
        switch metadata["additional_info"] {
        case nil, .null: break
        case .some(let info):
            guard case .object = info else {
                throw .badRequest("track_metadata.additional_info must be a JSON object.")
            }
            try Self.checkTags(info)
            recordingID = try Self.identifier(info["recording_mbid"], "recording_mbid")
            if case .array(let artists) = info["artist_mbids"] {
                for (index, artist) in artists.enumerated() {
                    let id = try Self.identifier(artist, "artist_mbids")
                    if index == 0 { artistID = id }
                }
            }
            durationMilliseconds = try Self.duration(info)
        }
    }

    private static func text(_ name: String, of metadata: JSONValue) throws(HTTPError) -> String {
        guard let value = metadata[name] else {
            throw .badRequest("JSON document does not contain required track_metadata.\(name).")
        }
        guard case .string(let text) = value else {
            throw .badRequest("\(name) must be a single string.", parameter: name)
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw .badRequest("required field track_metadata.\(name) is empty.")
        }
        guard !text.utf8.contains(0) else { throw .badRequest("\(name) contains a unicode null.") }
        return text
    }

    /// A UUID, lower case; nil for a value that is not there, null or empty.
    private static func identifier(_ value: JSONValue?, _ name: String) throws(HTTPError) -> String? {
        switch value {
        case nil, .null, .string(""): return nil
        case .string(let text) where isUUID(text.utf8): return text.lowercased()
        default: throw .badRequest("\(name) MBID format invalid.")
        }
    }

    private static func isUUID(_ text: String.UTF8View) -> Bool {
        text.count == 36
            && text.enumerated().allSatisfy { index, byte in
                switch index {
                case 8, 13, 18, 23: byte == UInt8(ascii: "-")
                default: Character(Unicode.Scalar(byte)).isHexDigit && byte < 0x80
                }
            }
    }

    /// `duration_ms`, or `duration` in seconds.
    private static func duration(_ info: JSONValue) throws(HTTPError) -> Int32? {
        for (name, unit) in [("duration_ms", Int64(1)), ("duration", Int64(1000))] {
            switch info[name] {
            case nil, .null: continue
            case .some(let value):
                // ListenBrainz's own bound: 24 days.
                guard let number = value.wholeNumber, (1...2_073_600_000 / unit).contains(number) else {
                    throw .badRequest("Value for \(name) is invalid, should be a positive integer.")
                }
                return Int32(clamping: number * unit)
            }
        }
        return nil
    }

    private static func checkTags(_ info: JSONValue) throws(HTTPError) {
        guard case .array(let tags) = info["tags"] else { return }
        let place = "track_metadata.additional_info.tags"
        guard tags.count <= 50 else {
            throw .badRequest("JSON document may not contain more than 50 items in \(place).")
        }
        for case .string(let tag) in tags where tag.unicodeScalars.count > 64 {
            throw .badRequest("JSON document may not contain \(place) longer than 64 characters.")
        }
    }
}

extension JSONValue {
    /// The whole number a number, or a string of digits, is.
    fileprivate var wholeNumber: Int64? {
        switch self {
        case .integer(let number): number
        case .number(let number): Int64(exactly: number)
        case .string(let text): Int64(text)
        default: nil
        }
    }
}
