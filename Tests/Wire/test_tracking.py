"""Runs that are told to a real MLflow tracking server, and what they leave to be looked at."""

import json
import pathlib
import unittest
import urllib.parse
import urllib.request

import servers
from pipeline import Pipeline
from test_pipeline import SIMULATED, TRAIN, PipelineTest


# Enough listens for a model that is clearly better than popularity, so that one which is not is rejected.
MORE = ["--users", "2000", "--songs", "3000", "--events", "300000", "--days-back", "90", "--seed", "11"]


@unittest.skipUnless(servers.program("mlflow"), "mlflow is missing: scripts/setup --python")
class TrackingTest(PipelineTest):
    def ask(self, path: str, body: dict | None = None) -> dict:
        """What the server's own interface says."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port}/api/2.0/mlflow/{path}", headers={"Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def runs(self) -> list[dict]:
        """All runs of the experiment, oldest first."""
        experiment = self.ask("experiments/get-by-name?experiment_name=segue%20nightly")["experiment"]["experiment_id"]
        found = self.ask("runs/search", {"experiment_ids": [experiment], "order_by": ["attributes.start_time ASC"]})
        return found["runs"]

    def test_published_and_rejected_runs_arrive_with_parameters_metrics_by_step_and_tags(self):
        self.server = servers.mlflow(self.folder).start()
        self.servers.append(self.server)
        self.pipeline = Pipeline(
            self.folder, train_mlflow_uri=f"http://127.0.0.1:{self.server.port}/", train_mlflow_experiment="segue nightly",
            train_early_stop_patience="0")
        self.pipeline.run("simulate", *MORE)
        self.pipeline.run("ingest", "--drain")
        good = self.pipeline.json("train", *TRAIN)
        bad = self.pipeline.json("train", *TRAIN, "--regularization", "20000")
        self.assertFalse(bad["published"])
        published, rejected = self.runs()
        for run, model in ((published, good), (rejected, bad)):
            self.assertEqual(run["info"]["run_name"], model["version"])
            self.assertEqual(run["info"]["status"], "FINISHED")
            self.assertLessEqual(run["info"]["start_time"], run["info"]["end_time"])
            self.assertEqual({pair["key"]: pair["value"] for pair in run["data"]["params"]}, model["parameters"])
            metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
            for name, value in model["metrics"].items():
                self.assertAlmostEqual(metrics[name.replace("@", "_at_")], value, 9)
            tags = {pair["key"]: pair["value"] for pair in run["data"]["tags"]}
            self.assertEqual(tags["segue.status"], model["status"])
            self.assertEqual(tags["segue.lake_version"], str(model["lake_version"]))
            report = pathlib.Path(tags["segue.report"])
            self.assertEqual(str(report), self.pipeline.run("models", "report", model["version"]).stdout.strip())
            self.assertIn(model["version"], report.read_text())
            self.check_steps(run["info"]["run_id"], json.loads((report.parent / "report.json").read_text()))
        tags = {pair["key"]: pair["value"] for pair in rejected["data"]["tags"]}
        self.assertEqual(tags["segue.reason"], bad["reason"])

    def check_steps(self, run: str, numbers: dict) -> None:
        """The server has the objective and the held-out metric of every step, as the report has."""
        named = {f"objective {series['name']}": series for series in numbers["objective"]}
        named["ndcg_at_10 by iteration"] = numbers["metric"]
        for key, series in named.items():
            key = urllib.parse.quote(key)
            history = self.ask(f"metrics/get-history?run_id={run}&metric_key={key}")["metrics"]
            history.sort(key=lambda metric: int(metric["step"]))
            self.assertEqual([int(metric["step"]) for metric in history], series["steps"], key)
            for metric, value in zip(history, series["values"]):
                self.assertAlmostEqual(metric["value"] / value, 1, 9)

    def test_a_server_that_is_gone_or_is_no_tracking_server_fails_no_training(self):
        self.pipeline = Pipeline(self.folder, train_mlflow_uri=f"http://127.0.0.1:{servers.free_port()}")
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        done = self.pipeline.run("train", *TRAIN)
        self.assertIn("could not be sent to MLflow", done.stderr)
        self.pipeline.daemon("serve")
        self.pipeline.wait_ready()
        done = self.pipeline.run("train", *TRAIN, "--force", SEGUE_TRAIN_MLFLOW_URI=f"http://127.0.0.1:{self.pipeline.port}")
        self.assertIn("could not be sent to MLflow", done.stderr)
        self.assertIn("Published", done.stderr)
