/// Where a key's events go: the partition Kafka's Java client puts them in, so that both backends and every producer agree.
enum KeyPlacement {
    /// Partition of a key.
    ///
    /// Kafka's `BuiltInPartitioner.partitionForKey`: the hash without its sign bit, modulo the number of partitions.
    static func partition(of key: UnsafeRawBufferPointer, among count: Int) -> Int {
        Int(murmur2(key) & 0x7fff_ffff) % count
    }

    /// Murmur2 with the seed Kafka uses (Austin Appleby's MurmurHash2, public domain,
    /// https://github.com/aappleby/smhasher; Kafka's `org.apache.kafka.common.utils.Utils.murmur2`).
    ///
    /// - Complexity: O(bytes), four at a time.
    static func murmur2(_ key: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5bd1_e995
        var hash = 0x9747_b28c ^ UInt32(truncatingIfNeeded: key.count)
        var offset = 0
        while offset + 4 <= key.count {
            var word = UInt32(littleEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash &*= multiplier
            hash ^= word
            offset += 4
        }
        if offset < key.count {
            for index in (offset..<key.count).reversed() { hash ^= UInt32(key[index]) << UInt32(8 * (index - offset)) }
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        hash ^= hash >> 15
        return hash
    }
}
