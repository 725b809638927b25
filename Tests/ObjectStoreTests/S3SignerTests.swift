import ObjectStore
import ServiceKit
import Testing

struct S3SignerTests {
    /// FIPS 180-4's and NIST's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func hashesAsTheStandardSays(text: String, digest: String) {
        #expect(SHA256.hexadecimal(SHA256.digest(Array(text.utf8))) == digest)
    }

    @Test func hashesAMillionLetters() {
        #expect(
            SHA256.hexadecimal(SHA256.digest([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// RFC 4231, test cases 2 and 6.
    @Test func authenticatesAsTheStandardSays() {
        #expect(
            SHA256.hexadecimal(
                SHA256.authenticate(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            SHA256.hexadecimal(
                SHA256.authenticate(
                    Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                    key: [UInt8](repeating: 0xaa, count: 131)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    /// The four examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
    @Test func signsAsAmazonsExamples() {
        let signer = S3Signer(
            credentials: S3Credentials(
                accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1")
        // 2013-05-24T00:00:00Z
        func signature(_ request: S3Request, _ payloadHash: String = S3Signer.emptyPayloadHash) -> String {
            let headers = signer.sign(
                request, host: "examplebucket.s3.amazonaws.com", payloadHash: payloadHash, now: 1_369_353_600_000)
            return String(headers["authorization"]?.split(separator: "Signature=").last ?? "")
        }
        #expect(
            signature(S3Request(method: "GET", path: "/test.txt", headers: ["range": "bytes=0-9"]))
                == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        #expect(
            signature(
                S3Request(
                    method: "PUT", path: "/test$file.text",
                    headers: [
                        "date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY",
                    ]), "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        #expect(
            signature(S3Request(method: "GET", path: "/", query: [("lifecycle", "")]))
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            signature(S3Request(method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")]))
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test func documentsAreRead() throws {
        let text = """
            <?xml version="1.0"?><List xmlns="http://x/"><a>1 &lt; 2 &amp; &#xe9;&#65;</a><b/><c x="y"><d>z</d></c><c/></List>
            """
        let document = try #require(S3XML(Array(text.utf8)))
        #expect(document.name == "List" && document["a"] == "1 < 2 & éA" && document["b"] == "")
        #expect(document.all("c").count == 2 && document.all("c")[0]["d"] == "z")
        #expect(S3XML(Array("<a>\(S3XML.escape("<&>\"é"))</a>".utf8))?.text == "<&>\"é")
        for bad in ["", "x", "<a>", "<a></b>", "<a>&bad;</a>", "<a/><b/>", "<a", String(repeating: "<a>", count: 50)] {
            #expect(S3XML(Array(bad.utf8)) == nil, "\(bad)")
        }
    }
}

struct S3ConfigurationTests {
    private let keys = ["AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-secret"]

    @Test func anAddressTellsBucketPrefixAndServer() throws {
        let configuration = try S3Configuration(
            uri: "s3://datalake/raw/logs/?endpoint=http://127.0.0.1:9000/&region=eu-west-3", environment: keys)
        #expect(configuration.bucket == "datalake" && configuration.prefix == "raw/logs")
        #expect(configuration.endpoint == "http://127.0.0.1:9000" && configuration.region == "eu-west-3")
        #expect(configuration.usesPathStyle)
        #expect(S3ObjectStore(configuration).location == "s3://datalake/raw/logs")
    }

    @Test func theEnvironmentFillsTheRest() throws {
        var environment = keys
        #expect(try !S3Configuration(uri: "s3://lake", environment: environment).usesPathStyle)
        environment["AWS_ENDPOINT_URL"] = "https://minio.example"
        environment["AWS_REGION"] = "eu-north-1"
        let configuration = try S3Configuration(uri: "s3://lake", environment: environment)
        #expect(configuration.endpoint == "https://minio.example" && configuration.region == "eu-north-1")
        #expect(configuration.prefix.isEmpty)
    }

    @Test(arguments: [
        "s3:/lake", "http://lake", "s3://", "s3://a", "s3://Lake", "s3://lake?x=y", "s3://lake?endpoint=minio:9000",
        "s3://key:secret@lake/x", "s3://lake?path_style=yes", "s3://lake?endpoint",
    ])
    func otherAddressesAreRefusedWithoutShowingSecrets(uri: String) {
        let error = #expect(throws: ObjectStoreError.self) { try S3Configuration(uri: uri, environment: keys) }
        #expect(error?.code == .invalid && error?.reason.contains("secret") == false)
    }

    @Test func credentialsComeFromAFileAndAProfile() throws {
        try withCredentialsFile { (path: String) throws in
            let environment = ["AWS_SHARED_CREDENTIALS_FILE": path]
            #expect(try S3Credentials.find(in: environment).accessKeyID == "ONE")
            #expect(try S3Credentials.find(in: environment, profile: "work").accessKeyID == "TWO")
            var both = environment.merging(keys) { $1 }
            #expect(try S3Credentials.find(in: both).accessKeyID == "AKIAEXAMPLE")
            both["AWS_SECRET_ACCESS_KEY"] = ""
            let cases: [([String: String], String?)] = [(environment, "none"), (both, nil), ([:], nil)]
            for (environment, profile) in cases {
                let error = #expect(throws: ObjectStoreError.self) {
                    try S3Credentials.find(in: environment, profile: profile)
                }
                #expect(error?.code == .invalid)
            }
        }
    }

    @Test func secretsAreNeverShown() throws {
        let credentials = try S3Credentials.find(in: keys.merging(["AWS_SESSION_TOKEN": "token-secret"]) { $1 })
        let configuration = try S3Configuration(uri: "s3://lake", environment: keys)
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(configuration, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\(configuration)", dumped] {
            #expect(!text.contains("secret"), "\(text)")
        }
    }
}
