import Glibc

/// Writes an index file section by section.
struct IVFWriter {
    let items: IVFItems
    let centroids: [Float]
    let lists: IVFLists
    let targetRecall: Double
    let pool: WorkerPool

    var sizes: IVFFormat.Sizes {
        IVFFormat.Sizes(count: items.ids.count, dimension: items.dimension, listCount: lists.count)
    }

    /// Writes beside `path`, measures the recall of what was written, adds that, fsyncs and renames.
    ///
    /// - Returns: the size of the file, and what was measured.
    func write(
        to path: String, calibrator: IVFCalibrator, durations: inout PartTimer, isStopped: () -> Bool
    ) throws -> (byteCount: Int, calibration: IVFCalibration) {
        let aside = "\(path).\(getpid()).partial"
        let file = try IndexFileWriter(path: aside)
        do {
            var entries = try writeSections(to: file)
            try file.overwrite(header(entries, byteCount: file.offset), at: 0)
            durations.end("write")
            let calibration = try calibrator.measure(
                IVFIndex(path: aside, verification: .structure), isStopped: isStopped)
            try write(calibration, into: &entries, of: file)
            durations.end("measure")
            try file.finish()
            guard rename(aside, path) == 0 else { throw LearningError.system("rename", path: aside, errno: errno) }
            durations.end("make durable")
            return (file.offset, calibration)
        } catch {
            // The first failure is the one to tell; a file that is already gone needs no removing.
            _ = unlink(aside)
            throw error
        }
    }

    private func write(
        _ calibration: IVFCalibration, into entries: inout [IVFLayout.Entry], of file: IndexFileWriter
    ) throws {
        guard let place = entries.firstIndex(where: { $0.section == .calibration }) else { return }
        let section = calibration.section
        entries[place].checksum = section.withUnsafeBytes { SectionChecksum.of($0) }
        try file.overwrite(section, at: entries[place].range.lowerBound)
        try file.overwrite(header(entries, byteCount: file.offset), at: 0)
    }

    private func writeSections(to file: IndexFileWriter) throws -> [IVFLayout.Entry] {
        var entries: [IVFLayout.Entry] = []
        var made = Made()
        try file.pad(to: IVFFormat.aligned(IVFLayout.tableEnd))
        for section in IVFFormat.Section.allCases {
            let start = file.offset
            file.beginChecksum()
            try write(section, to: file, &made)
            entries.append(IVFLayout.Entry(section: section, checksum: file.checksum, range: start..<file.offset))
            try file.pad(to: IVFFormat.aligned(file.offset))
        }
        try file.flush()
        return entries
    }

    /// What one section leaves for those after it.
    private struct Made {
        var blockFacts: [Float] = []
        var ids = IDTables()
    }

    private func write(_ section: IVFFormat.Section, to file: IndexFileWriter, _ made: inout Made) throws {
        switch section {
        case .facts:
            try file.write([items.regularization.bitPattern, items.alpha.bitPattern])
            try file.write([Float(targetRecall), 0])
        case .version: try file.write(Array(items.modelVersion.utf8))
        case .gram: try file.write(items.gram.values)
        case .centroids: try file.write(centroids)
        case .offsets: try file.write(lists.offsets)
        case .vectors: made.ids = try writeVectorsAndMakeIDTables(to: file)
        case .codes: made.blockFacts = try writeCodes(to: file)
        case .blockFacts: try file.write(made.blockFacts)
        case .idOffsets: try file.write(made.ids.offsets)
        case .idBytes: try writeIDs(to: file)
        case .idTable: try file.write(made.ids.slots)
        case .calibration: try file.write(IVFCalibration(rows: []).section)
        }
    }
}
