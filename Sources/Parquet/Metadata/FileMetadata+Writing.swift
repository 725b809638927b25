extension FileMetadata {
    /// Writes the footer's structure.
    func write(to buffer: OutputBuffer) {
        var writer = CompactWriter(buffer)
        writer.writeStructure { writer in
            writer.writeInt32(1, version)
            writer.writeList(2, of: .structure, schema.elements) { $1.write(to: &$0) }
            writer.writeInt64(3, Int64(rowCount))
            writer.writeList(4, of: .structure, Array(rowGroups.enumerated())) {
                $1.element.write(to: &$0, ordinal: $1.offset)
            }
            if !keyValues.isEmpty {
                writer.writeList(5, of: .structure, keyValues) { writer, pair in
                    writer.writeStructure {
                        $0.writeString(1, pair.key)
                        if let value = pair.value { $0.writeString(2, value) }
                    }
                }
            }
            if let createdBy { writer.writeString(6, createdBy) }
            // Every column is ordered as its type says: only then do readers believe `min_value` and `max_value`.
            writer.writeList(7, of: .structure, schema.leaves) { writer, _ in
                writer.writeStructure { $0.writeStructure(1) { _ in } }
            }
        }
    }
}

extension RowGroupMetadata {
    fileprivate func write(to writer: inout CompactWriter, ordinal: Int) {
        writer.writeStructure { writer in
            writer.writeList(1, of: .structure, columns) { $1.write(to: &$0) }
            writer.writeInt64(2, Int64(uncompressedByteCount))
            writer.writeInt64(3, Int64(rowCount))
            if !sortingColumns.isEmpty {
                writer.writeList(4, of: .structure, sortingColumns) { writer, column in
                    writer.writeStructure {
                        $0.writeInt32(1, Int32(clamping: column.leaf))
                        $0.writeBoolean(2, column.isDescending)
                        $0.writeBoolean(3, column.isNullsFirst)
                    }
                }
            }
            writer.writeInt64(5, Int64(columns.first?.startOffset ?? 0))
            writer.writeInt64(6, Int64(compressedByteCount))
            if let ordinal = Int16(exactly: ordinal) { writer.writeInt16(7, ordinal) }
        }
    }
}

extension ColumnChunkMetadata {
    fileprivate func write(to writer: inout CompactWriter) {
        writer.writeStructure { writer in
            writer.writeInt64(2, 0)
            writer.writeStructure(3) { writeContent(to: &$0) }
            if let range = offsetIndexRange {
                writer.writeInt64(4, Int64(range.lowerBound))
                writer.writeInt32(5, Int32(clamping: range.count))
            }
            if let range = columnIndexRange {
                writer.writeInt64(6, Int64(range.lowerBound))
                writer.writeInt32(7, Int32(clamping: range.count))
            }
        }
    }

    private func writeContent(to writer: inout CompactWriter) {
        writer.writeInt32(1, type.rawValue)
        writer.writeList(2, of: .int32, encodings) { $0.writeInt32Element($1.rawValue) }
        writer.writeList(3, of: .binary, path) { $0.writeStringElement($1) }
        writer.writeInt32(4, codec.rawValue)
        writer.writeInt64(5, Int64(valueCount))
        writer.writeInt64(6, Int64(uncompressedByteCount))
        writer.writeInt64(7, Int64(compressedByteCount))
        writer.writeInt64(9, Int64(dataPageOffset))
        if let dictionaryPageOffset { writer.writeInt64(11, Int64(dictionaryPageOffset)) }
        if let statistics { writer.writeStructure(12) { statistics.writeContent(to: &$0) } }
        writer.writeList(13, of: .structure, encodingStatistics) { writer, entry in
            writer.writeStructure {
                $0.writeInt32(1, entry.pageType)
                $0.writeInt32(2, entry.encoding.rawValue)
                $0.writeInt32(3, Int32(clamping: entry.count))
            }
        }
    }
}

extension ColumnStatistics {
    /// Writes the members of the structure `Statistics`.
    func writeContent(to writer: inout CompactWriter) {
        if let nullCount { writer.writeInt64(3, Int64(nullCount)) }
        if let distinctCount { writer.writeInt64(4, Int64(distinctCount)) }
        if let maximum { writer.writeBinary(5, maximum) }
        if let minimum { writer.writeBinary(6, minimum) }
        if maximum != nil { writer.writeBoolean(7, isMaximumExact) }
        if minimum != nil { writer.writeBoolean(8, isMinimumExact) }
    }
}
