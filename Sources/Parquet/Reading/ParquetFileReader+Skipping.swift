extension ParquetFileReader {
    /// Row groups that may hold rows of the range, by their statistics; the others hold none.
    /// - Throws: when there is no such column or a bound is not of its type.
    public func rowGroups(mayHold range: ColumnRange) throws -> [Int] {
        let filter = try makeFilter(range)
        return metadata.rowGroups.indices.filter { group in
            let statistics = metadata.rowGroups[group].columns[filter.leaf.index].statistics
            return filter.mayHold(
                minimum: statistics?.trusted(statistics?.minimum, filter.leaf),
                maximum: statistics?.trusted(statistics?.maximum, filter.leaf))
        }
    }

    /// Rows of a row group that may be of the range, by its page index, in ascending ranges that do not touch; all rows
    /// when the file has no index.
    /// - Complexity: O(pages); no page is read.
    public func rows(ofRowGroup group: Int, mayHold range: ColumnRange) throws -> [Range<Int>] {
        precondition(metadata.rowGroups.indices.contains(group), "there is no row group \(group)")
        let filter = try makeFilter(range)
        let rowCount = metadata.rowGroups[group].rowCount
        return try locating("\(source.name): page index of column \(filter.leaf.name), row group \(group)") {
            let chunk = metadata.rowGroups[group].columns[filter.leaf.index]
            guard let pages = try offsetIndex(chunk, rowCount), let bytes = chunk.columnIndexRange else {
                return rowCount > 0 ? [0..<rowCount] : []
            }
            let index = try source.withBytes(in: bytes) { bytes in
                var reader = CompactReader(bytes)
                return try ColumnIndex(from: &reader)
            }
            guard index.isNullPage.count == pages.count else {
                throw ParquetError.damaged("\(index.isNullPage.count) pages have bounds, \(pages.count) have places")
            }
            var found: [Range<Int>] = []
            for (number, page) in pages.enumerated() where !index.isNullPage[number] {
                guard filter.mayHold(minimum: index.minimums[number], maximum: index.maximums[number]) else { continue }
                if let last = found.last, last.upperBound == page.rows.lowerBound {
                    found[found.count - 1] = last.lowerBound..<page.rows.upperBound
                } else {
                    found.append(page.rows)
                }
            }
            return found
        }
    }

    /// Reads some rows of a column of one row group: of a file with a page index only the pages that hold them are read
    /// and decoded.
    ///
    /// - Throws: also for a column within lists, whose rows no value of it begins at.
    /// - Complexity: O(bytes of those pages and of the dictionary).
    public func readColumn(
        rowGroup: Int, named name: String, rows: Range<Int>, byteArrays: ReadOptions.ByteArrayForm? = nil
    ) throws -> LeafColumn {
        precondition(metadata.rowGroups.indices.contains(rowGroup), "there is no row group \(rowGroup)")
        let group = metadata.rowGroups[rowGroup]
        precondition(rows.lowerBound >= 0 && rows.upperBound <= group.rowCount, "there are no rows \(rows)")
        let leaf = try locating(source.name) { try self.leaf(name) }
        let chunk = group.columns[leaf.index]
        return try locating("\(source.name): column \(leaf.name), row group \(rowGroup)") {
            guard leaf.maximumRepetitionLevel == 0 else {
                throw ParquetError.unsupported("it lies within lists; read it whole")
            }
            try justify(chunk)
            guard let index = try offsetIndex(chunk, group.rowCount),
                let first = index.firstIndex(where: { $0.rows.upperBound > rows.lowerBound }),
                let last = index.lastIndex(where: { $0.rows.lowerBound < rows.upperBound }), first <= last
            else {
                return try readColumn(rowGroup: rowGroup, column: leaf.index, byteArrays: byteArrays)
                    .flatRows(rows, of: leaf)
            }
            let held = index[first].rows.lowerBound..<index[last].rows.upperBound
            let bytes = index[first].bytes.lowerBound..<index[last].bytes.upperBound
            let column = try read(chunk, leaf, bytes, rowCount: held.count, options(byteArrays))
            return column.flatRows(rows.shifted(by: -held.lowerBound), of: leaf)
        }
    }

    // MARK: pages

    /// A page by the offset index.
    private struct IndexedPage {
        let bytes: Range<Int>
        let rows: Range<Int>
    }

    /// The pages of a chunk, their places checked; nil when the file does not tell.
    private func offsetIndex(_ chunk: ColumnChunkMetadata, _ rowCount: Int) throws -> [IndexedPage]? {
        guard let range = chunk.offsetIndexRange else { return nil }
        let index = try source.withBytes(in: range) { bytes in
            var reader = CompactReader(bytes)
            return try OffsetIndex(from: &reader)
        }
        let chunkEnd = chunk.startOffset + chunk.compressedByteCount
        return try index.pages.enumerated().map { number, page in
            let isLast = number + 1 == index.pages.count
            let endRow = isLast ? rowCount : index.pages[number + 1].firstRow
            guard page.firstRow < endRow, endRow <= rowCount, number > 0 || page.firstRow == 0,
                page.offset >= chunk.startOffset, page.offset <= chunkEnd, page.byteCount <= chunkEnd - page.offset,
                isLast || page.offset < index.pages[number + 1].offset
            else { throw ParquetError.damaged("the offset index contradicts itself at page \(number)") }
            return IndexedPage(bytes: page.offset..<page.offset + page.byteCount, rows: page.firstRow..<endRow)
        }
    }

    private func read(
        _ chunk: ColumnChunkMetadata, _ leaf: SchemaLeaf, _ bytes: Range<Int>, rowCount: Int, _ options: ReadOptions
    ) throws -> LeafColumn {
        let start = chunk.startOffset
        let hasDictionary = chunk.dictionaryPageOffset != nil && chunk.dataPageOffset > start
        let dictionary = start..<(hasDictionary ? min(chunk.dataPageOffset, bytes.lowerBound) : start)
        func decode(_ parts: UnsafeRawBufferPointer...) throws -> LeafColumn {
            var pages = ChunkPages()
            for part in parts { try pages.append(part, upTo: nil) }
            guard pages.slotCount == rowCount else {
                throw ParquetError.damaged("its pages hold \(pages.slotCount) rows, their index tells \(rowCount)")
            }
            return try ColumnChunkReader(leaf: leaf, chunk: chunk, options: options).read(pages)
        }
        if dictionary.isEmpty { return try source.withBytes(in: bytes) { try decode($0) } }
        return try source.withBytes(in: dictionary) { dictionary in
            try source.withBytes(in: bytes) { try decode(dictionary, $0) }
        }
    }

    private func makeFilter(_ range: ColumnRange) throws -> BoundFilter {
        try locating(source.name) { try BoundFilter(range, self.leaf(range.column)) }
    }
}

extension LeafColumn {
    /// Some rows of a flat column.
    fileprivate func flatRows(_ rows: Range<Int>, of leaf: SchemaLeaf) -> LeafColumn {
        guard rows != 0..<slotCount else { return self }
        guard let definitionLevels else { return LeafColumn(values.selecting(rows)) }
        let present = UInt8(leaf.maximumDefinitionLevel)
        let before = valueCount(in: 0..<rows.lowerBound, present: present)
        let count = valueCount(in: rows, present: present)
        return LeafColumn(
            values.selecting(before..<before + count), definitionLevels: Array(definitionLevels[rows]))
    }
}
