extension ParquetFileReader {
    /// Where in the file the bodies of the pages of a chunk lie, its dictionary page first: for tests and for tools that
    /// look at files.
    package func pageBodies(rowGroup: Int, column: Int) throws -> [Range<Int>] {
        let chunk = metadata.rowGroups[rowGroup].columns[column]
        let range = chunk.startOffset..<chunk.startOffset + chunk.compressedByteCount
        return try source.withBytes(in: range) { bytes in
            var pages = ChunkPages()
            try pages.append(bytes, upTo: chunk.valueCount)
            let bodies = [pages.dictionary?.body].compactMap { $0 } + pages.data.map(\.body)
            return bodies.compactMap { body in
                guard let base = bytes.baseAddress, let start = body.baseAddress else { return nil }
                let offset = chunk.startOffset + (start - base)
                return offset..<offset + body.count
            }
        }
    }
}
