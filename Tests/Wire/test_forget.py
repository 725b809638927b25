"""A listener is forgotten: by the API while others listen, and by the command; the lake's other rows stay as they are."""

import pathlib
import shutil
import tempfile
import time
import unittest

from pipeline import Pipeline, wait_until

SIMULATED = ["--users", "40", "--songs", "60", "--events", "4000", "--days-back", "12", "--seed", "3"]


class ForgetTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="segue-forget-"))
        self.pipeline = Pipeline(self.folder, ingest_batch_events="500", ingest_batch_time="200ms")
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")

    def tearDown(self):
        self.pipeline.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def busiest(self, rows: list[tuple]) -> str:
        counts: dict[str, int] = {}
        for row in rows:
            counts[row[0]] = counts.get(row[0], 0) + 1
        return max(counts, key=counts.get)

    def test_the_command_takes_the_listener_out_of_the_lake_and_of_its_files(self):
        rows = self.pipeline.lake_rows()
        user = self.busiest(rows)
        expected = [row for row in rows if row[0] != user]
        report = self.pipeline.json("users", "forget", user)
        self.assertEqual(report["rows"], len(rows) - len(expected))
        self.assertEqual(self.pipeline.lake_rows(), expected)
        self.assertEqual(self.pipeline.json("users", "forget", user)["rows"], 0)
        self.pipeline.run("lake", "verify")
        # Nothing is counted twice by what was written anew.
        self.assertEqual(self.pipeline.json("ingest", "--status")["commits_behind"], 0)

    def test_the_api_forgets_while_others_listen(self):
        rows = self.pipeline.lake_rows()
        user = self.busiest(rows)
        daemon = self.pipeline.daemon("up")
        self.pipeline.wait_ready()
        plays = self.pipeline.plays_by_song()
        song = self.pipeline.request("/songs?limit=1")[1]["songs"][0]["id"]

        def event(who: str, number: int) -> dict:
            return {
                "user_id": who, "track_id": song, "timestamp": int(time.time() * 1000) - number, "action": "complete",
                "duration": 1000, "total_duration": 1000, "source": "real_user"}

        # Some of the listener's own are on their way when the request comes.
        sent = [event(user, number) for number in range(20)] + [event("other", number) for number in range(300)]
        for start in range(0, len(sent), 40):
            status, answer = self.pipeline.request("/events", sent[start:start + 40])
            self.assertEqual((status, answer["rejected"]), (202, 0), answer)
            if start == 0:
                self.assertEqual(self.pipeline.request(f"/users/{user}", method="DELETE")[0], 202)
        self.assertEqual(self.pipeline.request(f"/recommend/home?user_id={user}")[1]["strategy"], "popular")
        expected = len([row for row in rows if row[0] != user]) + 300
        wait_until(lambda: self.pipeline.lake_count() == expected, 60, "the lake without the listener")
        left = self.pipeline.lake_rows()
        self.assertNotIn(user, {row[0] for row in left})
        self.assertEqual(len([row for row in left if row[0] == "other"]), 300)
        # Plays name nobody: they stay, those of the forgotten listener too.
        wait_until(
            lambda: self.pipeline.plays_by_song().get(song, 0) == plays.get(song, 0) + 320, 30, "the plays to be counted")
        self.assertEqual(self.pipeline.stop(daemon), 0)
