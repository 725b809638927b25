"""The short version of scripts/chaos-ingest: kills, a zombie and a broker outage lose and repeat nothing, and it can fail."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

import servers


def chaos(*arguments: str) -> tuple[int, dict, str]:
    """Runs the harness; returns its exit code, its figures and all it said."""
    # In the virtual environment's Python, whichever started us: it has the engines the harness reads the lake with.
    script = pathlib.Path(servers.ROOT) / "scripts" / "chaos-ingest"
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=600,
        env={**os.environ, "SEGUE_BIN": servers.segue_binary()})
    figures = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, json.loads(figures[-1]) if figures else {}, done.stdout + done.stderr


class ChaosTests(unittest.TestCase):
    def test_kills_and_a_zombie_lose_and_repeat_nothing(self):
        code, figures, said = chaos(
            "--events", "15000", "--kills", "5", "--zombies", "1", "--rebalances", "2", "--broker-restarts", "1",
            "--store-outages", "0", "--full-disks", "1", "--seed", "3")
        self.assertEqual(code, 0, said[-3000:])
        self.assertEqual((figures["lost"], figures["twice"], figures["songs_miscounted"]), (0, 0, 0), figures)
        self.assertGreaterEqual(figures["kills"], 5)

    def test_the_harness_sees_a_protocol_without_positions(self):
        code, figures, said = chaos(
            "--events", "5000", "--kills", "2", "--zombies", "0", "--rebalances", "1", "--broker-restarts", "0",
            "--store-outages", "0", "--full-disks", "0", "--stall", "10", "--break", "forget-positions")
        self.assertEqual(code, 1, said[-3000:])
        self.assertGreater(figures["twice"], 0, figures)


if __name__ == "__main__":
    unittest.main()
