/// Tables of the embedded event log. One file holds any number of topics; offsets are dense inside a partition.
///
/// ```
/// log_topics      id, name
/// log_partitions  topic, partition, begin, next        next offset to give out: moved in the producer's transaction
/// log_events      topic, partition, offset → appended_at, key, value
/// log_groups      group, topic, partition → committed  for dashboards
/// log_members     group, topic, member → expires       who reads; times are the machine's monotonic clock
/// log_leases      group, topic, partition → member     which member reads what
/// ```
enum SQLiteEventLogSchema {
    static let script = """
        CREATE TABLE IF NOT EXISTS log_topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE IF NOT EXISTS log_partitions (
            topic INTEGER NOT NULL, partition INTEGER NOT NULL, begin INTEGER NOT NULL DEFAULT 0,
            next INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS log_events (
            topic INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, appended_at INTEGER NOT NULL,
            key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS log_groups (
            name TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, committed INTEGER NOT NULL,
            PRIMARY KEY (name, topic, partition)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS log_members (
            name TEXT NOT NULL, topic INTEGER NOT NULL, member TEXT NOT NULL, expires INTEGER NOT NULL,
            PRIMARY KEY (name, topic, member)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS log_leases (
            name TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, member TEXT NOT NULL,
            PRIMARY KEY (name, topic, partition)) WITHOUT ROWID;
        """
}
