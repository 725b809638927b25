"""Servers the wire tests talk to: a broker and a store started here, or the ones the environment names."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program(name: str) -> str | None:
    """Path of a program of the virtual environment this script runs in, the project's .venv, or $PATH."""
    for folder in (pathlib.Path(sys.executable).parent, ROOT / ".venv" / "bin"):
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name)


def segue_binary() -> str:
    """The program under test: SEGUE_BIN, or the release build."""
    path = os.environ.get("SEGUE_BIN") or str(ROOT / ".build" / "release" / "segue")
    if not os.access(path, os.X_OK):
        raise SystemExit(f"wire: no program at {path}: run scripts/test, or set SEGUE_BIN")
    return path


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen, seconds: float = 60) -> None:
    """Returns when something listens on the port; raises when the process ends first or time runs out."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} before it listened on {port}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args[0]} did not listen on {port} within {seconds} s")


class Server:
    """A server process on a port of its own; `restart` keeps port and data."""

    def __init__(self, name: str, command: list[str], port: int, log: pathlib.Path, patience: float = 60):
        self.name, self.command, self.port, self.log, self.patience = name, command, port, log, patience
        self.process: subprocess.Popen | None = None

    def start(self) -> "Server":
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output, start_new_session=True)
        wait_for_port(self.port, self.process, self.patience)
        return self

    def stop(self, how: int = signal.SIGTERM, grace: float = 20) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, how)
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self, how: int = signal.SIGTERM) -> None:
        self.stop(how)
        self.start()


def kafka(folder: pathlib.Path) -> Server:
    """A Kafka-compatible broker that keeps its data in the folder."""
    path = program("noida-db")
    if not path:
        raise RuntimeError("noida-db is missing: scripts/setup --python")
    port = free_port()
    command = [path, "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", str(folder / "kafka")]
    return Server("kafka", command, port, folder / "kafka.log")


def mongodb(folder: pathlib.Path) -> Server:
    """A MongoDB-compatible server that keeps its data in the folder."""
    path = program("secantusd-py")
    if not path:
        raise RuntimeError("secantusd-py is missing: scripts/setup --python")
    port = free_port()
    (folder / "mongodb").mkdir(parents=True, exist_ok=True)
    command = [path, "--port", str(port), "--storage-path", str(folder / "mongodb")]
    return Server("mongodb", command, port, folder / "mongodb.log")


def s3(folder: pathlib.Path) -> Server:
    """An S3-compatible server that keeps its objects in memory."""
    path = program("moto_server")
    if not path:
        raise RuntimeError("moto_server is missing: scripts/setup --python")
    port = free_port()
    return Server("s3", [path, "-H", "127.0.0.1", "-p", str(port)], port, folder / "s3.log")


def mlflow(folder: pathlib.Path) -> Server:
    """MLflow's own tracking server, which keeps its data in the folder."""
    path = program("mlflow")
    if not path:
        raise RuntimeError("mlflow is missing: scripts/setup --python")
    port = free_port()
    command = [
        "env", "MLFLOW_DISABLE_TELEMETRY=true", path, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    # It loads half of PyPI before it listens.
    return Server("mlflow", command, port, folder / "mlflow.log", patience=240)
