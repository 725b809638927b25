import Foundation

/// The process that measures.
enum MeasuredProcess {
    /// The most memory it has held so far (`VmHWM`), in megabytes of 2^20 bytes.
    static func peakResidentMegabytes() -> Double { statusKilobytes("VmHWM:") / 1024 }

    /// The memory it holds now (`VmRSS`), in megabytes of 2^20 bytes.
    static func residentMegabytes() -> Double { statusKilobytes("VmRSS:") / 1024 }

    /// Forgets the peak, so that the next `peakResidentMegabytes` tells of what follows.
    static func resetPeak() {
        guard let handle = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
        handle.write(Data("5".utf8))
        handle.closeFile()
    }

    private static func statusKilobytes(_ field: String) -> Double {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return .nan }
        for line in status.split(separator: "\n") where line.hasPrefix(field) {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) }
                ?? .nan
        }
        return .nan
    }
}
