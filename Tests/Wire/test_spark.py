"""Beyond one machine: Spark learns from the files of a lake version, `segue publish` makes a model of its factors."""

import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import pyarrow
import pyarrow.parquet

import servers
from pipeline import Pipeline
from test_pipeline import SIMULATED, TRAIN, PipelineTest

SCRIPT = servers.ROOT / "deploy" / "spark" / "train_als.py"


def has_spark() -> bool:
    """Whether pyspark and a Java for it are there (scripts/setup --python brings the one, scripts/packages.txt the other)."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return False
    return servers.program("java") is not None


@unittest.skipUnless(has_spark(), "pyspark or java is missing: scripts/setup")
class SparkTest(PipelineTest):
    def train(self, out: pathlib.Path, now: str, version: int) -> None:
        """Runs the job in local mode over the files of a lake version."""
        files = self.folder / "files.json"
        files.write_text(self.pipeline.run("lake", "files", "--version", str(version), "--json").stdout)
        environment = {
            **os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": "--master local[1] --driver-memory 1g --conf spark.ui.enabled=false "
                                   "--conf spark.sql.shuffle.partitions=2 --conf spark.driver.host=127.0.0.1 pyspark-shell"}
        done = subprocess.run(
            [sys.executable, str(SCRIPT), "--lake", str(self.pipeline.lake), "--files", str(files), "--out", str(out),
             "--now", now, "--factors", "16", "--iterations", "5"],
            env=environment, capture_output=True, text=True, timeout=400, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])

    def test_factors_that_spark_learned_are_measured_and_published_as_our_own(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        now = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        version = self.pipeline.json("lake", "ls")["version"]
        native = self.pipeline.json("train", *TRAIN, "--now", now)
        out = self.folder / "factors"
        self.train(out, now, version)
        published = self.pipeline.json(
            "publish", "--factors", str(out), "--lake-version", str(version), "--now", now, "--force")
        self.assertTrue(published["published"])
        for field in ("lake_version", "window_from", "window_through", "events", "users", "items"):
            self.assertEqual(published[field], native[field], field)
        self.assertEqual(published["factors"], 16)
        self.assertEqual(published["metrics"]["popularity.ndcg@10"], native["metrics"]["popularity.ndcg@10"])
        self.assertGreater(published["metrics"]["ndcg@10"], published["metrics"]["popularity.ndcg@10"])
        self.pipeline.run("models", "verify")
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        self.check_recommendations()
        # The gate holds for them too: everybody gets the vector of somebody else.
        users = pyarrow.parquet.read_table(out / "measured" / "users")
        features = users["features"].to_pylist()
        shuffled = users.set_column(
            users.schema.get_field_index("features"), "features",
            pyarrow.array([[-value for value in features[(row + 7) % len(features)]] for row in range(len(features))],
                          pyarrow.list_(pyarrow.float32())))
        shutil.rmtree(out / "measured" / "users")
        (out / "measured" / "users").mkdir()
        pyarrow.parquet.write_table(shuffled, out / "measured" / "users" / "part-0.parquet")
        rejected = self.pipeline.json("publish", "--factors", str(out), "--lake-version", str(version), "--now", now)
        self.assertFalse(rejected["published"])
        self.assertIn("--force", rejected["reason"])
        for model in (published, rejected):
            page = pathlib.Path(self.pipeline.run("models", "report", model["version"]).stdout.strip()).read_text()
            self.assertEqual("Not published" in page, model is rejected)

    def test_a_folder_without_factors_is_said_in_a_sentence(self):
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        done = self.pipeline.run("publish", "--factors", str(self.folder / "nowhere"), expect=1)
        self.assertIn("there are no factors in", done.stderr)
