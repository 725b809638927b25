"""The lake is open: what Segue writes, every engine reads row by row, and what they write, Segue reads.

pyarrow, DuckDB, Polars, delta-rs and Spark (local, without any Delta package: it is given the file list of a version).
"""

import collections
import datetime
import json
import os
import pathlib
import random
import tempfile
import unittest

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.parquet

from pipeline import Pipeline

COLUMNS = ["user_id", "track_id", "timestamp", "action", "duration", "total_duration", "source"]


def spark_session():
    """One Spark for all tests: it takes seconds to start."""
    from pyspark.sql import SparkSession

    return (SparkSession.builder.master("local[1]").appName("segue-engines").config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.shuffle.partitions", "1").config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1").getOrCreate())


def counted(rows) -> collections.Counter:
    """Rows as a multiset: order is nobody's promise."""
    return collections.Counter(tuple(row) for row in rows)


class EngineTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="segue-engines-")
        cls.addClassCleanup(cls.home.cleanup)
        cls.folder = pathlib.Path(cls.home.name)
        cls.spark = spark_session()
        cls.addClassCleanup(cls.spark.stop)

    def pipeline(self, name: str) -> Pipeline:
        folder = self.folder / name
        folder.mkdir()
        return Pipeline(folder)

    def cat(self, pipeline: Pipeline, *arguments: str) -> collections.Counter:
        """What Segue itself reads."""
        lines = pipeline.run("lake", "cat", *arguments).stdout.splitlines()
        return counted([json.loads(line)[column] for column in COLUMNS] for line in lines)

    def paths(self, pipeline: Pipeline, *arguments: str) -> list[str]:
        return [str(pipeline.lake / file["key"]) for file in pipeline.json("lake", "files", *arguments)["files"]]

    # MARK: Segue writes

    def assert_all_read(self, pipeline: Pipeline, wanted: collections.Counter, version: int | None = None):
        """Every engine finds exactly these rows in that version."""
        paths = self.paths(pipeline, *([] if version is None else ["--version", str(version)]))
        found = {
            "segue": self.cat(pipeline, *([] if version is None else ["--version", str(version)])),
            "pyarrow": counted(self.by_pyarrow(paths)),
            "duckdb": counted(duckdb.connect().execute(
                f"select {', '.join(COLUMNS)} from read_parquet(?, hive_partitioning=false)", [paths]).fetchall()),
            "polars": counted(polars.read_parquet(paths, hive_partitioning=False).select(COLUMNS).iter_rows()),
            "delta-rs": counted(self.by_pyarrow_table(
                deltalake.DeltaTable(str(pipeline.lake), version=version).to_pyarrow_table())),
            "spark": counted(self.spark.read.parquet(*paths).select(*COLUMNS).collect()),
        }
        for engine, rows in found.items():
            self.assertEqual(sum(rows.values()), sum(wanted.values()), engine)
            self.assertEqual(rows, wanted, engine)

    def by_pyarrow(self, paths: list[str]):
        for path in paths:
            yield from self.by_pyarrow_table(pyarrow.parquet.ParquetFile(path).read())

    def by_pyarrow_table(self, table: pyarrow.Table):
        return zip(*(table.column(name).to_pylist() for name in COLUMNS))

    def test_every_engine_reads_what_segue_wrote_also_after_compaction_and_vacuum(self):
        pipeline = self.pipeline("written")
        for part in range(4):
            pipeline.run("simulate", "--users", "60", "--songs", "300", "--events", "4000", "--days-back", "2",
                         "--seed", str(part))
            pipeline.run("ingest", "--drain", SEGUE_INGEST_BATCH_EVENTS="140")
        log = counted([json.loads(line)[column] for column in COLUMNS]
                      for line in pipeline.run("log", "cat").stdout.splitlines())
        self.assertEqual(sum(log.values()), 16_000)
        self.assertTrue((pipeline.lake / "_delta_log" / "_last_checkpoint").exists())
        self.assert_all_read(pipeline, log)
        before = pipeline.json("lake", "ls")["version"]
        middle = self.cat(pipeline, "--version", str(before // 2))

        tomorrow = str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1))
        compaction = pipeline.json("lake", "compact", "--before", tomorrow)
        self.assertGreater(compaction["removed_files"], compaction["added_files"])
        self.assert_all_read(pipeline, log)
        self.assert_all_read(pipeline, middle, version=before // 2)

        self.assertTrue(pipeline.json("lake", "vacuum", "--retention", "0s", "--force")["files"])
        self.assert_all_read(pipeline, log)
        self.assertTrue(pipeline.json("lake", "verify")["is_whole"])
        # The files of the old version are gone: that is said, not half answered.
        self.assertIn("part-", pipeline.run("lake", "cat", "--version", str(before // 2), expect=1).stderr)

    # MARK: others write

    def rows(self, count: int, seed: int, users: int = 40) -> pyarrow.Table:
        """Events of three days, with names in several scripts."""
        dice = random.Random(seed)
        noon = int(datetime.datetime(2026, 3, 14, 12, tzinfo=datetime.timezone.utc).timestamp() * 1000)
        stamps = [noon + dice.randrange(3) * 86_400_000 + dice.randrange(36_000_000) for _ in range(count)]
        return pyarrow.table({
            "user_id": pyarrow.array([dice.choice(["Nguyễn", "u", "Ж", "耳"]) + str(dice.randrange(users)) for _ in stamps]),
            "track_id": pyarrow.array([f"t{dice.randrange(500)}" for _ in stamps]),
            "timestamp": pyarrow.array(stamps, pyarrow.int64()),
            "action": pyarrow.array([dice.choice(["listen", "skip", "complete"]) for _ in stamps]),
            "duration": pyarrow.array([dice.randrange(200_000) for _ in stamps], pyarrow.int32()),
            "total_duration": pyarrow.array([200_000 for _ in stamps], pyarrow.int32()),
            "source": pyarrow.array([dice.choice(["simulation", "real_user"]) for _ in stamps]),
        })

    def by_day(self, table: pyarrow.Table):
        """The rows of each UTC day."""
        days = [str(datetime.datetime.fromtimestamp(stamp / 1000, datetime.timezone.utc).date())
                for stamp in table.column("timestamp").to_pylist()]
        for day in sorted(set(days)):
            yield day, table.filter(pyarrow.array([each == day for each in days]))

    def lake_of_files(self, name: str, write) -> tuple[Pipeline, collections.Counter]:
        """A Delta table around Parquet files that `write(table, path)` makes, one a day."""
        pipeline, table = self.pipeline(name), self.rows(3000, seed=len(name))
        for day, rows in self.by_day(table):
            folder = pipeline.lake / f"date={day}"
            folder.mkdir(parents=True)
            write(rows, str(folder / f"{name}.parquet"))
        deltalake.convert_to_deltalake(
            str(pipeline.lake), partition_strategy="hive",
            partition_by=deltalake.Schema([deltalake.Field("date", deltalake.schema.PrimitiveType("date"))]))
        return pipeline, counted(self.by_pyarrow_table(table))

    def test_segue_reads_files_of_every_engine_and_encoding(self):
        delta = {"timestamp": "DELTA_BINARY_PACKED", "duration": "DELTA_BINARY_PACKED", "user_id": "DELTA_BYTE_ARRAY",
                 "track_id": "DELTA_LENGTH_BYTE_ARRAY"}
        write = pyarrow.parquet.write_table
        kinds = {
            "dictionary": lambda rows, path: write(rows, path, use_dictionary=True),
            "plain": lambda rows, path: write(rows, path, use_dictionary=False),
            "delta": lambda rows, path: write(rows, path, use_dictionary=False, column_encoding=delta),
            "pages-v2": lambda rows, path: write(rows, path, data_page_version="2.0", data_page_size=2000),
            "zstd": lambda rows, path: write(rows, path, compression="zstd"),
            "gzip": lambda rows, path: write(rows, path, compression="gzip"),
            "small-groups": lambda rows, path: write(rows, path, row_group_size=100, write_page_index=True),
            "uncompressed": lambda rows, path: write(rows, path, compression="none"),
            "large-strings": lambda rows, path: write(self.with_large_strings(rows), path),
            "duckdb": self.write_by_duckdb,
            "polars": lambda rows, path: polars.from_arrow(rows).write_parquet(path),
            "spark": self.write_by_spark,
        }
        for name, writer in kinds.items():
            with self.subTest(name):
                pipeline, wanted = self.lake_of_files(name, writer)
                self.assertEqual(self.cat(pipeline), wanted)

    def with_large_strings(self, rows: pyarrow.Table) -> pyarrow.Table:
        return rows.cast(pyarrow.schema([
            (field.name, pyarrow.large_string() if field.type == pyarrow.string() else field.type) for field in rows.schema]))

    def write_by_duckdb(self, rows: pyarrow.Table, path: str) -> None:
        base = duckdb.connect()
        base.register("rows", rows)
        base.execute(f"copy rows to '{path}' (format parquet, parquet_version v2)")

    def write_by_spark(self, rows: pyarrow.Table, path: str) -> None:
        aside = self.folder / f"aside-{os.urandom(4).hex()}"
        schema = "user_id string, track_id string, timestamp long, action string, duration int, total_duration int, source string"
        data = list(zip(*(rows.column(name).to_pylist() for name in COLUMNS)))
        self.spark.createDataFrame(data, schema).coalesce(1).write.parquet(str(aside))
        next(aside.glob("part-*.parquet")).rename(path)

    def test_segue_reads_and_continues_a_table_of_delta_rs(self):
        pipeline, wanted = self.pipeline("delta-rs"), collections.Counter()
        for seed in range(12):
            rows = self.rows(200, seed)
            wanted += counted(self.by_pyarrow_table(rows))
            days = [datetime.datetime.fromtimestamp(stamp / 1000, datetime.timezone.utc).date()
                    for stamp in rows.column("timestamp").to_pylist()]
            deltalake.write_deltalake(
                str(pipeline.lake), rows.append_column("date", pyarrow.array(days, pyarrow.date32())), mode="append",
                partition_by=["date"])
        deltalake.DeltaTable(str(pipeline.lake)).create_checkpoint()
        self.assertEqual(self.cat(pipeline), wanted)
        pipeline.run("simulate", "--users", "20", "--songs", "50", "--events", "500", "--seed", "1")
        pipeline.run("ingest", "--drain")
        wanted += counted([json.loads(line)[column] for column in COLUMNS]
                          for line in pipeline.run("log", "cat").stdout.splitlines())
        self.assert_all_read(pipeline, wanted)

    def test_a_table_with_features_segue_does_not_know_is_refused_by_name(self):
        pipeline = self.pipeline("features")
        rows = self.rows(100, seed=3)
        day = pyarrow.array([datetime.date(2026, 3, 14)] * rows.num_rows, pyarrow.date32())
        deltalake.write_deltalake(
            str(pipeline.lake), rows.append_column("date", day), partition_by=["date"],
            configuration={"delta.enableDeletionVectors": "true"})
        pipeline.run("simulate", "--users", "20", "--songs", "50", "--events", "100", "--seed", "1")
        self.assertIn("feature", pipeline.run("ingest", "--drain", expect=2).stderr)
        self.assertEqual(deltalake.DeltaTable(str(pipeline.lake)).version(), 0)


if __name__ == "__main__":
    unittest.main()
