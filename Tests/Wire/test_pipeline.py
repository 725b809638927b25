"""Listens in, the next song out: embedded, over a Kafka-compatible broker and a MongoDB-compatible store, with kills."""

import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import unittest

import servers
from pipeline import Pipeline, plays_of, wait_until

SIMULATED = ["--users", "300", "--songs", "400", "--events", "20000", "--days-back", "60", "--seed", "11"]
# A killed daemon is given up after six seconds instead of Kafka's usual forty-five.
QUICK_GROUPS = "session.timeout.ms=6000&heartbeat.interval.ms=1500"
TRAIN = ["--factors", "16", "--iterations", "5"]


class PipelineTest(unittest.TestCase):
    """A folder that goes when the test has passed, and stays to be looked at when it has not."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="segue-wire-"))
        self.servers: list[servers.Server] = []
        self.pipeline: Pipeline | None = None

    def tearDown(self):
        if self.pipeline:
            self.pipeline.close()
        for server in self.servers:
            server.stop()
        outcome = getattr(self._outcome, "result", None)
        failed = outcome and any(test is self for test, _ in outcome.failures + outcome.errors)
        if failed:
            print(f"\nwire: kept {self.folder}")
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def check_counts(self, expected_rows: int) -> None:
        """The lake holds every event once, and the store's counts are the lake's plays."""
        rows = self.pipeline.lake_rows()
        self.assertEqual(len(rows), expected_rows)
        self.assertEqual(self.pipeline.plays_by_song(), plays_of(rows))

    def check_recommendations(self) -> None:
        """Home and next answer with titled songs, and say which model and strategy."""
        # Not every listener has played something in the window: take the first whom the model knows.
        for user in self.pipeline.request("/users?limit=50")[1]["users"]:
            user = user["id"]
            status, home = self.pipeline.request(f"/recommend/home?user_id={user}&limit=5")
            self.assertEqual(status, 200, home)
            if home["strategy"] == "personal":
                break
        self.assertEqual(home["strategy"], "personal")
        self.assertEqual(len(home["songs"]), 5)
        self.assertTrue(all(song["title"] for song in home["songs"]), home)
        track = home["songs"][0]["id"]
        status, following = self.pipeline.request(
            "/recommend/next", {"user_id": user, "track_id": track, "limit": 3, "exclude": [home["songs"][1]["id"]]})
        self.assertEqual(status, 200, following)
        ids = [song["id"] for song in following["songs"]]
        self.assertEqual(len(ids), 3)
        self.assertNotIn(track, ids)
        self.assertNotIn(home["songs"][1]["id"], ids)
        status, unknown = self.pipeline.request("/recommend/home?user_id=nobody-knows-me")
        self.assertEqual((status, unknown["strategy"]), (200, "popular"))


class EmbeddedTest(PipelineTest):
    def test_embedded_pipeline_counts_every_event_once_and_recommends(self):
        self.pipeline = Pipeline(self.folder)
        self.assertEqual(self.pipeline.json("simulate", *SIMULATED)["events"], 20000)
        self.assertEqual(self.pipeline.json("ingest", "--drain")["events"], 20000)
        self.assertTrue(self.pipeline.json("train", *TRAIN)["published"])
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_counts(20000)
        self.check_recommendations()

    def test_ingest_killed_at_each_step_loses_and_repeats_nothing(self):
        # Each commit counted on its own: summed, the first count would be the last.
        self.pipeline = Pipeline(self.folder, ingest_batch_events="3000", ingest_count_interval="0s")
        self.pipeline.run("simulate", *SIMULATED)
        for point in ("after-parquet", "after-commit", "after-counts", "before-offsets"):
            self.pipeline.run("ingest", "--drain", expect=-signal.SIGKILL, SEGUE_CRASH_AT=point)
        self.pipeline.run("ingest", "--drain")
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_counts(20000)

    def test_events_posted_to_the_api_reach_lake_and_counts(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", "--users", "20", "--songs", "30", "--events", "500", "--days-back", "3")
        self.pipeline.run("ingest", "--drain")
        daemon = self.pipeline.daemon("up")
        self.pipeline.wait_ready()
        song = self.pipeline.request("/songs?limit=1")[1]["songs"][0]
        event = {
            "user_id": "ann", "track_id": song["id"], "timestamp": 1_700_000_000_000, "action": "complete",
            "duration": 180_000, "total_duration": 180_000, "source": "real_user"}
        status, answer = self.pipeline.request("/events", [event, {**event, "action": "hummed"}])
        self.assertEqual((answer["accepted"], answer["rejected"]), (1, 1), answer)
        self.assertEqual(status, 202)
        wait_until(lambda: self.pipeline.lake_count() == 501, 30, "the posted event in the lake")
        wait_until(
            lambda: self.pipeline.request(f"/songs/{song['id']}")[1]["plays_cumulative"] == song["plays_cumulative"] + 1,
            30, "the play to be counted")
        self.assertEqual(self.pipeline.stop(daemon), 0, "up stops cleanly on SIGTERM")


class DistributedTest(PipelineTest):
    def addresses(self) -> dict[str, str]:
        """Broker and store of this test: the environment's, or started here."""
        name = f"segue_test_{secrets.token_hex(4)}"
        self.brokers = os.environ.get("SEGUE_TEST_BROKERS")
        if not self.brokers:
            broker = servers.kafka(self.folder).start()
            self.servers.append(broker)
            self.brokers = f"127.0.0.1:{broker.port}"
        store = os.environ.get("SEGUE_TEST_MONGODB")
        if not store:
            server = servers.mongodb(self.folder).start()
            self.servers.append(server)
            store = f"mongodb://127.0.0.1:{server.port}"
        base, _, query = store.partition("?")
        scheme, _, rest = base.partition("://")
        store = f"{scheme}://{rest.split('/')[0]}/{name}" + (f"?{query}" if query else "")
        log = f"kafka://{self.brokers}/{name}?{QUICK_GROUPS}"
        return {"log_uri": log, "store_uri": store, "log_partitions": "6"}

    def run_group(self, pipeline: Pipeline, expires: bool) -> None:
        """Two daemons share the topic; one is killed in the middle and another started.

        Where the broker never gives a killed member up (`expires` false: noida-db), the new daemon is a group of its own:
        it then reads what the survivor reads too, and only fencing keeps the events from coming twice.
        """
        first, second = pipeline.daemon("ingest"), pipeline.daemon("ingest")
        pipeline.run("simulate", *SIMULATED)
        wait_until(lambda: pipeline.lake_count() > 2000, 60, "the first commits")
        pipeline.stop(first, signal.SIGKILL)
        third = pipeline.daemon("ingest", **({} if expires else {"SEGUE_INGEST_GROUP": "segue-ingest-again"}))
        wait_until(lambda: pipeline.lake_count() >= 20000, 120, "all events in the lake")
        for daemon in (second, third):
            self.assertEqual(pipeline.stop(daemon), 0)

    def test_over_kafka_and_mongodb_with_a_kill_every_event_counts_once(self):
        self.pipeline = Pipeline(self.folder, **self.addresses(), ingest_batch_events="2000")
        self.run_group(self.pipeline, expires="SEGUE_TEST_BROKERS" in os.environ)
        self.pipeline.run("ingest", "--drain", SEGUE_INGEST_GROUP="segue-ingest-last")
        self.assertTrue(self.pipeline.json("train", *TRAIN)["published"])
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_counts(20000)
        self.check_recommendations()

    def test_over_a_mock_kafka_cluster_every_event_counts_once(self):
        mock = os.environ.get("SEGUE_MOCK_KAFKA") or str(servers.ROOT / ".build" / "release" / "mock-kafka")
        if not os.access(mock, os.X_OK):
            self.skipTest("no mock-kafka program: scripts/test builds it, or set SEGUE_MOCK_KAFKA")
        topic = "music_log"
        cluster = subprocess.Popen(
            [mock, "--topic", f"{topic}:6", "--topic", f"{topic}_rejected:1"], stdout=subprocess.PIPE,
            stdin=subprocess.PIPE, text=True)
        try:
            brokers = cluster.stdout.readline().strip().removeprefix("brokers=")
            self.pipeline = Pipeline(
                self.folder, log_uri=f"kafka://{brokers}/{topic}?{QUICK_GROUPS}", log_partitions="6", ingest_batch_events="2000")
            self.run_group(self.pipeline, expires=True)
            self.pipeline.run("train", *TRAIN)
            self.pipeline.daemon("serve")
            self.pipeline.wait_ready()
            self.check_counts(20000)
        finally:
            cluster.terminate()
            cluster.wait(10)
