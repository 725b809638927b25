import CRdKafka

// MARK: - Rebalance

extension RDConsumer {
    /// Whether the group's members agreed on giving up only what moves.
    private var isCooperative: Bool {
        rd_kafka_rebalance_protocol(client.handle).map { String(cString: $0) } == "COOPERATIVE"
    }

    /// librdkafka's rebalance callback: every path must answer with an assign or an unassign, or the group stalls.
    func rebalance(_ code: rd_kafka_resp_err_t, _ list: RDPartitionList.Pointer) {
        let partitions = RDPartitionList.partitions(list)
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: gain(partitions)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: lose(partitions)
        default:
            record { try unassign([], all: true) }
            note(.client(code, "rebalancing the group"))
        }
    }

    private func gain(_ partitions: [KafkaTopicPartition]) {
        undecided += partitions
        do {
            try decideUndecided(isAnswer: true)
        } catch {
            record { throw error }
            // Nothing is read until the listener can say from where; the group still needs its answer.
            record { try start([], isAnswer: true) }
        }
    }

    /// Asks the listener where the partitions start that it could not decide on, and starts them.
    ///
    /// - Parameter isAnswer: whether librdkafka waits for an answer to its rebalance callback.
    func decideUndecided(isAnswer: Bool = false) throws {
        guard isAnswer || !undecided.isEmpty else { return }
        let partitions = undecided
        let starts = partitions.isEmpty ? [:] : try listener?.assigned(partitions) ?? [:]
        undecided = []
        try start(partitions.map { ($0, starts[$0] ?? .committed) }, isAnswer: isAnswer)
    }

    private func lose(_ partitions: [KafkaTopicPartition]) {
        let isLost = rd_kafka_assignment_lost(client.handle) != 0 || wasSilentTooLong
        let held = partitions.filter { table.index(of: $0) != nil }
        undecided.removeAll { partitions.contains($0) }
        if !held.isEmpty { record { try listener?.revoked(held, isLost: isLost) } }
        record { try resume(held) }
        table.remove(held)
        record { try unassign(held, all: !isCooperative) }
    }

    /// Keeps the first failure of a callback for `poll` to throw.
    func record(_ body: () throws -> Void) {
        do { try body() } catch { if failure == nil { failure = error } }
    }

    private func start(_ starts: [(partition: KafkaTopicPartition, offset: KafkaOffset)], isAnswer: Bool) throws {
        guard isAnswer || !starts.isEmpty else { return }
        for (partition, offset) in starts { table.add(partition, start: offset) }
        try forward(starts.map(\.partition))
        // Before they start: a broker may answer the first fetch before a later pause is heard.
        try pause(starts.map(\.partition).filter { listener?.startsPaused($0) ?? false })
        try RDPartitionList.with(starts.map { ($0.partition, $0.offset.raw) }) { list in
            if isCooperative {
                if let error = rd_kafka_incremental_assign(client.handle, list) {
                    throw KafkaError.client(consuming: error, "starting partitions")
                }
            } else {
                // This replaces the whole assignment, which is empty: an eager group revokes all before it assigns.
                try checkAssign(rd_kafka_assign(client.handle, list))
            }
        }
    }

    private func unassign(_ partitions: [KafkaTopicPartition], all: Bool) throws {
        if all { return try checkAssign(rd_kafka_assign(client.handle, nil)) }
        try RDPartitionList.with(partitions) { list in
            if let error = rd_kafka_incremental_unassign(client.handle, list) {
                throw KafkaError.client(consuming: error, "giving up partitions")
            }
        }
    }

    private func checkAssign(_ code: rd_kafka_resp_err_t) throws {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError.client(code, "assigning partitions") }
    }

    /// Sends the partitions' records to our queue. Must come before the assignment starts them: librdkafka sends records
    /// to the group's queue only when nobody has said otherwise.
    func forward(_ partitions: [KafkaTopicPartition]) throws {
        for partition in partitions {
            guard let queue = rd_kafka_queue_get_partition(client.handle, partition.topic, partition.partition) else {
                throw KafkaError.client(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "reading \(partition)")
            }
            rd_kafka_queue_forward(queue, records)
            rd_kafka_queue_destroy(queue)
        }
    }
}

