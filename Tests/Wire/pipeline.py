"""Runs the program under test in a folder of its own and reads back what it left: lake, counts, API."""

import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import servers


class Pipeline:
    """One installation of Segue: its addresses, its folder, its running daemons."""

    def __init__(self, folder: pathlib.Path, **addresses: str):
        self.folder = folder
        self.port = servers.free_port()
        self.daemons: list[subprocess.Popen] = []
        self.environment = {
            **os.environ,
            "SEGUE_LOG_URI": f"sqlite:{folder}/events.db",
            "SEGUE_STORE_URI": f"sqlite:{folder}/segue.db",
            "SEGUE_LAKE_URI": f"file:{folder}/lake",
            "SEGUE_MODELS_PATH": f"{folder}/models",
            "SEGUE_SERVE_PORT": str(self.port),
            "SEGUE_INGEST_BATCH_TIME": "1s",
            **{f"SEGUE_{key.upper()}": value for key, value in addresses.items()},
        }
        self.lake = pathlib.Path(self.environment["SEGUE_LAKE_URI"].removeprefix("file:"))

    def run(self, *arguments: str, expect: int = 0, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess:
        """Runs a command to its end and checks the exit code."""
        done = subprocess.run(
            [servers.segue_binary(), *arguments], env={**self.environment, **environment}, timeout=timeout,
            capture_output=True, text=True, cwd=self.folder)
        if done.returncode != expect:
            raise AssertionError(
                f"segue {' '.join(arguments)} exited {done.returncode}, wanted {expect}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done

    def json(self, *arguments: str, **options) -> dict:
        """Runs a command with --json and returns what it printed."""
        return json.loads(self.run(*arguments, "--json", **options).stdout)

    def daemon(self, *arguments: str, **environment: str) -> subprocess.Popen:
        """Starts a command that keeps running."""
        name = f"{arguments[0]}-{len(self.daemons)}"
        with open(self.folder / f"{name}.log", "ab") as output:
            process = subprocess.Popen(
                [servers.segue_binary(), *arguments], env={**self.environment, **environment}, stdout=output,
                stderr=output, cwd=self.folder)
        self.daemons.append(process)
        return process

    def stop(self, process: subprocess.Popen, how: int = signal.SIGTERM, grace: float = 30) -> int:
        """Stops a daemon and returns its exit code; one that does not stop in time is killed and -9 returned."""
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def close(self) -> None:
        """Stops whatever still runs."""
        for process in self.daemons:
            if process.poll() is None:
                process.kill()
                process.wait()

    # MARK: the API

    def request(self, path: str, body: object = None, method: str | None = None) -> tuple[int, dict]:
        """Calls the API; returns status and decoded JSON (problem documents included)."""
        data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
        call = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, method=method,
            headers={"Content-Type": "application/json"} if data is not None else {})
        try:
            with urllib.request.urlopen(call, timeout=20) as answer:
                text = answer.read()
                status = answer.status
        except urllib.error.HTTPError as error:
            text, status = error.read(), error.code
        return status, json.loads(text) if text[:1] in (b"{", b"[") else {"text": text.decode()}

    def wait_ready(self, seconds: float = 30) -> None:
        """Returns when /ready says yes."""
        def ready() -> bool:
            try:
                return self.request("/ready")[0] == 200
            except OSError:
                return False
        wait_until(ready, seconds, "the API to be ready")

    # MARK: the lake, read by another engine

    def lake_rows(self) -> list[tuple]:
        """All rows of the lake as delta-rs sees them, sorted."""
        table = self.delta().to_pyarrow_table()
        names = ["user_id", "track_id", "timestamp", "action", "duration", "total_duration", "source"]
        return sorted(zip(*(table.column(name).to_pylist() for name in names)))

    def delta(self):
        """The lake as a delta-rs table."""
        import deltalake

        return deltalake.DeltaTable(str(self.lake))

    def lake_count(self) -> int:
        """Rows of the lake by the statistics of its log; 0 while there is no table."""
        if not (self.lake / "_delta_log").exists() or not any((self.lake / "_delta_log").glob("*.json")):
            return 0
        actions = self.delta().get_add_actions(flatten=True)
        return sum(value.as_py() or 0 for value in actions["num_records"])

    def plays_by_song(self) -> dict[str, int]:
        """plays_cumulative of every song that has any, through the API."""
        plays, cursor = {}, None
        while True:
            query = f"/songs?limit=200{'' if cursor is None else '&cursor=' + urllib.parse.quote(cursor)}"
            status, page = self.request(query)
            assert status == 200, (status, page)
            for song in page["songs"]:
                if song["plays_cumulative"]:
                    plays[song["id"]] = song["plays_cumulative"]
            cursor = page.get("next_cursor")
            if not cursor:
                return plays


def wait_until(condition, seconds: float, what: str) -> None:
    """Polls a condition until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.2)


def plays_of(rows: list[tuple]) -> dict[str, int]:
    """Plays by song that these lake rows amount to."""
    plays: dict[str, int] = {}
    for row in rows:
        if row[3] in ("listen", "complete"):
            plays[row[1]] = plays.get(row[1], 0) + 1
    return plays
