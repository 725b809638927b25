import Glibc

/// A file mapped read-only for as long as this object lives.
///
/// The bytes must not change while they are mapped: a published model never does (docs/design.md §3.5).
// Sendable by proof: both properties are immutable and the memory is never written.
final class MappedFile: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    /// Maps the whole file.
    init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LearningError.system("open", path: path, errno: errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw LearningError.system("stat", path: path, errno: errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw LearningError.invalid("\(path) is not a file")
        }
        let size = Int(facts.st_size)
        guard size > 0 else { throw LearningError.corrupt("\(path) is empty") }
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
            throw LearningError.system("map", path: path, errno: errno)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
