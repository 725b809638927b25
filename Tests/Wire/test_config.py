"""The files in config/ are what the program says they are."""

import subprocess
import unittest

import servers


class ConfigFilesTest(unittest.TestCase):
    def test_the_default_file_is_the_one_the_program_prints(self):
        printed = subprocess.run([servers.segue_binary(), "config", "--default"], capture_output=True, text=True, check=True)
        self.assertEqual((servers.ROOT / "config" / "segue.json5").read_text(), printed.stdout,
                         "run: segue config --default > config/segue.json5")

    def test_the_compose_stack_s_file_is_accepted(self):
        subprocess.run(
            [servers.segue_binary(), "config", "--config", str(servers.ROOT / "config" / "docker.json5")],
            capture_output=True, check=True)

    def test_every_command_explains_itself(self):
        for command in ([], ["up"], ["simulate"], ["ingest"], ["train"], ["serve"], ["models"], ["lake"], ["log"], ["doctor"]):
            answer = subprocess.run([servers.segue_binary(), *command, "--help"], capture_output=True, text=True, check=True)
            self.assertIn("segue", answer.stdout)
            self.assertGreater(len(answer.stdout), 200)
