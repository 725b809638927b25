"""`segue train` killed at named and at random moments: what serves stays whole, and the next run goes on and publishes."""

import random
import signal
import subprocess
import time

import servers
from pipeline import Pipeline
from test_pipeline import SIMULATED, PipelineTest

OPTIONS = ["--factors", "16", "--iterations", "12", "--force"]
# A moment, and whether a checkpoint was there by then.
MOMENTS = [
    ("read", False), ("iteration:2", False), ("checkpoint-writing:1", False), ("checkpoint:1", True),
    ("iteration:8", True), ("measured", True), ("index-written", True), ("files-published", True), ("vectors", True),
    ("recorded", True), ("current", True),
]


class KilledTrainingTest(PipelineTest):
    def setUp(self):
        super().setUp()
        # Without early stop every run has the same number of iterations.
        self.pipeline = Pipeline(self.folder, train_early_stop_patience="0")
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        self.first = self.pipeline.json("train", *OPTIONS)["version"]

    def current(self) -> dict:
        """The record of the current model; its files are compared with their checksums."""
        self.pipeline.run("models", "verify")
        (current,) = [model for model in self.pipeline.json("models", "ls")["models"] if model["is_current"]]
        return current

    def personal(self) -> int:
        """How many of the first fifty listeners the serving layer has a vector for."""
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        users = self.pipeline.request("/users?limit=50")[1]["users"]
        answers = [self.pipeline.request(f"/recommend/home?user_id={user['id']}&limit=5")[1] for user in users]
        self.pipeline.stop(self.pipeline.daemons[-1])
        return sum(answer["strategy"] == "personal" for answer in answers)

    def test_killed_at_any_named_moment_the_current_model_stays_and_the_next_run_goes_on(self):
        known = self.personal()
        self.assertGreater(known, 25)
        serving = self.first
        for moment, is_resumed in MOMENTS:
            with self.subTest(moment=moment):
                self.pipeline.run("train", *OPTIONS, SEGUE_CRASH_AT=moment, expect=-signal.SIGKILL)
                if moment == "current":
                    self.assertNotEqual(self.current()["version"], serving)
                else:
                    self.assertEqual(self.current()["version"], serving)
                if moment in ("vectors", "recorded"):
                    self.assertEqual(self.personal(), known)
                    # Once more, so that a second torn publish comes on top of the first.
                    self.pipeline.run(
                        "train", *OPTIONS, "--seed", "5", SEGUE_CRASH_AT=moment, expect=-signal.SIGKILL)
                    self.assertEqual(self.personal(), known)
                done = self.pipeline.run("train", *OPTIONS, "--json")
                self.assertEqual("Going on with a run" in done.stderr, is_resumed, done.stderr)
                serving = self.current()["version"]
                self.assertIn(serving, done.stdout)
        self.assertEqual(self.personal(), known)
        # Only the run of the other seed was never taken up again.
        self.assertEqual(len(list((self.folder / "models" / ".training").iterdir())), 1)

    def test_killed_at_random_moments_the_next_run_publishes(self):
        moments = random.Random(7)
        for _ in range(6):
            serving = self.current()["version"]
            process = subprocess.Popen(
                [servers.segue_binary(), "train", *OPTIONS], env=self.pipeline.environment, cwd=self.folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # The moment to kill at is the thing that is random here.
            time.sleep(moments.uniform(0.0, 1.2))
            process.kill()
            process.wait()
            after = self.current()["version"]
            self.assertTrue(after == serving or process.returncode == 0 or after > serving, (serving, after))
        self.assertTrue(self.pipeline.json("train", *OPTIONS)["published"])
        self.assertGreater(self.personal(), 25)


class ListsTest(PipelineTest):
    def test_lists_of_similar_songs_follow_the_model_and_can_be_made_anew(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        first = self.pipeline.json("train", *OPTIONS)
        song = "sim-t1"
        lists = self.pipeline.json("similar", song)
        self.assertEqual(lists["model_version"], first["version"])
        self.assertEqual(len(lists["similar"]), 50)
        second = self.pipeline.json("train", *OPTIONS, "--seed", "9", SEGUE_TRAIN_SIMILAR_SONGS="0")
        self.assertEqual(self.pipeline.json("similar", song), lists, "no lists were wished for: the former ones stay")
        done = self.pipeline.json("similar", "--count", "5")
        self.assertEqual(done, {"model_version": second["version"], "songs": second["items"]})
        again = self.pipeline.json("similar", song)
        self.assertEqual((again["model_version"], len(again["similar"])), (second["version"], 5))
        self.assertIn("segue similar makes the lists", self.pipeline.run("similar", "nobody-knows-it", expect=1).stderr)

    def test_a_window_there_is_nothing_to_learn_from_ends_with_a_sentence_and_what_serves_stays(self):
        self.pipeline = Pipeline(self.folder)
        self.assertIn("the lake is empty", self.pipeline.run("train", expect=1).stderr)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        serving = self.pipeline.json("train", *OPTIONS)["version"]
        past = self.pipeline.run("train", "--now", "2001-01-01", expect=1).stderr
        self.assertIn("no events between 2000-10-04 and 2001-01-01", past)
        self.assertIn("--window-days", past)
        (current,) = [model for model in self.pipeline.json("models", "ls")["models"] if model["is_current"]]
        self.assertEqual(current["version"], serving)

    def test_one_listener_alone_is_said(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", "--users", "1", "--songs", "50", "--events", "200", "--days-back", "20")
        self.pipeline.run("ingest", "--drain")
        self.assertIn("only one listener", self.pipeline.run("train", expect=1).stderr)
