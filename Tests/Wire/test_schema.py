"""The API's description held against the running program: schemathesis makes requests of it, right and wrong ones, and no
answer may be a server error or one the description does not know."""

import subprocess
import unittest

import servers
from pipeline import Pipeline
from test_pipeline import SIMULATED, TRAIN, PipelineTest

CHECKS = ",".join([
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method",
])


# A request that is wrong in two ways may be refused for its length.
SETTINGS = """
[checks]
negative_data_rejection.expected-statuses = ["4xx"]
"""


class DescriptionTest(PipelineTest):
    ADMIN_KEY = "schemathesis-admin-key"

    def setUp(self):
        super().setUp()
        if not servers.program("schemathesis"):
            self.skipTest("schemathesis is missing: scripts/setup --python")

    def fuzz(self, *more: str, examples: int, seconds: int) -> None:
        """Runs schemathesis over all operations; its report is the failure's message."""
        settings = self.folder / "schemathesis.toml"
        settings.write_text(SETTINGS)
        done = subprocess.run(
            [
                servers.program("schemathesis"), "--no-color", "--config-file", str(settings), "run", f"http://127.0.0.1:{self.pipeline.port}/openapi.json",
                "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples),
                "--max-time", str(seconds), "--seed", "7", "--no-shrink", "--suppress-health-check", "all",
                "--warnings", "off", "--generation-database", "none", "--generation-with-security-parameters", "false",
                "--request-timeout", "20", *more,
            ], cwd=self.folder, capture_output=True, text=True, timeout=seconds + 120)
        (self.folder / "schemathesis.log").write_text(done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout[-12_000:] + done.stderr[-2_000:])
        self.assertEqual(self.pipeline.request("/health"), (200, {"status": "ok"}))
        self.assertIsNone(self.pipeline.daemons[-1].poll(), "the server ended")

    def start(self, **environment: str) -> None:
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        self.pipeline.json("train", *TRAIN)
        self.pipeline.daemon("serve", SEGUE_ADMIN_KEY=self.ADMIN_KEY, **environment)
        self.pipeline.wait_ready()

    def test_every_answer_of_an_open_server_is_described(self):
        self.start()
        self.fuzz(examples=10, seconds=28)

    def test_every_answer_of_a_closed_server_to_an_administrator_is_described(self):
        self.start(SEGUE_SERVE_ACCESS="tokens")
        self.fuzz(
            "--header", f"Authorization: Bearer {self.ADMIN_KEY}", "--exclude-path-regex", "^/1/", examples=5, seconds=14)

    def test_the_description_names_every_route(self):
        import json
        import re

        description = json.loads((servers.ROOT / "Sources/Serving/Web/openapi.json").read_text())
        described = {(method, path) for path, methods in description["paths"].items() for method in methods}
        routes = set()
        for source in (servers.ROOT / "Sources/Serving").rglob("*.swift"):
            for method, path in re.findall(r"\.add\(\s*\.(get|post|put|delete|patch), \"(/[^\"]*)\"", source.read_text()):
                routes.add((method, path))
        self.assertGreater(len(routes), 15)
        self.assertEqual(routes - described, set(), "routes that openapi.json does not describe")
        self.assertEqual({one for one in described if one[1] != "/openapi.json"} - routes, set(), "described, but not there")


del PipelineTest  # not a test of its own here


if __name__ == "__main__":
    unittest.main()
