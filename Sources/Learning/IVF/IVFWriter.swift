import Glibc
import ServiceKit

/// Writes an index file section by section.
struct IVFWriter {
    let items: IVFItems
    let centroids: [Float]
    let lists: IVFLists

    private var sizes: IVFFormat.Sizes {
        IVFFormat.Sizes(count: items.ids.count, dimension: items.dimension, listCount: lists.count)
    }

    /// Writes beside `path`, fsyncs and renames.
    ///
    /// - Returns: the size of the file.
    func write(to path: String) throws -> Int {
        let aside = "\(path).\(getpid()).partial"
        let file = try IndexFileWriter(path: aside)
        do {
            let byteCount = try writeSections(to: file)
            try file.finish()
            guard rename(aside, path) == 0 else { throw LearningError.system("rename", path: aside, errno: errno) }
            return byteCount
        } catch {
            // The first failure is the one to tell; a file that is already gone needs no removing.
            _ = unlink(aside)
            throw error
        }
    }

    private func writeSections(to file: IndexFileWriter) throws -> Int {
        var entries: [IVFLayout.Entry] = []
        try file.pad(to: IVFFormat.aligned(IVFLayout.tableEnd))
        for section in IVFFormat.Section.allCases {
            let start = file.offset
            file.beginChecksum()
            try write(section, to: file)
            entries.append(IVFLayout.Entry(section: section, checksum: file.checksum, range: start..<file.offset))
            try file.pad(to: IVFFormat.aligned(file.offset))
        }
        try file.overwriteStart(with: header(entries, byteCount: file.offset))
        return file.offset
    }

    private func write(_ section: IVFFormat.Section, to file: IndexFileWriter) throws {
        switch section {
        case .facts:
            try file.write([items.regularization.bitPattern, items.alpha.bitPattern])
            try file.write([UInt32(min(lists.count, max(1, lists.count / 16))), 0])
        case .version: try file.write(Array(items.modelVersion.utf8))
        case .gram: try file.write(items.gram.values)
        case .centroids: try file.write(centroids)
        case .offsets: try file.write(lists.offsets)
        case .vectors: try writeVectors(to: file)
        case .idOffsets: try file.write(try idOffsets())
        case .idBytes: for row in lists.order { try file.write(Array(items.ids[Int(row)].utf8)) }
        case .idTable: try file.write(try idTable())
        }
    }

    private func writeVectors(to file: IndexFileWriter) throws {
        try items.vectors.withUnsafeBufferPointer { vectors in
            for row in lists.order {
                let start = Int(row) * items.dimension
                try file.write(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: vectors[start..<start + items.dimension])))
            }
        }
    }

    private func idOffsets() throws -> [UInt32] {
        var offsets: [UInt32] = [0]
        offsets.reserveCapacity(items.ids.count + 1)
        for row in lists.order {
            let length = items.ids[Int(row)].utf8.count
            guard (1...Int(UInt16.max)).contains(length) else {
                throw LearningError.invalid("an item id has 1 to 65535 bytes, that of row \(row) has \(length)")
            }
            let (end, isTooLong) = offsets[offsets.count - 1].addingReportingOverflow(UInt32(length))
            guard !isTooLong else { throw LearningError.invalid("all item ids together take more than 4 GiB") }
            offsets.append(end)
        }
        return offsets
    }

    private func idTable() throws -> [UInt32] {
        let slotCount = sizes.idSlotCount
        var table = [UInt32](repeating: 0, count: slotCount)
        for (item, row) in lists.order.enumerated() {
            let id = items.ids[Int(row)]
            var slot = IVFFormat.slot(of: id.utf8, slotCount: slotCount)
            while table[slot] != 0 {
                guard items.ids[Int(lists.order[Int(table[slot]) - 1])].utf8.elementsEqual(id.utf8) == false else {
                    throw LearningError.invalid("item id \(id) is there twice")
                }
                slot = slot + 1 == slotCount ? 0 : slot + 1
            }
            table[slot] = UInt32(item + 1)
        }
        return table
    }

    private func header(_ entries: [IVFLayout.Entry], byteCount: Int) -> [UInt8] {
        var bytes = IVFFormat.magic
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        append(IVFFormat.version)
        append(IVFFormat.byteOrderMark)
        append(UInt64(byteCount))
        append(UInt64(sizes.count))
        append(UInt64(sizes.dimension))
        append(UInt32(sizes.listCount))
        append(UInt32(entries.count))
        append(UInt32(0))
        bytes += [UInt8](repeating: 0, count: IVFFormat.headerByteCount - bytes.count)
        for entry in entries {
            append(entry.section.rawValue)
            append(entry.checksum)
            append(UInt64(entry.range.lowerBound))
            append(UInt64(entry.range.count))
        }
        let checksum = bytes.withUnsafeBytes { IVFLayout.headerChecksum($0) }
        withUnsafeBytes(of: checksum.littleEndian) { value in
            for (index, byte) in value.enumerated() { bytes[IVFFormat.headerChecksumOffset + index] = byte }
        }
        return bytes
    }
}
