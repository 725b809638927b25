"""The lake on S3, behind a server that refuses, loses answers and cuts them: nothing twice, nothing lost, nothing secret shown."""

import collections
import json
import secrets
import unittest
import urllib.request

import servers
from faulty_proxy import FaultyProxy
from pipeline import Pipeline, plays_of
from test_pipeline import SIMULATED, TRAIN, PipelineTest

COLUMNS = ["user_id", "track_id", "timestamp", "action", "duration", "total_duration", "source"]


class S3LakeTest(PipelineTest):
    def setUp(self):
        super().setUp()
        self.secret, self.token = secrets.token_hex(20), secrets.token_hex(20)
        server = servers.s3(self.folder).start()
        self.servers.append(server)
        self.proxy = FaultyProxy(server.port, period=12)
        self.addCleanup(self.proxy.close)
        self.direct = f"http://127.0.0.1:{server.port}"
        urllib.request.urlopen(urllib.request.Request(f"{self.direct}/datalake", method="PUT"), timeout=10).close()
        self.keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_SESSION_TOKEN": self.token}
        self.said: list[str] = []

    def segue(self, *arguments: str, **options):
        done = self.pipeline.run(*arguments, "--set", "logging.level=debug", **self.keys, **options)
        self.said += [done.stdout, done.stderr]
        return done

    def s3_rows(self) -> list[tuple]:
        """The lake as delta-rs reads it from the server itself."""
        import deltalake

        table = deltalake.DeltaTable("s3://datalake/raw/logs", storage_options={
            **self.keys, "AWS_ENDPOINT_URL": self.direct, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
        }).to_pyarrow_table()
        return sorted(zip(*(table.column(name).to_pylist() for name in COLUMNS)))

    def test_import_ingest_train_over_a_server_that_loses_answers_counts_every_event_once(self):
        uri = f"s3://datalake/raw/logs?endpoint=http://127.0.0.1:{self.proxy.port}&region=us-east-1"
        self.pipeline = Pipeline(self.folder, lake_uri=uri, ingest_batch_events="700")
        self.pipeline.run("simulate", *SIMULATED)
        events = self.folder / "events.csv"
        events.write_text("user,song,at\n" + "".join(
            f"imported-{number % 7},t{number % 30},{1_790_000_000_000 + number * 1000}\n" for number in range(300)))
        report = json.loads(self.segue(
            "import", "csv", str(events), "--map", "user=user,track=song,timestamp=at", "--json").stdout)
        imported = report.get("events", 300)
        total = 20000 + imported
        self.segue("ingest", "--drain")
        self.segue("lake", "compact")
        self.assertTrue(json.loads(self.segue("lake", "verify", "--json").stdout)["is_whole"])
        self.assertTrue(json.loads(self.segue("train", *TRAIN, "--json").stdout)["published"])
        rows = self.s3_rows()
        self.assertEqual(len(rows), total)
        read = [json.loads(line) for line in self.segue("lake", "cat").stdout.splitlines()]
        self.assertEqual(
            collections.Counter(tuple(row[column] for column in COLUMNS) for row in read), collections.Counter(rows))
        log = [json.loads(line) for line in self.pipeline.run("log", "cat").stdout.splitlines()]
        self.assertEqual(
            collections.Counter(tuple(event[column] for column in COLUMNS) for event in log), collections.Counter(rows))
        history = json.loads(self.segue("lake", "history", "--json", "--limit", "1000").stdout)["commits"]
        self.assertEqual(sum(each["added_rows"] for each in history if each["operation"] == "STREAMING UPDATE"), total)
        for fault, count in self.proxy.faults.items():
            self.assertGreater(count, 0, f"no {fault} happened, so nothing was shown")
        self.pipeline.daemon("serve", **self.keys)
        self.pipeline.wait_ready()
        self.assertEqual(self.pipeline.plays_by_song(), plays_of(rows))
        self.assert_nothing_secret()

    def test_refused_credentials_are_said_and_not_shown(self):
        port = servers.free_port()
        # A server that checks signatures from its first request on, and knows no key.
        strict = servers.Server(
            "strict", ["env", "INITIAL_NO_AUTH_ACTION_COUNT=0", servers.program("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
            port, self.folder / "strict.log").start()
        self.servers.append(strict)
        uri = f"s3://datalake/raw/logs?endpoint=http://127.0.0.1:{port}&region=us-east-1"
        self.pipeline = Pipeline(self.folder, lake_uri=uri)
        done = self.segue("lake", "ls", expect=2)
        self.assertIn("InvalidAccessKeyId", done.stderr)
        self.assertIn("datalake", done.stderr)
        self.assert_nothing_secret()
        none = {name: "" for name in self.keys}
        done = self.pipeline.run("lake", "ls", expect=2, **none, HOME=str(self.folder))
        self.assertIn("AWS_ACCESS_KEY_ID", done.stderr)

    def assert_nothing_secret(self) -> None:
        """Neither what commands printed nor what daemons logged holds a secret or a signature."""
        texts = self.said + [log.read_text(errors="replace") for log in self.folder.glob("serve-*.log")]
        for text in texts:
            for secret in (self.secret, self.token, "Signature="):
                self.assertNotIn(secret, text)


if __name__ == "__main__":
    unittest.main()
