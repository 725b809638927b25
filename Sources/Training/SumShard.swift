import Synchronization

/// Sums of the pairs of some listeners: sorted so far, and a buffer of what came since.
final class SumShard: Sendable {
    fileprivate struct State {
        var keys: [UInt64] = []
        var sums: [Int64] = []
        var bufferedKeys: [UInt64] = []
        var bufferedSums: [Int64] = []
    }

    private let minimumBuffer: Int
    private let state = Mutex(State())

    init(minimumBuffer: Int) { self.minimumBuffer = minimumBuffer }

    func append(_ keys: [UInt64], _ sums: [Int64]) {
        state.withLock { state in
            // The buffer grows with the distinct pairs: merging then costs a constant number of passes over each.
            let room = max(minimumBuffer, state.keys.count / 2)
            var done = 0
            while done < keys.count {
                if state.bufferedKeys.isEmpty {
                    state.bufferedKeys.reserveCapacity(room)
                    state.bufferedSums.reserveCapacity(room)
                }
                let count = min(keys.count - done, max(1, room - state.bufferedKeys.count))
                state.bufferedKeys.append(contentsOf: keys[done..<done + count])
                state.bufferedSums.append(contentsOf: sums[done..<done + count])
                done += count
                if state.bufferedKeys.count >= room { state.compact() }
            }
        }
    }

    func withSorted(_ body: (UnsafeBufferPointer<UInt64>, UnsafeBufferPointer<Int64>) -> Void) {
        state.withLock { state in
            state.compact()
            state.keys.withUnsafeBufferPointer { keys in state.sums.withUnsafeBufferPointer { body(keys, $0) } }
        }
    }

    /// Bytes held, spare room included.
    var byteCount: Int {
        state.withLock { state in
            8 * (state.keys.capacity + state.sums.capacity + state.bufferedKeys.capacity + state.bufferedSums.capacity)
        }
    }

    func release() { state.withLock { $0 = State() } }
}

extension SumShard.State {
    /// Sorts the buffer, adds up equal pairs and merges them into what is there; the buffer's memory is given back.
    fileprivate mutating func compact() {
        guard !bufferedKeys.isEmpty else { return }
        var newKeys = bufferedKeys, newSums = bufferedSums
        bufferedKeys = []
        bufferedSums = []
        PairSort.sort(keys: &newKeys, sums: &newSums)
        let distinct = PairSort.addUp(keys: &newKeys, sums: &newSums)
        if keys.isEmpty {
            keys = Array(newKeys[..<distinct])
            sums = Array(newSums[..<distinct])
            return
        }
        // Counted before it is written: room for pairs that turn out to be known would be a third of all.
        let room = unionCount(newKeys, distinct)
        var mergedSums: [Int64] = []
        let mergedKeys = [UInt64](unsafeUninitializedCapacity: room) { keysOut, keyCount in
            mergedSums = [Int64](unsafeUninitializedCapacity: room) { sumsOut, sumCount in
                merge(newKeys, newSums, distinct, &keysOut, &sumsOut)
                sumCount = room
            }
            keyCount = room
        }
        keys = mergedKeys
        sums = mergedSums
    }

    private func unionCount(_ newKeys: [UInt64], _ newCount: Int) -> Int {
        keys.withUnsafeBufferPointer { keys in
            newKeys.withUnsafeBufferPointer { newKeys in
                var old = 0, new = 0, both = 0
                while old < keys.count, new < newCount {
                    let oldKey = keys[old], newKey = newKeys[new]
                    if oldKey == newKey { both += 1 }
                    if oldKey <= newKey { old += 1 }
                    if newKey <= oldKey { new += 1 }
                }
                return keys.count + newCount - both
            }
        }
    }

    private func merge(
        _ newKeys: [UInt64], _ newSums: [Int64], _ newCount: Int, _ keysOut: inout UnsafeMutableBufferPointer<UInt64>,
        _ sumsOut: inout UnsafeMutableBufferPointer<Int64>
    ) {
        keys.withUnsafeBufferPointer { keys in
            newKeys.withUnsafeBufferPointer { newKeys in
                var old = 0, new = 0, out = 0
                while old < keys.count || new < newCount {
                    let oldKey = old < keys.count ? keys[old] : .max
                    let newKey = new < newCount ? newKeys[new] : .max
                    keysOut[out] = min(oldKey, newKey)
                    sumsOut[out] = (oldKey <= newKey ? sums[old] : 0) &+ (newKey <= oldKey ? newSums[new] : 0)
                    if oldKey <= newKey { old += 1 }
                    if newKey <= oldKey { new += 1 }
                    out += 1
                }
            }
        }
    }
}

/// Least-significant-digit radix sort of 64-bit keys with a whole number each; digits all keys share are passed over.
enum PairSort {
    private static let digitBits: UInt64 = 11

    static func sort(keys: inout [UInt64], sums: inout [Int64]) {
        guard let first = keys.first else { return }
        let differing = keys.reduce(0) { $0 | ($1 ^ first) }
        var otherKeys = [UInt64](repeating: 0, count: keys.count)
        var otherSums = [Int64](repeating: 0, count: keys.count)
        var shift: UInt64 = 0
        while shift < 64 {
            defer { shift += digitBits }
            guard (differing >> shift) & (1 << digitBits - 1) != 0 else { continue }
            pass(shift, keys, sums, &otherKeys, &otherSums)
            swap(&keys, &otherKeys)
            swap(&sums, &otherSums)
        }
    }

    /// Adds up neighbours of the same key; returns how many are left, at the front.
    static func addUp(keys: inout [UInt64], sums: inout [Int64]) -> Int {
        guard !keys.isEmpty else { return 0 }
        var last = 0
        for index in 1..<keys.count {
            if keys[index] == keys[last] {
                sums[last] &+= sums[index]
            } else {
                last += 1
                keys[last] = keys[index]
                sums[last] = sums[index]
            }
        }
        return last + 1
    }

    private static func pass(
        _ shift: UInt64, _ keys: [UInt64], _ sums: [Int64], _ sortedKeys: inout [UInt64], _ sortedSums: inout [Int64]
    ) {
        let mask: UInt64 = 1 << digitBits - 1
        var next = [Int](repeating: 0, count: Int(mask) + 2)
        for key in keys { next[Int((key >> shift) & mask) + 1] += 1 }
        for digit in 0...Int(mask) { next[digit + 1] += next[digit] }
        sortedKeys.withUnsafeMutableBufferPointer { sortedKeys in
            sortedSums.withUnsafeMutableBufferPointer { sortedSums in
                for index in keys.indices {
                    let digit = Int((keys[index] >> shift) & mask)
                    let place = next[digit]
                    next[digit] = place + 1
                    sortedKeys[place] = keys[index]
                    sortedSums[place] = sums[index]
                }
            }
        }
    }
}
