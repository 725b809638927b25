"""Bad input: each case one clear sentence and a non-zero exit, nothing lost."""

import json
import pathlib
import shutil
import unittest

from pipeline import Pipeline
from test_pipeline import SIMULATED, TRAIN, PipelineTest
import servers


class BadEventsTest(PipelineTest):
    def test_bad_events_are_dead_lettered_with_their_reason_and_good_ones_kept(self):
        self.pipeline = Pipeline(self.folder)
        good = {
            "user_id": "ann", "track_id": "t1", "timestamp": 1_700_000_000_000, "action": "listen", "duration": 1000,
            "total_duration": 2000, "source": "real_user"}
        year_1, year_9999 = -62_135_596_800_000, 253_370_764_800_000
        bad = [
            b"{not json", b"", b"[]", b"null", b"\xff\xfe", json.dumps(good).encode()[:-4],
            *(json.dumps({**good, **change}).encode() for change in (
                {"user_id": 7}, {"user_id": ""}, {"user_id": "x" * 257}, {"track_id": "a\u0001b"}, {"track_id": None},
                {"timestamp": "now"}, {"timestamp": year_1}, {"timestamp": year_9999}, {"timestamp": 1.5},
                {"action": "hummed"}, {"duration": -1}, {"duration": 2**40}, {"total_duration": -5},
                {"source": "elsewhere"}, {"user_id": "y" * 5_000_000})),
        ]
        lines = self.folder / "events.jsonl"
        # The same listen twice would count once.
        later = {**good, "timestamp": good["timestamp"] + 1000}
        lines.write_bytes(b"\n".join([json.dumps(good).encode(), *bad, json.dumps(later).encode()]) + b"\n")
        # `segue log append` writes lines as they are: what a broken producer would do.
        self.pipeline.run("log", "append", str(lines))
        report = self.pipeline.json("ingest", "--drain")
        self.assertEqual(report["events"], 2)
        self.assertEqual(report["rejected"], len(bad))
        letters = [json.loads(line) for line in self.pipeline.run("log", "cat", "--rejected").stdout.splitlines()]
        self.assertEqual(len(letters), len(bad))
        for letter in letters:
            self.assertTrue(letter["reason"] and letter["partition"] >= 0 and letter["offset"] >= 0, letter)
        reasons = {letter["reason"] for letter in letters}
        self.assertGreaterEqual(len(reasons), 7, reasons)
        self.assertEqual(len(self.pipeline.lake_rows()), 2)


class ErrorSentenceTest(PipelineTest):
    def refuse(self, *arguments: str, say: list[str], **environment: str) -> None:
        """The command fails with one clear line that holds these words, and no stack trace."""
        done = self.pipeline.run(*arguments, expect=environment.pop("expect", 1), **environment)
        text = done.stderr
        for word in say:
            self.assertIn(word, text)
        self.assertNotIn("Fatal error", text)
        self.assertLess(len(text), 2000)

    def test_wrong_configuration_names_file_key_and_what_is_allowed(self):
        self.pipeline = Pipeline(self.folder)
        config = self.folder / "segue.json5"
        config.write_text("{\n  train: { factorz: 64 },\n}\n")
        self.refuse("config", "--config", str(config), say=["segue.json5", "factorz", "factors"], expect=2)
        config.write_text("{\n  train: { factors: 'many' },\n}\n")
        self.refuse("config", "--config", str(config), say=["segue.json5", "train.factors"], expect=2)
        self.refuse("config", say=["SEGUE_SERVE_PORT", "65535"], SEGUE_SERVE_PORT="70000", expect=2)
        self.refuse("trian", say=["train"], expect=2)

    def test_missing_lake_dead_store_and_unreachable_broker_are_said_plainly(self):
        self.pipeline = Pipeline(self.folder)
        self.refuse("train", say=["lake"])
        port = servers.free_port()
        self.refuse("train", say=["mongodb", str(port)], SEGUE_STORE_URI=f"mongodb://127.0.0.1:{port}/segue?serverSelectionTimeoutMS=1500")
        self.refuse("doctor", say=[], SEGUE_LOG_URI=f"kafka://127.0.0.1:{port}/music_log")
        self.refuse("ingest", "--drain", say=["ftp"], SEGUE_LOG_URI="ftp://nowhere/x", expect=2)

    def test_a_corrupt_index_is_refused_and_the_program_says_which(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        version = self.pipeline.json("train", *TRAIN)["version"]
        index = self.folder / "models" / version / "items.ivf"
        data = bytearray(index.read_bytes())
        data[len(data) // 2] ^= 0xFF
        index.chmod(0o644)
        index.write_bytes(data)
        self.refuse("models", "verify", version, say=["items.ivf"])
        # Serving goes on without it: popular songs, and the reason in /ready and the log.
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        user = self.pipeline.request("/users?limit=1")[1]["users"][0]["id"]
        status, home = self.pipeline.request(f"/recommend/home?user_id={user}")
        self.assertEqual((status, home["strategy"]), (200, "popular"))


class RealDataTest(PipelineTest):
    def shared(self, name: str) -> pathlib.Path:
        """A real data set, or a plain skip."""
        folder = servers.ROOT.parent / "shared" / "data" / name
        if not folder.is_dir():
            self.skipTest(f"the data set {name} is not beside the checkout (../shared/data)")
        return folder

    def check(self, layout: str, name: str, now: str, window_days: str) -> None:
        data = self.shared(name)
        self.pipeline = Pipeline(self.folder, train_window_days=window_days)
        report = self.pipeline.json("import", layout, str(data))
        self.assertGreater(report["events"], 50_000)
        self.assertEqual(self.pipeline.json("ingest", "--drain")["events"], report["events"])
        self.assertTrue(self.pipeline.json("train", "--now", now)["published"])
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_recommendations()

    def test_spotify_exports_train_and_answer_with_real_titles(self):
        self.check("spotify-exports", "spotify-exports-open", "2023-05-06", "90")

    def test_movielens_trains_and_answers_with_real_titles(self):
        self.check("movielens", "ml-latest-small", "2018-09-25", "3650")


del PipelineTest  # not a test of its own here


if __name__ == "__main__":
    unittest.main()
