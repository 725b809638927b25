"""Scrobblers: ListenBrainz's own client library talks to the real program, and its listens land in the lake once."""

import json
import time
import unittest
import urllib.error
import urllib.request

from pipeline import Pipeline, wait_until
from test_pipeline import PipelineTest


class ListenBrainzTest(PipelineTest):
    RECORDING = "0f2d6f29-7b1c-4a0f-9a4e-3f2b6c0f7d11"

    def client(self, token: str):
        import liblistenbrainz

        client = liblistenbrainz.ListenBrainz(api_base_url=f"http://127.0.0.1:{self.pipeline.port}")
        client.set_auth_token(token)
        return client

    def listen(self, artist: str, title: str, at: int | None, **more):
        import liblistenbrainz

        return liblistenbrainz.Listen(track_name=title, artist_name=artist, listened_at=at, **more)

    def submit(self, body: object, token: str | None = "ann", path: str = "/1/submit-listens") -> tuple[int, dict]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {} if token is None else {"Authorization": f"Token {token}"}
        call = urllib.request.Request(f"http://127.0.0.1:{self.pipeline.port}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(call, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def start(self) -> None:
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", "--users", "5", "--songs", "20", "--events", "200", "--seed", "3")
        self.pipeline.run("ingest", "--drain")
        self.pipeline.daemon("up")
        self.pipeline.wait_ready()
        self.before = self.pipeline.lake_count()

    def rows(self) -> list[tuple]:
        return [row for row in self.pipeline.lake_rows() if row[6] == "real_user"]

    def test_a_real_client_submits_single_playing_now_and_import_and_each_lands_once(self):
        self.start()
        now = int(time.time())
        ann = self.client("ann")
        first = self.listen(
            "Sigur Rós", "Svefn-g-englar", now - 900, recording_mbid=self.RECORDING,
            additional_info={"duration_ms": 604_000})
        self.assertEqual(ann.submit_single_listen(first), {"status": "ok"})
        ann.submit_playing_now(self.listen("Björk", "Jóga", None))
        many = [self.listen(f"Artist {n % 7}", f"Song {n}", now - 2000 - n) for n in range(250)]
        ann.submit_multiple_listens(many)
        # A scrobbler that heard no answer sends again.
        ann.submit_single_listen(first)
        ann.submit_multiple_listens(many)
        # Another listener, the same song, named otherwise: the same song.
        self.client("bob").submit_single_listen(self.listen("SIGUR ROS", "Svefn g Englar", now - 60))
        wait_until(lambda: len(self.rows()) >= 252, 40, "the listens to be in the lake")
        # What is sent now comes after all that was sent before: when it is in, nothing else is on its way.
        self.client("ann").submit_single_listen(self.listen("Last", "Of All", now - 1))
        wait_until(lambda: any(row[2] == (now - 1) * 1000 for row in self.rows()), 40, "the last listen")
        rows = self.rows()
        self.assertEqual(len(rows), 253)
        self.assertEqual(len({row[:3] for row in rows}), 253)
        self.assertNotIn("Jóga", {song["title"] for song in self.songs()})
        by_time = {row[2] // 1000: row for row in rows}
        self.assertEqual(
            by_time[now - 900], ("ann", f"mbid:{self.RECORDING}", (now - 900) * 1000, "listen", 240_000, 604_000, "real_user"))
        self.check_reading(ann, many, now)
        self.assertEqual(by_time[now - 60][1], f"mbid:{self.RECORDING}")

    def songs(self) -> list[dict]:
        return self.pipeline.request("/songs?limit=200")[1]["songs"]

    def check_reading(self, ann, many: list, now: int) -> None:
        """The client reads back what it sent, by time and by count."""
        newest = ann.get_listens("ann")
        self.assertEqual(len(newest), 25)
        self.assertEqual([newest[0].track_name, newest[1].track_name], ["Of All", "Svefn-g-englar"])
        self.assertEqual(newest[1].recording_mbid, self.RECORDING)
        older = ann.get_listens("ann", max_ts=now - 900, count=100)
        self.assertEqual([one.track_name for one in older], [one.track_name for one in many[:100]])
        oldest = ann.get_listens("ann", min_ts=now - 2000 - 249, count=3)
        self.assertEqual([one.track_name for one in oldest], ["Song 246", "Song 247", "Song 248"])
        self.assertEqual(self.submit(None, path="/1/user/ann/listen-count"), (200, {"payload": {"count": 252}}))
        self.assertEqual(
            self.submit(None, path="/1/user/nobody/listens"), (404, {"code": 404, "error": "Cannot find user: nobody"}))
        self.assertEqual(self.submit(None, path="/1/user/ann/listens?min_ts=9&max_ts=9")[0], 400)
        self.assertEqual(self.submit(None, path="/1/user/ann/listens?max_ts=soon")[0], 400)

    def test_what_listenbrainz_refuses_is_refused_with_its_error_body_and_nothing_is_kept(self):
        self.start()
        now = int(time.time())
        good = {"listened_at": now - 5, "track_metadata": {"artist_name": "A", "track_name": "T"}}
        info = lambda **more: {**good, "track_metadata": {**good["track_metadata"], "additional_info": more}}
        meta = lambda **more: {**good, "track_metadata": {**good["track_metadata"], **more}}
        single = lambda listen: {"listen_type": "single", "payload": [listen]}
        wrong = [
            b"{nonsense", b"", b"\xff\xfe", [], 7, {}, {"listen_type": "single"}, {"payload": [good]},
            {"listen_type": "sung", "payload": [good]}, {"listen_type": 3, "payload": [good]},
            {"listen_type": "single", "payload": good}, {"listen_type": "single", "payload": []},
            {"listen_type": "single", "payload": [good, good]}, {"listen_type": "playing_now", "payload": [good]},
            {"listen_type": "import", "payload": [good] * 1001}, {"listen_type": "import", "payload": [good, None]},
            single({**good, "listened_at": "now"}), single({**good, "listened_at": 1.5}),
            single({**good, "listened_at": 1_000_000_000}), single({**good, "listened_at": now + 9_000}),
            single({**good, "listened_at": 2**70}), single({"listened_at": now}), single({"track_metadata": {}}),
            single({**good, "track_metadata": []}), single(meta(artist_name="")), single(meta(track_name=" ")),
            single(meta(artist_name=["A"])), single(meta(track_name="a\0b")), single(meta(additional_info=3)),
            single(info(recording_mbid="not-a-uuid")), single(info(recording_mbid=7)),
            single(info(artist_mbids=["x"])), single(info(duration_ms=-1)), single(info(duration_ms="long")),
            single(info(tags=["t"] * 51)), single(info(tags=["t" * 65])), single(info(note="x" * 11_000)),
        ]
        for body in wrong:
            with self.subTest(body=str(body)[:80]):
                status, answer = self.submit(body)
                self.assertEqual((status, answer["code"], sorted(answer)), (400, 400, ["code", "error"]), answer)
        self.assertEqual(
            self.submit(single(good), token=None),
            (401, {"code": 401, "error": "You need to provide an Authorization header."}))
        self.assertEqual(
            self.submit(single(good), token="x" * 300), (401, {"code": 401, "error": "Invalid authorization token."}))
        self.assertEqual(self.submit(None, token="x" * 300, path="/1/validate-token")[1]["valid"], False)
        self.assertEqual(
            self.submit(None, path="/1/validate-token"),
            (200, {"code": 200, "message": "Token valid.", "valid": True, "user_name": "ann"}))
        self.assertEqual(self.submit(None, token=None, path="/1/validate-token")[0], 400)
        songs = {song["id"] for song in self.songs()}
        self.assertEqual(self.submit(single({**good, "listened_at": now - 77}))[0], 200)
        wait_until(lambda: len(self.rows()) > 0, 40, "the good listen to be in the lake")
        self.assertEqual([row[2] for row in self.rows()], [(now - 77) * 1000])
        wait_until(lambda: len({song["id"] for song in self.songs()} - songs) == 1, 40, "the one new song")


del PipelineTest  # not a test of its own here


if __name__ == "__main__":
    unittest.main()
