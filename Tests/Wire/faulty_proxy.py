"""An HTTP proxy that treats every few requests badly: for tests of what retries."""

import http.client
import http.server
import random
import threading

SLOW_DOWN = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'


class FaultyProxy:
    """Forwards to a server on this machine. Of `period` requests one each is refused with 503 SlowDown before it arrives,
    is carried out and its answer lost, or is answered with half an answer."""

    def __init__(self, port: int, period: int, seed: int = 1):
        self.faults = {"slow_down": 0, "lost_answer": 0, "half_answer": 0, "lost_commit": 0}
        self.requests: list[tuple[str, str]] = []
        dice, lock, proxy = random.Random(seed), threading.Lock(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Nothing: the test says what happened."""

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                commits = self.headers.get("If-None-Match") == "*" and "_delta_log" in self.path
                with lock:
                    proxy.requests.append((self.command, self.path))
                    fault = dice.choice(["slow_down", "lost_answer", "half_answer"]) if dice.randrange(period) == 0 else None
                    # The commit is where a lost answer hurts: lose every third of them.
                    if commits and dice.randrange(3) == 0:
                        fault = "lost_answer"
                        proxy.faults["lost_commit"] += 1
                    if fault:
                        proxy.faults[fault] += 1
                if fault == "slow_down":
                    return self.answer(503, [("Content-Type", "application/xml")], SLOW_DOWN)
                server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                server.request(self.command, self.path, body, dict(self.headers))
                reply = server.getresponse()
                content = reply.read()
                server.close()
                if fault == "lost_answer":
                    self.close_connection = True
                    return
                headers = [(name, value) for name, value in reply.getheaders()
                           if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server")]
                length = int(reply.getheader("Content-Length") or len(content)) if self.command == "HEAD" else len(content)
                self.answer(reply.status, headers, content, length, cut=fault == "half_answer")

            def answer(self, status, headers, content, length=None, cut=False):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) if length is None else length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content[: len(content) // 2] if cut else content)
                if cut:
                    self.close_connection = True

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """A client that gave up is what this is for."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
