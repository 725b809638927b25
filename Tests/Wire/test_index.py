"""`segue index` on a model just trained: what it says is measured again here."""

import pathlib
import tempfile
import unittest

from pipeline import Pipeline


class IndexTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="segue-index-")
        cls.addClassCleanup(cls.home.cleanup)
        cls.pipeline = Pipeline(pathlib.Path(cls.home.name))
        cls.pipeline.run("simulate", "--users", "300", "--songs", "2000", "--events", "30000", "--seed", "5")
        cls.pipeline.run("ingest", "--drain")
        cls.pipeline.run("train")

    def test_inspect_says_what_the_file_holds(self):
        facts = self.pipeline.json("index", "inspect")
        self.assertEqual(facts["bytes"], pathlib.Path(self.home.name, facts["path"]).stat().st_size)
        self.assertLessEqual(sum(section["bytes"] for section in facts["sections"]), facts["bytes"])
        self.assertGreater(len(facts["calibration"]), 5)

    def test_verify_measures_the_recall_the_file_claims(self):
        report = self.pipeline.json("index", "verify", "--queries", "300")
        self.assertTrue(report["is_whole"])
        self.assertEqual(report["queries"], 300)
        self.assertAlmostEqual(report["recall"], report["claimed_recall"], delta=0.01)

    def test_search_finds_what_exact_search_finds(self):
        quick = self.pipeline.json("index", "search", "--user", "sim-u7", "-k", "20")["hits"]
        exact = self.pipeline.json("index", "search", "--user", "sim-u7", "-k", "20", "--exact")["hits"]
        scores = [hit["score"] for hit in exact]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertGreaterEqual(len({hit["id"] for hit in quick} & {hit["id"] for hit in exact}), 18)
        self.assertTrue(all(hit["title"] for hit in exact))
        neighbours = self.pipeline.json("index", "search", "--song", exact[0]["id"], "-k", "5")["hits"]
        self.assertNotIn(exact[0]["id"], [hit["id"] for hit in neighbours])

    def test_a_cut_or_flipped_file_is_refused_by_name(self):
        path = pathlib.Path(self.home.name, self.pipeline.json("index", "inspect")["path"])
        whole = path.read_bytes()
        cut, flipped = path.with_name("cut.ivf"), path.with_name("flipped.ivf")
        cut.write_bytes(whole[: len(whole) // 2])
        flipped.write_bytes(whole[:-2000] + bytes([whole[-2000] ^ 1]) + whole[-1999:])
        for damaged in (cut, flipped):
            done = self.pipeline.run("index", "verify", str(damaged), expect=1)
            self.assertIn(damaged.name, done.stderr)

    def test_what_is_not_there_is_said(self):
        self.assertIn("nobody", self.pipeline.run("index", "search", "--user", "nobody", expect=1).stderr)
        self.assertIn("--user", self.pipeline.run("index", "search", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