// MARK: - Positions

extension RDConsumer {
    func assign(_ partitions: [KafkaTopicPartition: KafkaOffset]) throws {
        let starts = partitions.sorted { $0.key < $1.key }
        for (partition, offset) in starts { table.add(partition, start: offset) }
        try forward(starts.map(\.key))
        try RDPartitionList.with(starts.map { ($0.key, $0.value.raw) }) { list in
            try checkAssign(rd_kafka_assign(client.handle, list))
        }
    }

    func seek(to offsets: [KafkaTopicPartition: KafkaOffset]) throws {
        let held = offsets.filter { table.index(of: $0.key) != nil }
        guard !held.isEmpty else { return }
        try RDPartitionList.with(held.map { ($0.key, $0.value.raw) }) { list in
            if let error = rd_kafka_seek_partitions(client.handle, list, Self.seekTimeout) {
                throw KafkaError.client(consuming: error, "seeking")
            }
            try RDPartitionList.check(list, "seeking in")
        }
        for (partition, offset) in held {
            guard let index = table.index(of: partition) else { continue }
            if case .at(let position) = offset {
                table.setPosition(position, at: index)
            } else {
                table.setPosition(-1, at: index)
            }
        }
    }

    /// Ten seconds. librdkafka before 2.1 takes the milliseconds for microseconds.
    private static let seekTimeout: Int32 = rd_kafka_version() < 0x0201_00ff ? 10_000_000 : 10_000

    func pause(_ partitions: [KafkaTopicPartition]) throws {
        let indices = partitions.compactMap { table.index(of: $0) }.filter { !table.rows[$0].isPaused }
        try setPaused(true, indices, rd_kafka_pause_partitions)
    }

    func resume(_ partitions: [KafkaTopicPartition]) throws {
        // Only what is paused: librdkafka before 2.4 moves a partition that is resumed without need.
        let indices = partitions.compactMap { table.index(of: $0) }.filter { table.rows[$0].isPaused }
        try setPaused(false, indices, rd_kafka_resume_partitions)
        if !indices.isEmpty { try fetcher.wake() }
    }

    private func setPaused(
        _ isPaused: Bool, _ indices: [Int],
        _ call: (OpaquePointer?, RDPartitionList.Pointer?) -> rd_kafka_resp_err_t
    ) throws {
        guard !indices.isEmpty else { return }
        try RDPartitionList.with(indices.map { table.rows[$0].partition }) { list in
            let code = call(client.handle, list)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.client(code, isPaused ? "pausing" : "resuming")
            }
            try RDPartitionList.check(list, isPaused ? "pausing" : "resuming")
        }
        for index in indices { table.setPaused(isPaused, at: index) }
    }

    func commit(_ offsets: [KafkaTopicPartition: Int64], waits: Bool) throws {
        guard !offsets.isEmpty else { return }
        try RDPartitionList.with(offsets.map { ($0.key, $0.value) }) { list in
            let code = rd_kafka_commit(client.handle, list, waits ? 0 : 1)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError.client(code, "committing offsets") }
            if waits { try RDPartitionList.check(list, "committing the offset of") }
        }
    }

    func committed(
        _ partitions: [KafkaTopicPartition], timeout: Duration
    ) throws -> [KafkaTopicPartition: Int64] {
        try RDPartitionList.with(partitions) { list in
            let code = rd_kafka_committed(client.handle, list, timeout.wholeMilliseconds)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.client(code, "asking for committed offsets")
            }
            try RDPartitionList.check(list, "asking for the committed offset of")
            let known = RDPartitionList.rows(list).filter { $0.offset >= 0 }
            return Dictionary(known.map { (KafkaTopicPartition($0), $0.offset) }) { first, _ in first }
        }
    }

    func lag() -> [KafkaTopicPartition: Int64] {
        var lag: [KafkaTopicPartition: Int64] = [:]
        for row in table.rows {
            var low: Int64 = -1
            var high: Int64 = -1
            let code = rd_kafka_get_watermark_offsets(
                client.handle, row.partition.topic, row.partition.partition, &low, &high)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { continue }
            let position = row.position >= 0 ? row.position : low
            if position >= 0 { lag[row.partition] = max(0, high - position) }
        }
        return lag
    }
}
