"""The lake by the program: what verify names, a lake that was made anew, the log's retention, a store that is killed."""

import json
import pathlib
import re
import shutil
import signal
import time
import unittest

import pyarrow
import pyarrow.parquet

import servers
from pipeline import Pipeline, plays_of, wait_until
from test_pipeline import SIMULATED, PipelineTest


class VerifyTest(PipelineTest):
    def verify(self, lake: pathlib.Path, status: int, *arguments: str) -> dict:
        return self.pipeline.json("lake", "verify", *arguments, expect=status, SEGUE_LAKE_URI=f"file:{lake}")

    def test_verify_names_what_is_damaged_for_every_kind_of_damage(self):
        self.pipeline = Pipeline(self.folder, ingest_batch_events="25")
        self.pipeline.run("simulate", "--users", "40", "--songs", "50", "--events", "2600", "--days-back", "2")
        self.pipeline.run("ingest", "--drain")
        lake = self.pipeline.lake
        log = "_delta_log"
        checkpoint = f"{log}/{100:020}.checkpoint.parquet"
        self.assertTrue((lake / checkpoint).exists())
        whole = self.verify(lake, 0)
        self.assertTrue(whole["is_whole"] and whole["files"] > 100 and whole["problems"] == [])
        files = [file["key"] for file in self.pipeline.json("lake", "files")["files"]]
        # A commit that no checkpoint covers, and its first file.
        newest = sorted((lake / log).glob("*.json"))[-1]
        self.assertGreater(int(newest.stem), 100)
        newest_file = json.loads(next(line for line in newest.read_text().splitlines() if line.startswith('{"add"')))["add"]

        def flip(path: pathlib.Path, at: float) -> None:
            content = bytearray(path.read_bytes())
            content[int(len(content) * at)] ^= 0x10
            path.write_bytes(content)

        def change_count(path: pathlib.Path) -> None:
            text = path.read_text()
            changed = text.replace('\\"numRecords\\":', '\\"numRecords\\":1', 1)
            self.assertNotEqual(text, changed)
            # As another engine would have written it: without the checksum of our own commits.
            path.write_text(re.sub(r'"segueChecksum":"[^"]*",?', "", changed).replace(",}}", "}}"))

        def drop_column(path: pathlib.Path) -> None:
            pyarrow.parquet.write_table(pyarrow.parquet.ParquetFile(path).read().drop_columns(["source"]), path)

        def change_type(path: pathlib.Path) -> None:
            table = pyarrow.parquet.ParquetFile(path).read()
            index = table.schema.get_field_index("duration")
            text = pyarrow.array([str(value) for value in table.column("duration").to_pylist()])
            pyarrow.parquet.write_table(table.set_column(index, "duration", text), path)

        def flip_paths(path: pathlib.Path) -> None:
            # The middle of the pages that name the files.
            footer = pyarrow.parquet.ParquetFile(path).metadata
            chunks = [footer.row_group(0).column(index) for index in range(footer.num_columns)]
            chunk = next(chunk for chunk in chunks if chunk.path_in_schema == "add.path")
            start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
            flip(path, (start + chunk.total_compressed_size / 2) / path.stat().st_size)

        cases = [
            ("a missing file", files[0], files[0], "not there", pathlib.Path.unlink),
            ("a truncated file", files[1], files[1], "bytes, the log says", lambda path: path.write_bytes(path.read_bytes()[:-9])),
            ("an empty file", files[2], files[2], "bytes, the log says", lambda path: path.write_bytes(b"")),
            ("a flipped bit in a page", files[3], files[3], "checksum", lambda path: flip(path, 0.2)),
            ("a flipped bit in the footer", files[4], files[4], "checksum", lambda path: flip(path, 0.95)),
            ("a file in place of another", files[5], files[5], "the log says", lambda path: shutil.copy(lake / files[6], path)),
            ("a wrong count in add", f"{log}/{newest.name}", newest_file["path"].replace("%3D", "="), "rows, the log says", change_count),
            ("a missing column", files[7], files[7], "no column source", drop_column),
            ("a column of another type", files[8], files[8], "duration", change_type),
            ("a missing commit", f"{log}/{42:020}.json", f"{log}/{42:020}.json", "missing", pathlib.Path.unlink),
            ("a damaged commit", f"{log}/{43:020}.json", f"{log}/{43:020}.json", "damaged", lambda path: path.write_text(path.read_text()[:-20])),
            ("a damaged checkpoint", checkpoint, checkpoint, "", flip_paths),
            ("a cut checkpoint", checkpoint, checkpoint, "damaged", lambda path: path.write_bytes(path.read_bytes()[:-9])),
        ]
        for name, touched, named, words, damage in cases:
            with self.subTest(name):
                copy = self.folder / "damaged"
                shutil.copytree(lake, copy)
                try:
                    damage(copy / touched)
                    report = self.verify(copy, 1)
                    self.assertFalse(report["is_whole"])
                    found = [problem["what"] for problem in report["problems"] if problem["key"] == named]
                    self.assertTrue(any(words in what for what in found), (named, report["problems"][:5]))
                    # Nothing that is whole is blamed.
                    self.assertEqual({problem["key"] for problem in report["problems"]} - {named, "_delta_log"}, set(), report)
                    text = self.pipeline.run("lake", "verify", expect=1, SEGUE_LAKE_URI=f"file:{copy}")
                    self.assertIn(named, text.stdout)
                finally:
                    shutil.rmtree(copy)

    def test_a_damaged_hint_is_no_damage(self):
        self.pipeline = Pipeline(self.folder, ingest_batch_events="10")
        self.pipeline.run("simulate", "--users", "40", "--songs", "50", "--events", "1200", "--days-back", "2")
        self.pipeline.run("ingest", "--drain")
        hint = self.pipeline.lake / "_delta_log" / "_last_checkpoint"
        for content in (b"", b"{", b'{"version":7}', b'{"version":999999,"size":1}', b"\xff" * 100):
            hint.write_bytes(content)
            self.assertTrue(self.verify(self.pipeline.lake, 0)["is_whole"], content)
            self.assertEqual(len(self.pipeline.run("lake", "cat").stdout.splitlines()), 1200, content)


