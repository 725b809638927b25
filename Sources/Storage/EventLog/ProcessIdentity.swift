import Glibc

/// Names a process so that another process of the machine can tell whether it is still there.
///
/// Its number alone is not enough: the kernel hands numbers out again, and containers count for themselves. So the name
/// has the namespace the number counts in, the number, and when the process started (proc(5): `/proc/<n>/stat`, field 22).
struct ProcessIdentity: Equatable {
    let namespace: String
    let number: Int32
    let startTime: String

    /// This process.
    static var current: ProcessIdentity {
        let number = getpid()
        return ProcessIdentity(
            namespace: namespace() ?? "unknown", number: number, startTime: startTime(of: number) ?? "unknown")
    }

    init(namespace: String, number: Int32, startTime: String) {
        self.namespace = namespace
        self.number = number
        self.startTime = startTime
    }

    /// Reads what `name` made; nil for anything else.
    init?(name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int32(parts[1]) else { return nil }
        self.init(namespace: String(parts[0]), number: number, startTime: String(parts[2]))
    }

    var name: String { "\(namespace)/\(number)/\(startTime)" }

    /// Whether the process is certainly gone: false when that cannot be told from here.
    var isGone: Bool {
        guard namespace != "unknown", startTime != "unknown", Self.namespace() == namespace else { return false }
        if kill(number, 0) != 0, errno == ESRCH { return true }
        guard let found = Self.startTime(of: number) else { return false }
        return found != startTime
    }

    private static func namespace() -> String? {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Clock ticks from the machine's start to the process's.
    private static func startTime(of number: Int32) -> String? {
        guard let file = fopen("/proc/\(number)/stat", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        // The second field, the program's name, may hold anything; the last parenthesis ends it.
        guard let end = bytes.prefix(count).lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        return fields.count > 19 ? String(decoding: fields[19], as: UTF8.self) : nil
    }
}
