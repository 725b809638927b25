/// How a file is read.
public struct ReadOptions: Sendable {
    /// In what form byte arrays are handed out.
    public enum ByteArrayForm: Sendable {
        /// `.dictionary` where the whole chunk is dictionary-encoded, `.byteArrays` otherwise.
        case asStored
        /// Always `.dictionary`: pages that are not dictionary-encoded are interned while they are read.
        case dictionary
        /// Always `.byteArrays`.
        case plain
    }

    /// Form of byte arrays.
    public var byteArrayForm = ByteArrayForm.asStored

    /// Whether pages that carry a checksum are checked against it.
    public var verifiesChecksums = true

    /// The most bytes that the strings of one chunk may come to when they are spelled out. Never more than 4 GiB.
    public var maximumByteArrayByteCount = 1 << 30

    /// How many bytes the strings of a chunk may come to whatever its size. Repeated strings take next to nothing in a
    /// file; beyond this number a chunk may have `maximumByteArrayBytesPerByte` for each of its bytes. Read what is
    /// repeated more often as a dictionary, or raise these.
    public var freeByteArrayByteCount = 64 << 20

    /// See `freeByteArrayByteCount`.
    public var maximumByteArrayBytesPerByte = 1 << 10

    /// How many values a chunk may have whatever its size; runs make many values of few bytes, and beyond this number
    /// a chunk may have `maximumValuesPerByte` for each of its bytes.
    public var freeValueCount = 1 << 24

    /// See `freeValueCount`.
    public var maximumValuesPerByte = 1 << 16

    /// The defaults.
    public init() {}
}