class LakeMadeAnewTest(PipelineTest):
    def test_a_lake_made_anew_is_told_and_counted_anew(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        shutil.rmtree(self.pipeline.lake)
        refused = self.pipeline.run("ingest", "--drain", expect=2).stderr
        self.assertIn("segue lake recount", refused)
        self.pipeline.run("ingest", "--status", expect=2)
        self.assertIn("plays", self.pipeline.json("lake", "recount"))
        self.pipeline.run("ingest", "--drain")
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_counts(20000)

    def test_recount_mends_counts(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        (self.folder / "segue.db").unlink()
        for rest in ("segue.db-wal", "segue.db-shm"):
            (self.folder / rest).unlink(missing_ok=True)
        report = self.pipeline.json("lake", "recount")
        self.assertEqual(report["plays"], sum(plays_of(self.pipeline.lake_rows()).values()))
        self.pipeline.run("ingest", "--drain")
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_counts(20000)


class RetentionTest(PipelineTest):
    def held(self) -> int:
        return sum(row["end"] - row["begin"] for row in self.pipeline.json("log", "ls")["partitions"])

    def test_the_log_is_trimmed_of_what_the_lake_has_and_of_nothing_else(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        time.sleep(0.05)  # the retention below is a millisecond of the wall clock
        self.assertEqual(self.pipeline.json("log", "trim", "--retention", "1ms")["events"], 0)
        self.pipeline.run("ingest", "--drain")
        self.assertEqual(self.held(), 20000)
        self.assertEqual(self.pipeline.json("log", "trim")["events"], 0, "a week has not gone by")
        self.assertEqual(self.pipeline.json("log", "trim", "--retention", "1ms")["events"], 20000)
        self.assertEqual(self.held(), 0)
        # A daemon does it by itself, and goes on.
        self.pipeline.run("simulate", "--users", "20", "--songs", "30", "--events", "500", "--days-back", "3")
        self.pipeline.run("ingest", "--drain", SEGUE_LOG_RETENTION="1ms")
        self.assertEqual(self.held(), 0)
        self.assertEqual(self.pipeline.lake_count(), 20500)
        self.assertIn("0s", self.pipeline.run("log", "trim", expect=2, SEGUE_LOG_RETENTION="0s").stderr)


class StoreKilledTest(PipelineTest):
    def test_killing_the_store_in_the_middle_of_its_work_counts_nothing_twice_and_loses_nothing(self):
        store = servers.mongodb(self.folder).start()
        self.servers.append(store)
        self.pipeline = Pipeline(
            self.folder, store_uri=f"mongodb://127.0.0.1:{store.port}/segue_test", ingest_batch_events="400")
        self.pipeline.run("simulate", *SIMULATED)
        daemons = [self.pipeline.daemon("ingest"), self.pipeline.daemon("ingest")]
        kills = 0
        while kills < 5:
            behind = self.pipeline.lake_count()
            wait_until(lambda: self.pipeline.lake_count() > behind or behind >= 20000, 60, "a further commit")
            store.restart(signal.SIGKILL)
            kills += 1
        for daemon in daemons:
            self.assertIsNone(daemon.poll(), "ingest waits for a store that is away")

        def is_counted() -> bool:
            status = self.pipeline.json("ingest", "--status")
            return status["lag"] == 0 and status["commits_behind"] == 0

        wait_until(is_counted, 180, "every commit to be counted")
        for daemon in daemons:
            self.assertEqual(self.pipeline.stop(daemon), 0)
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_counts(20000)


if __name__ == "__main__":
    unittest.main()
