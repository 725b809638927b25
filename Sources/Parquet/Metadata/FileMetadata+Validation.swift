extension FileMetadata {
    /// Checks that the parts of the footer agree with each other and with the size of the file.
    ///
    /// - Parameter dataEnd: first byte behind the row groups and indexes.
    func validate(dataEnd: Int) throws {
        var rows = 0
        for (index, group) in rowGroups.enumerated() {
            try locating("row group \(index)") { try validate(group, dataEnd) }
            let (sum, overflow) = rows.addingReportingOverflow(group.rowCount)
            guard !overflow else { throw ParquetError.damaged("the row counts overflow") }
            rows = sum
        }
        guard rows == rowCount else {
            throw ParquetError.damaged("the row groups have \(rows) rows, the footer tells \(rowCount)")
        }
    }

    private func validate(_ group: RowGroupMetadata, _ dataEnd: Int) throws {
        guard group.columns.count == schema.leaves.count else {
            throw ParquetError.damaged("it has \(group.columns.count) columns, the schema \(schema.leaves.count)")
        }
        for (leaf, chunk) in zip(schema.leaves, group.columns) {
            try locating("column \(leaf.name)") { try chunk.validate(leaf, group, dataEnd) }
        }
        for column in group.sortingColumns where column.leaf >= schema.leaves.count {
            throw ParquetError.damaged("it is sorted by column \(column.leaf), which is not there")
        }
    }
}

extension ColumnChunkMetadata {
    fileprivate func validate(_ leaf: SchemaLeaf, _ group: RowGroupMetadata, _ dataEnd: Int) throws {
        guard externalPath == nil else { throw ParquetError.unsupported("its bytes are in another file") }
        guard !isEncrypted else { throw ParquetError.unsupported("it is encrypted") }
        guard type == leaf.type else {
            throw ParquetError.damaged("its chunk holds \(type.name) values, the schema tells \(leaf.type.name)")
        }
        guard path == leaf.path else {
            throw ParquetError.damaged("its chunk calls itself \(path.joined(separator: "."))")
        }
        if leaf.maximumRepetitionLevel == 0, valueCount != group.rowCount {
            throw ParquetError.damaged("it has \(valueCount) values, its row group \(group.rowCount) rows")
        }
        guard valueCount >= group.rowCount else {
            throw ParquetError.damaged("it has \(valueCount) values for \(group.rowCount) rows")
        }
        let (end, overflow) = startOffset.addingReportingOverflow(compressedByteCount)
        guard !overflow, valueCount == 0 || startOffset >= 4, end <= dataEnd else {
            throw ParquetError.damaged("its bytes \(startOffset) to \(end) lie outside the file's data")
        }
        for range in [offsetIndexRange, columnIndexRange] {
            if let range, range.upperBound > dataEnd || range.lowerBound < 4 {
                throw ParquetError.damaged("its page index lies outside the file's data")
            }
        }
    }
}
