import Sodium
import Testing

@Suite struct SodiumTests {
    @Test func digestsAreThoseOfTheStandards() {
        // FIPS 180-4, and RFC 4231 test case 2 with its key padded to 32 bytes with zeros, which HMAC does itself.
        #expect(
            Digest.hexadecimal(Digest.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let key = Array("Jefe".utf8) + [UInt8](repeating: 0, count: 28)
        #expect(
            Digest.hexadecimal(
                Digest.authenticationCode(of: Array("what do ya want for nothing?".utf8), key: key))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: 0..<20) func base64URLComesBackAndTakesNothingElse(_ count: Int) throws {
        let bytes = try SecureRandom.bytes(count: count)
        let text = Base64URL.encode(bytes)
        #expect(text.utf8.count == (count * 4 + 2) / 3)
        #expect(Base64URL.decode(text.utf8) == bytes)
        #expect(Base64URL.decode((text + "=").utf8) == nil)
        #expect(Base64URL.decode((text + "*").utf8) == nil)
    }

    @Test func theAlphabetIsTheURLSafeOne() {
        #expect(Base64URL.encode([0xFB, 0xFF, 0xFE]) == "-__-")
        #expect(Base64URL.decode("+//+".utf8) == nil)
    }

    @Test func aSecretMatchesItsHashOnly() throws {
        let hash = try PasswordHash(of: "correct horse")
        #expect(hash.text.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(hash.matches("correct horse"))
        #expect(!hash.matches("correct horsf"))
        #expect(!PasswordHash(text: "nonsense").matches("correct horse"))
        #expect(try PasswordHash(of: "correct horse") != hash)
    }

    @Test func randomTextsDiffer() throws {
        #expect(Set(try (0..<100).map { _ in try SecureRandom.text(byteCount: 16) }).count == 100)
        #expect(
            Digest.areEqual([1, 2], [1, 2]) && !Digest.areEqual([1, 2], [1, 3]) && !Digest.areEqual([1], [1, 2]))
    }
}
