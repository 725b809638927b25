"""Clients, tokens, limits, TLS, and a hundred wrong requests: each gets the right status, and nothing changes."""

import base64
import http.client
import json
import pathlib
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
import unittest
import urllib.parse

from pipeline import Pipeline, wait_until
from test_pipeline import PipelineTest

ADMIN_KEY = "wire-test-admin-key-0123456789"


class Caller:
    """One server over plain HTTP, byte for byte: no library makes the request better than it is."""

    def __init__(self, port: int):
        self.port = port

    def __call__(self, method: str, path: str, body: object = None, token: str | None = None, **headers: str):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            fields.setdefault("Authorization", f"Bearer {token}")
        if data is not None:
            fields.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if data is not None:
                fields.setdefault("Content-Length", str(len(data)))
            for name, value in fields.items():
                connection.putheader(name, value)
            try:
                connection.endheaders(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # The server answered before it had read all of a body it does not want.
            answer = connection.getresponse()
            return answer.status, dict((name.lower(), value) for name, value in answer.getheaders()), answer.read()
        finally:
            connection.close()

    def json(self, *arguments, **options):
        status, headers, body = self(*arguments, **options)
        return status, json.loads(body)

    def form(self, fields: dict, **headers: str):
        body = urllib.parse.urlencode(fields).encode()
        return self("POST", "/token", body, **{"Content_Type": "application/x-www-form-urlencoded", **headers})

    def token(self, client: dict, **more: str) -> str:
        status, _, body = self.form({
            "grant_type": "client_credentials", "client_id": client["client_id"],
            "client_secret": client["client_secret"], **more})
        assert status == 200, body
        return json.loads(body)["access_token"]

    def client(self, **fields) -> dict:
        status, made = self.json("POST", "/clients", {"name": "wire", **fields}, token=ADMIN_KEY)
        assert status == 201, made
        return made

    def raw(self, data: bytes) -> tuple[int, bytes]:
        """Sends bytes as they are."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body


class AccessTest(PipelineTest):
    def start(self, *arguments: str, ready: bool = True, **environment: str) -> None:
        self.pipeline = Pipeline(self.folder)
        self.pipeline.run("simulate", "--users", "20", "--songs", "30", "--events", "2000", "--seed", "5")
        self.pipeline.run("ingest", "--drain")
        self.pipeline.daemon("serve", *arguments, **{
            "SEGUE_ADMIN_KEY": ADMIN_KEY, "SEGUE_SERVE_ACCESS": "tokens", "SEGUE_SERVE_TOKEN_LIFETIME": "1h", **environment})
        self.call = Caller(self.pipeline.port)
        if ready:
            self.pipeline.wait_ready()

    def state(self) -> tuple:
        """What a wrong request could change: the lake, the end of the log, every row of the store but the counters of time."""
        log = sqlite3.connect(f"file:{self.folder}/events.db?mode=ro", uri=True)
        store = sqlite3.connect(f"file:{self.folder}/segue.db?mode=ro", uri=True)
        try:
            def tables(database) -> list[str]:
                names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
                return [name for (name,) in database.execute(names)]

            def contents(database) -> dict:
                return {name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"'))) for name in tables(database)}

            audit = self.folder / "data" / "audit.jsonl"
            return (
                self.pipeline.delta().version(), self.pipeline.lake_count(), contents(log), contents(store),
                audit.read_text() if audit.exists() else "")
        finally:
            log.close()
            store.close()

    def wrong_requests(self, reader: str, writer: str, ended: str, hasty: str) -> list[tuple]:
        """(what, status, method, path, body, options)"""
        event = {
            "user_id": "mallory", "track_id": "t", "timestamp": 1_700_000_000_000, "action": "listen", "duration": 1,
            "total_duration": 2, "source": "real_user"}
        listen = {"listen_type": "single", "payload": [
            {"listened_at": 1_700_000_000, "track_metadata": {"artist_name": "M", "track_name": "M"}}]}
        head, claims, code = reader.split(".")
        coded = lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        everything = coded(json.dumps({"iss": "segue", "sub": "x", "scope": "admin", "iat": 1, "exp": 9_999_999_999}))
        wrong: list[tuple] = []

        def add(what: str, status: int, method: str, path: str, body: object = None, **options) -> None:
            wrong.append((what, status, method, path, body, options))

        for body in [b"", b"{", b"[1,", b"{\"user_id\":}", b"\xff\xfe\x00", b"{'a':1}", b"nul", b"{} {}", b"[" * 200]:
            add(f"bad JSON {body[:12]!r}", 400, "POST", "/events", body, token=writer)
            add(f"bad JSON {body[:12]!r}", 400, "POST", "/recommend/next", body, token=reader)
        for change in [
            {"user_id": 7}, {"user_id": None}, {"user_id": ""}, {"user_id": "x" * 257}, {"track_id": []}, {"track_id": "a\nb"},
            {"timestamp": "now"}, {"timestamp": 1.5}, {"timestamp": -1e300}, {"action": "hum"}, {"duration": -1},
            {"duration": "1"}, {"total_duration": 2**40}, {"source": "moon"},
        ]:
            add(f"event {change}"[:60], 422, "POST", "/events", {**event, **change}, token=writer)
        for body in [7, "text", None, True]:
            add(f"event {body!r}", 422, "POST", "/events", json.dumps(body).encode(), token=writer)
        for body in [{}, [], 3, {"user_id": 3, "track_id": "t"}, {"user_id": "u"}, {"user_id": "u", "track_id": "s", "limit": 0},
                     {"user_id": "u", "track_id": "s", "limit": "9"}, {"user_id": "u", "track_id": "s", "exclude": "s"},
                     {"user_id": "u", "track_id": "s", "exclude": [1]}, {"user_id": "u", "track_id": "s", "exclude": ["e"] * 1001}]:
            add(f"next {str(body)[:50]}", 400, "POST", "/recommend/next", body, token=reader)
        add("form as JSON", 415, "POST", "/events", b"<event/>", token=writer, Content_Type="text/xml")
        add("oversize events", 413, "POST", "/events", b"[" + b" " * (5 << 20) + b"]", token=writer)
        add("oversize next", 413, "POST", "/recommend/next", b"{" + b" " * (2 << 20) + b"}", token=reader)
        add("oversize client", 413, "POST", "/clients", b"{" + b" " * 20_000 + b"}", token=ADMIN_KEY)
        add("declared oversize", 413, "POST", "/events", b"x", token=writer, Content_Length=str(1 << 40))
        add("long target", 414, "GET", "/search?q=" + "a" * 5_000, token=reader)
        add("long header", 431, "GET", "/songs", token=reader, X_Padding="a" * 9_000)
        for path in ["/../etc/passwd", "/songs/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/app/../../segue.db", "//songs",
                     "/songs/", "/songs/a/b/c", "/openapi.json/x", "/.git/config", "/SONGS", "/data/segue.db", "/songs//similar"]:
            add(f"path {path}", 404, "GET", path, token=reader)
        for path in ["/songs/%00", "/songs/%zz", "/songs/%ff", "/songs/a%0d%0aX:1", "/recommend/home?user_id=%00",
                     "/recommend/home?user_id=%c3", "/recommend/home", "/recommend/home?user_id=", "/songs?limit=-1",
                     "/songs?limit=1e3", "/songs?limit=5&limit=6", "/songs?limit=201", "/songs?cursor=%%", "/search", "/search?q=",
                     "/popular?window=9d", "/recommend/home?user_id=u&limit=0"]:
            add(f"query {path}", 400, "GET", path, token=reader)
        for method, path in [("DELETE", "/songs"), ("PUT", "/events"), ("PATCH", "/clients"), ("POST", "/health"),
                             ("TRACE", "/songs"), ("GET", "/events"), ("GET", "/token"), ("BREW", "/songs")]:
            add(f"method {method} {path}", 405, method, path, token=reader)
        for what, token in {
            "none": None, "empty": "", "noise": "abc", "dots": "..", "ended": ended, "other key": f"{head}.{claims}.{coded('x' * 32)}",
            "other claims": f"{head}.{everything}.{code}", "no signature": f"{head}.{everything}.",
            "algorithm none": f"{coded(json.dumps({'alg': 'none', 'typ': 'at+jwt'}))}.{everything}.",
            "unknown key": f"{coded(json.dumps({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'k'}))}.{everything}.{code}",
            "cut": reader[:-3], "twice": f"{reader}.{reader}", "long": "a" * 4_000, "near key": ADMIN_KEY[:-1],
        }.items():
            add(f"token {what}", 401, "GET", "/recommend/home?user_id=u", token=token)
            add(f"token {what}", 401, "POST", "/events", event, token=token)
        add("basic instead", 401, "GET", "/songs", Authorization="Basic " + coded("a:b"))
        add("twisted path without token", 401, "GET", "/%73ongs")
        add("twisted path of an administrator", 401, "GET", "/%63lients", token=reader + "x")
        add("read may not write", 403, "POST", "/events", event, token=reader)
        add("read may not write by a twisted path", 403, "POST", "/%65vents", event, token=reader)
        add("write may not read", 403, "GET", "/songs", token=writer)
        add("write may not see", 403, "GET", "/stats", token=writer)
        for token in (reader, writer):
            add("no client by a client", 403, "POST", "/clients", {"name": "m", "scopes": ["admin"]}, token=token)
            add("no list of clients", 403, "GET", "/clients", token=token)
            add("no removal", 403, "DELETE", "/clients/x", token=token)
            add("no listener's token", 403, "POST", "/users/ann/token", token=token)
        for body in [{}, {"name": ""}, {"name": 3}, {"name": "x" * 201}, {"name": "a\u0007"}, {"name": "n", "scopes": "read"},
                     {"name": "n", "scopes": []}, {"name": "n", "scopes": ["root"]}, {"name": "n", "requests_per_minute": -1},
                     {"name": "n", "requests_per_minute": "many"}, []]:
            add(f"client {str(body)[:50]}", 400, "POST", "/clients", body, token=ADMIN_KEY)
        add("no such client", 404, "DELETE", "/clients/nobody", token=ADMIN_KEY)
        add("from another site", 403, "POST", "/events", event, Origin="http://evil.example")
        add("too often", 429, "GET", "/songs", token=hasty)
        add("too often", 429, "GET", "/recommend/home?user_id=u", token=hasty)
        for token in ["", "x", "ann"]:
            add("scrobble without token", 401, "POST", "/1/submit-listens", listen, Authorization=f"Token {token}")
        add("scrobble with a client's token", 401, "POST", "/1/submit-listens", listen, token=writer)
        add("listens without token", 401, "GET", "/1/user/ann/listens")
        return wrong

    def test_a_hundred_wrong_requests_get_the_right_status_and_a_problem_and_change_nothing(self):
        self.start(SEGUE_SERVE_TOKEN_LIFETIME="2s")
        ended = self.call.token(self.call.client(scopes=["admin"]))
        names = {"reader": ["read"], "writer": ["write"]}
        clients = {name: self.call.client(scopes=scopes, requests_per_minute=0) for name, scopes in names.items()}
        slow = self.call.client(requests_per_minute=1)
        wait_until(lambda: self.call("GET", "/songs", token=ended)[0] == 401, 20, "a token to end")
        self.pipeline.stop(self.pipeline.daemons[-1])
        self.pipeline.daemon("serve", SEGUE_ADMIN_KEY=ADMIN_KEY, SEGUE_SERVE_ACCESS="tokens", SEGUE_SERVE_TOKEN_LIFETIME="1h")
        self.pipeline.wait_ready()
        tokens = {name: self.call.token(client) for name, client in clients.items()}
        hasty = self.call.token(slow)
        self.assertEqual(self.call("GET", "/songs", token=hasty)[0], 200)
        before = self.state()
        wrong = self.wrong_requests(tokens["reader"], tokens["writer"], ended, hasty)
        self.assertGreaterEqual(len(wrong), 100)
        for what, status, method, path, body, options in wrong:
            with self.subTest(what=what, path=path[:80]):
                got, headers, answer = self.call(method, path, body, **options)
                self.assertEqual(got, status, (what, answer[:300]))
                self.check_problem(path, status, headers, json.loads(answer))
        for what, status, data in self.broken_requests():
            with self.subTest(what=what):
                self.assertEqual(self.call.raw(data)[0], status)
        self.assertEqual(self.state(), before)
        self.assertEqual(self.call("GET", "/songs", token=tokens["reader"])[0], 200)

    def check_problem(self, path: str, status: int, headers: dict, answer: dict) -> None:
        if path.startswith("/1/"):
            self.assertEqual((answer["code"], sorted(answer)), (status, ["code", "error"]))
            return
        self.assertEqual(headers["content-type"], "application/problem+json")
        self.assertEqual((answer["type"], answer["status"]), ("about:blank", status))
        self.assertTrue(answer["title"] and answer["detail"])
        if status == 401:
            self.assertIn("Bearer", headers["www-authenticate"])
        if status == 405:
            self.assertTrue(headers["allow"])
        if status == 429:
            self.assertEqual(headers["ratelimit-remaining"], "0")
            self.assertGreater(int(headers["retry-after"]), 0)

    def broken_requests(self) -> list[tuple]:
        return [
            ("two lengths", 400, b"POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nx"),
            ("smuggler", 400, b"POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"),
            ("no host", 400, b"GET /songs HTTP/1.1\r\nConnection: close\r\n\r\n"),
            ("two hosts", 400, b"GET /songs HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"),
        ]

    def test_what_the_token_endpoint_refuses_it_refuses_as_oauth_says(self):
        self.start()
        client = self.call.client(scopes=["read", "write"])
        good = {"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"]}
        without = lambda name: {key: value for key, value in good.items() if key != name}
        for fields, status, error in [
            (without("grant_type"), 400, "invalid_request"), ({**good, "grant_type": "password"}, 400, "unsupported_grant_type"),
            (without("client_id"), 401, "invalid_client"), (without("client_secret"), 401, "invalid_client"),
            ({**good, "client_secret": "guess"}, 401, "invalid_client"), ({**good, "client_id": "nobody"}, 401, "invalid_client"),
            ({**good, "scope": "admin"}, 400, "invalid_scope"), ({**good, "scope": "read root"}, 400, "invalid_scope"),
            ([("grant_type", "client_credentials")] * 2, 400, "invalid_request"),
        ]:
            got, headers, body = self.call.form(fields)
            self.assertEqual((got, json.loads(body)["error"]), (status, error), body)
            self.assertEqual(headers["cache-control"], "no-store")
        basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
        got, headers, body = self.call.form({"grant_type": "client_credentials", "scope": "read"}, Authorization=f"Basic {basic}")
        answer = json.loads(body)
        self.assertEqual((got, answer["token_type"], answer["expires_in"], answer["scope"]), (200, "Bearer", 3600, "read"))
        self.assertEqual(self.call("POST", "/events", {}, token=answer["access_token"])[0], 403)
        got, headers, _ = self.call.form({"grant_type": "client_credentials"}, Authorization="Basic bm9ib2R5Ong=")
        self.assertEqual((got, headers["www-authenticate"]), (401, 'Basic realm="segue"'))
        statuses = [self.call.form({**good, "client_secret": "guess"})[0] for _ in range(80)]
        self.assertEqual(set(statuses), {401, 429})

    def test_tokens_work_over_tls_on_every_interface_and_a_scrobbler_has_its_own(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is missing: it makes the test's certificate")
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True)
        keyfile = self.folder / "admin.key"
        keyfile.write_text(ADMIN_KEY + "\n")
        # auto: on every interface tokens are asked for, without a word.
        self.start(
            "--host", "0.0.0.0", ready=False, SEGUE_SERVE_ACCESS="auto", SEGUE_ADMIN_KEY="", SEGUE_SERVE_ADMIN_KEY_FILE=str(keyfile),
            SEGUE_SERVE_TLS_CERTIFICATE=str(certificate), SEGUE_SERVE_TLS_KEY=str(key))
        context = ssl.create_default_context(cafile=str(certificate))

        def call(method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:
            connection = http.client.HTTPSConnection("localhost", self.pipeline.port, timeout=20, context=context)
            try:
                data = body if isinstance(body, (str, type(None))) else json.dumps(body)
                connection.request(method, path, data, {"Content-Type": "application/json", **headers})
                answer = connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text else {}
            finally:
                connection.close()

        def is_ready() -> bool:
            try:
                return call("GET", "/ready")[0] == 200
            except OSError:
                return False

        wait_until(is_ready, 30, "the API to be ready")
        self.assertEqual(call("GET", "/songs")[0], 401)
        admin = {"Authorization": f"Bearer {ADMIN_KEY}"}
        status, client = call("POST", "/clients", {"name": "tls"}, **admin)
        self.assertEqual(status, 201)
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"]})
        status, answer = call("POST", "/token", form, **{"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(status, 200, answer)
        self.assertEqual(call("GET", "/songs", Authorization=f"Bearer {answer['access_token']}")[0], 200)
        status, made = call("POST", "/users/ann/token", **admin)
        self.assertEqual(status, 201)
        token = {"Authorization": f"Token {made['token']}"}
        self.assertEqual(call("GET", "/1/validate-token", **token)[1]["user_name"], "ann")
        listen = {"listen_type": "single", "payload": [
            {"listened_at": int(time.time()) - 9, "track_metadata": {"artist_name": "A", "track_name": "T"}}]}
        self.assertEqual(call("POST", "/1/submit-listens", listen, **token), (200, {"status": "ok"}))
        self.pipeline.run("ingest", "--drain")
        self.assertEqual([row[0] for row in self.pipeline.lake_rows() if row[6] == "real_user"], ["ann"])
        self.assertEqual(call("GET", "/1/user/ann/listen-count", **token), (200, {"payload": {"count": 1}}))
        audit = (self.folder / "data" / "audit.jsonl").read_text()
        self.assertEqual([json.loads(line)["action"] for line in audit.splitlines()], ["POST /clients", "token", "POST /users/token"])
        written = audit + "".join(log.read_text(errors="replace") for log in self.folder.glob("*.log"))
        for secret in (ADMIN_KEY, client["client_secret"], made["token"], answer["access_token"]):
            self.assertNotIn(secret, written)
            for file in self.folder.glob("*.db*"):
                self.assertNotIn(secret.encode(), pathlib.Path(file).read_bytes())


del PipelineTest  # not a test of its own here


if __name__ == "__main__":
    unittest.main()
