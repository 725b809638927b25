"""The API of recommendations with the real program: options, reasons, ratings, histories, new users, after a restart too."""

import os
import pathlib
import shutil
import tempfile
import unittest
import urllib.parse

from pipeline import Pipeline, wait_until

SIMULATED = ["--users", "200", "--songs", "300", "--events", "20000", "--days-back", "20", "--seed", "5"]
TRAIN = ["--factors", "16", "--iterations", "5"]


class ApiTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="segue-api-"))
        self.pipeline = Pipeline(self.folder, **self.addresses())
        self.pipeline.run("simulate", *SIMULATED)
        self.pipeline.run("ingest", "--drain")
        self.pipeline.run("train", *TRAIN)
        self.daemon = self.serve()

    def addresses(self) -> dict[str, str]:
        return {}

    def serve(self):
        daemon = self.pipeline.daemon("serve", SEGUE_SERVE_CATALOGUE_INTERVAL="1s")
        self.pipeline.wait_ready()
        # The history of the lake comes after the catalogue; popularity has scores once it is there.
        wait_until(lambda: self.get("/popular?limit=1")["songs"][0]["score"] is not None, 30, "the history")
        return daemon

    def tearDown(self):
        self.pipeline.close()
        outcome = getattr(self._outcome, "result", None)
        if outcome and any(test is self for test, _ in outcome.failures + outcome.errors):
            print(f"\nwire: kept {self.folder}")
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, path: str, body: object = None, method: str | None = None, expect: int = 200) -> dict:
        status, answer = self.pipeline.request(path, body, method)
        self.assertEqual(status, expect, (path, answer))
        return answer

    def get(self, path: str, **query) -> dict:
        return self.ask(path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else ""))

    def known_user(self) -> str:
        users = [user["id"] for user in self.get("/users", limit=100)["users"] if user["model_version"]]
        return next(user for user in users if self.get("/recommend/home", user_id=user)["strategy"] == "personal")

    def ids(self, answer: dict) -> list[str]:
        return [song["id"] for song in answer["songs"]]

    def lake_history(self, user: str) -> list[tuple[int, str, str]]:
        """(timestamp, track, action) of a user as delta-rs reads the lake, newest first."""
        rows = [row for row in self.pipeline.lake_rows() if row[0] == user]
        return sorted(((row[2], row[1], row[3]) for row in rows), key=lambda row: (-row[0], row[1].encode()))

    # MARK: the tests

    def test_options_reasons_histories_and_ratings(self):
        user = self.known_user()
        self.check_options(user)
        self.check_history_and_reasons(user)
        self.check_popular()
        self.check_ratings(user)
        self.check_estimates(user)

    def check_options(self, user: str) -> None:
        home = self.get("/recommend/home", user_id=user, limit=50)
        self.assertEqual(len(home["songs"]), 50)
        capped = self.get("/recommend/home", user_id=user, limit=20, max_per_artist=1)
        artists = [song["artist_id"] or song["artist"] for song in capped["songs"]]
        self.assertEqual(len(set(artists)), len(artists))
        artist = home["songs"][0]["artist"]
        by_artist = self.get("/recommend/home", user_id=user, limit=200, artist=artist)
        self.assertTrue(by_artist["songs"])
        self.assertEqual({song["artist"] for song in by_artist["songs"]}, {artist})
        days = sorted(song["release_date"] for song in home["songs"] if song["release_date"])
        middle = days[len(days) // 2]
        old = self.get("/recommend/home", user_id=user, limit=50, released_to=middle)
        self.assertEqual(len(old["songs"]), 50)
        self.assertTrue(all(song["release_date"] <= middle for song in old["songs"]))
        allowed = self.ids(home)[10:15]
        self.assertEqual(self.ids(self.get("/recommend/home", user_id=user, allow=allowed)), allowed)
        diverse = self.get("/recommend/home", user_id=user, limit=20, diversity=0.9)
        self.assertEqual(diverse["songs"][0]["id"], home["songs"][0]["id"])
        self.assertNotEqual(self.ids(diverse), self.ids(home)[:20])
        batch = self.ask("/recommend/batch", {"requests": [{"user_id": user, "limit": 50}, {"user_id": "nobody"}]})
        self.assertEqual(batch["answers"][0], home)
        self.assertEqual(batch["answers"][1]["strategy"], "popular")

    def check_history_and_reasons(self, user: str) -> None:
        listens, cursor = [], None
        while True:
            page = self.get(f"/users/{user}/history", limit=37, **({"cursor": cursor} if cursor else {}))
            listens += page["listens"]
            cursor = page["next_cursor"]
            if not cursor:
                break
        expected = self.lake_history(user)
        self.assertEqual([(one["song"]["id"], one["action"]) for one in listens], [row[1:] for row in expected])
        heard = {row[1] for row in expected if row[2] != "skip"}
        explained = self.get("/recommend/home", user_id=user, limit=10, explain="true")
        for song in explained["songs"]:
            for reason in song["because"]:
                self.assertIn(reason["track_id"], heard)
                self.assertTrue(0 < reason["weight"] <= 1 and reason["title"], reason)
        self.assertTrue(any(song["because"] for song in explained["songs"]))
        rested = self.get("/recommend/home", user_id=user, limit=200, fatigue_days=30)
        self.assertFalse(set(self.ids(rested)) & {row[1] for row in expected})

    def check_popular(self) -> None:
        """The averages as another engine's rows give them."""
        begun, completed = {}, {}
        for row in self.pipeline.lake_rows():
            begun[row[1]] = begun.get(row[1], 0) + 1
            completed[row[1]] = completed.get(row[1], 0) + (row[3] == "complete")
        total = sum(begun.values())
        mean, weight = sum(completed.values()) / total, sum(n * n for n in begun.values()) / total
        average = {song: (weight * mean + completed[song]) / (weight + n) for song, n in begun.items()}
        songs = self.get("/popular", window="all", limit=50)["songs"]
        for song in songs:
            self.assertAlmostEqual(song["score"], average[song["id"]], places=5)
        best = sorted(average.values(), reverse=True)[:50]
        for song, value in zip(songs, best):
            self.assertAlmostEqual(song["score"], value, places=5)

    def check_ratings(self, user: str) -> None:
        first, second = self.ids(self.get("/recommend/home", user_id=user))[:2]
        kept = self.ask(f"/users/{user}/ratings/{first}", {"rating": "dislike"}, "PUT")
        self.assertEqual(kept["rating"], "dislike")
        self.ask(f"/users/{user}/ratings/{second}", {"rating": 5}, "PUT")
        everything = self.get("/recommend/home", user_id=user, limit=200)
        self.assertNotIn(first, self.ids(everything))
        ratings = self.get(f"/users/{user}/ratings")["ratings"]
        self.assertEqual({one["song"]["id"]: one["rating"] for one in ratings}, {first: "dislike", second: 5})
        # A dislike outlives the daemon.
        self.assertEqual(self.pipeline.stop(self.daemon), 0)
        self.daemon = self.serve()
        self.assertNotIn(first, self.ids(self.get("/recommend/home", user_id=user, limit=200)))
        for _ in range(2):
            self.ask(f"/users/{user}/ratings/{first}", method="DELETE", expect=204)
        self.assertIn(first, self.ids(self.get("/recommend/home", user_id=user, limit=200)))

    def check_estimates(self, user: str) -> None:
        songs = self.get("/recommend/home", user_id=user, limit=5)["songs"]
        asked = [song["id"] for song in songs] + ["nothing"]
        estimates = self.get("/estimate", user_id=user, track_id=asked)["estimates"]
        self.assertEqual([one["track_id"] for one in estimates], asked)
        for song, one in zip(songs, estimates):
            self.assertAlmostEqual(one["score"], song["score"], places=4)
        self.assertIsNone(estimates[-1]["score"])

    def test_a_new_user_is_made_of_songs_and_is_in_the_lake_once(self):
        seed = self.get("/popular", window="all", limit=200)["songs"][-1]
        title = self.get("/recommend", title=seed["title"], limit=5)
        self.assertEqual(title["strategy"], "song")
        songs = [title["song"]["id"]] + self.ids(title)[:3]
        answer = self.ask(
            "/recommend", {"songs": [{"track_id": song, "rating": "like"} for song in songs], "limit": 10})
        self.assertEqual(answer["strategy"], "recent")
        self.assertEqual(len(answer["songs"]), 10)
        self.assertFalse(set(self.ids(answer)) & set(songs))
        user = answer["user_id"]
        self.assertEqual(self.get("/recommend/home", user_id=user)["strategy"], "recent")
        self.pipeline.run("ingest", "--drain")
        self.assertEqual({row[1] for row in self.lake_history(user)}, set(songs))
        self.assertEqual(len(self.lake_history(user)), len(songs))
        history = self.get(f"/users/{user}/history")["listens"]
        self.assertEqual([one["song"]["id"] for one in history], songs[::-1])


if __name__ == "__main__":
    unittest.main()
