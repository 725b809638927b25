import SQLite

/// The tables of a SQLite event log. Several topics, and other components, may share the file.
///
/// Events are kept in batches, one row for what one transaction appended to one partition (at most
/// `EncodedEvents.batchByteCount`): a row an event would spend most of its time in b-trees.
enum SQLiteEventLogSchema {
    static let component = "event_log"

    static let migrations = [
        SchemaMigration(
            version: 1,
            script: """
                CREATE TABLE log_topics (
                    topic_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partition_count INTEGER NOT NULL);
                CREATE TABLE log_partitions (
                    topic_id INTEGER NOT NULL, partition INTEGER NOT NULL,
                    begin_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL,
                    PRIMARY KEY (topic_id, partition)) WITHOUT ROWID;
                CREATE TABLE log_batches (
                    batch_id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, partition INTEGER NOT NULL,
                    begin_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL,
                    appended_at INTEGER NOT NULL, checksum INTEGER NOT NULL, events BLOB NOT NULL);
                CREATE UNIQUE INDEX log_batches_by_offset ON log_batches (topic_id, partition, end_offset);
                CREATE TABLE log_group_offsets (
                    topic_id INTEGER NOT NULL, group_name TEXT NOT NULL, partition INTEGER NOT NULL,
                    next_offset INTEGER NOT NULL, PRIMARY KEY (topic_id, group_name, partition)) WITHOUT ROWID;
                CREATE TABLE log_members (
                    topic_id INTEGER NOT NULL, group_name TEXT NOT NULL, member TEXT NOT NULL, process TEXT NOT NULL,
                    expires_at INTEGER NOT NULL, PRIMARY KEY (topic_id, group_name, member)) WITHOUT ROWID;
                CREATE TABLE log_leases (
                    topic_id INTEGER NOT NULL, group_name TEXT NOT NULL, partition INTEGER NOT NULL,
                    member TEXT NOT NULL, PRIMARY KEY (topic_id, group_name, partition)) WITHOUT ROWID;
                """)
    ]
}
