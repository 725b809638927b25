import CKernels

extension IVFWriter {
    // MARK: - Vectors

    /// Rows gathered between two writes.
    private static let rowsAtATime = 4096

    /// Where the ids are in the file, by item and by hash.
    struct IDTables {
        var offsets: [UInt32] = []
        var slots: [UInt32] = []
    }

    /// One thread copies the vectors while another makes the tables of the ids: both mostly wait for memory.
    func writeVectorsAndMakeIDTables(to file: IndexFileWriter) throws -> IDTables {
        var vectors = Result<Void, any Error>.success(())
        var tables = Result<IDTables, any Error>.success(IDTables())
        pool.run(WorkPlan(count: 2, chunkSize: 1)) { part, _ in
            if part.lowerBound == 0 {
                vectors = Result { try writeVectors(to: file) }
            } else {
                tables = Result { IDTables(offsets: try idOffsets(), slots: try idTable()) }
            }
        }
        try vectors.get()
        return try tables.get()
    }

    /// Vectors in the order of the lists.
    private func writeVectors(to file: IndexFileWriter) throws {
        var buffer = [Float](repeating: 0, count: min(Self.rowsAtATime, lists.order.count) * items.dimension)
        for start in stride(from: 0, to: lists.order.count, by: Self.rowsAtATime) {
            let count = min(Self.rowsAtATime, lists.order.count - start)
            buffer.withUnsafeMutableBufferPointer { buffer in
                guard let target = buffer.baseAddress else { return }
                gather(start..<start + count, target)
            }
            try buffer.withUnsafeBytes {
                try file.write(UnsafeRawBufferPointer(rebasing: $0[..<(count * items.dimension * 4)]))
            }
        }
    }

    /// Copies the vectors of places in the file, one after the other.
    private func gather(_ places: Range<Int>, _ target: UnsafeMutablePointer<Float>) {
        items.vectors.withUnsafeBufferPointer { vectors in
            guard let source = vectors.baseAddress else { return }
            for place in places {
                (target + (place - places.lowerBound) * items.dimension).update(
                    from: source + Int(lists.order[place]) * items.dimension, count: items.dimension)
            }
        }
    }

    // MARK: - Codes

    /// A block of codes to be packed: at most 16 places of one list.
    private struct Block {
        var places: Range<Int>
    }

    private var blocks: [Block] {
        (0..<lists.count).flatMap { list in
            stride(from: Int(lists.offsets[list]), to: Int(lists.offsets[list + 1]), by: IVFFormat.blockSize).map {
                Block(places: $0..<min($0 + IVFFormat.blockSize, Int(lists.offsets[list + 1])))
            }
        }
    }

    /// Packs and writes all blocks.
    ///
    /// - Returns: the block facts.
    func writeCodes(to file: IndexFileWriter) throws -> [Float] {
        let blocks = self.blocks
        let size = (items.dimension + 3) / 4 * 4 * IVFFormat.blockSize
        let blocksAtATime = Self.rowsAtATime / IVFFormat.blockSize
        var facts = [Float](repeating: 0, count: 2 * blocks.count)
        var codes = [UInt8](repeating: 0, count: min(blocksAtATime, blocks.count) * size)
        for start in stride(from: 0, to: blocks.count, by: blocksAtATime) {
            let chunk = blocks[start..<min(start + blocksAtATime, blocks.count)]
            codes.withUnsafeMutableBufferPointer { codes in
                facts.withUnsafeMutableBufferPointer { facts in
                    guard let codes = codes.baseAddress, let facts = facts.baseAddress else { return }
                    pack(chunk, size: size, into: codes, facts: facts + 2 * start)
                }
            }
            try codes.withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<(chunk.count * size)])) }
        }
        return facts
    }

    private func pack(
        _ blocks: ArraySlice<Block>, size: Int, into codes: UnsafeMutablePointer<UInt8>,
        facts: UnsafeMutablePointer<Float>
    ) {
        pool.run(WorkPlan(count: blocks.count, chunkSize: 64)) { chunk, _ in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: IVFFormat.blockSize * items.dimension) { rows in
                guard let rows = rows.baseAddress else { return }
                for index in chunk {
                    let places = blocks[blocks.startIndex + index].places
                    gather(places, rows)
                    facts[2 * index] = ck_ivf_pack(rows, places.count, items.dimension, codes + index * size)
                    facts[2 * index + 1] = lists.lengths[Int(lists.order[places.lowerBound])]
                }
            }
        }
    }

    // MARK: - Ids

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

    func writeIDs(to file: IndexFileWriter) throws {
        var bytes: [UInt8] = []
        for row in lists.order {
            bytes += items.ids[Int(row)].utf8
            guard bytes.count >= 1 << 20 else { continue }
            try file.write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        try file.write(bytes)
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

    // MARK: - Header

    func header(_ entries: [IVFLayout.Entry], byteCount: Int) -> [UInt8] {
        var bytes = IVFFormat.magic
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        append(IVFFormat.version)
        append(IVFFormat.byteOrderMark)
        append(UInt64(byteCount))
        append(UInt64(sizes.count))
        append(UInt64(sizes.dimension))
        append(UInt32(sizes.listCount))
        append(UInt32(entries.count))
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
