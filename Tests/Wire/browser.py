"""A real browser for the wire tests: Debian's Chromium, driven by playwright; without either, the tests say so and skip."""

import pathlib
import re
import shutil
import time

import servers

#: Screenshots, to be looked at.
PICTURES = servers.ROOT / "test-output" / "browser"
#: Nothing but the page's own requests; a container has neither a sandbox nor a sound card.
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--mute-audio"]


def missing() -> str | None:
    """What is missing to drive a browser; None when nothing is."""
    try:
        import axe_playwright_python  # noqa: F401
        import playwright.sync_api  # noqa: F401
    except ImportError as error:
        return f"{error.name} is missing: scripts/setup --python"
    return None if shutil.which("chromium") else "chromium is missing: scripts/setup"


class Browser:
    """One Chromium; `open` gives a page of a fresh profile that notes what goes wrong in it."""

    def __init__(self, address: str):
        from playwright.sync_api import sync_playwright

        self.address = address
        self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        PICTURES.mkdir(parents=True, exist_ok=True)

    def open(self, path: str = "/", width: int = 1280, height: int = 900, **options) -> "Visit":
        return Visit(self, path, {"viewport": {"width": width, "height": height}, "locale": "en-US", **options})

    def close(self) -> None:
        self.chromium.close()
        self.playwright.stop()


class Visit:
    """A page in a profile of its own."""

    def __init__(self, browser: Browser, path: str, options: dict):
        self.context = browser.chromium.new_context(base_url=browser.address, **options)
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        #: Problems a test brings about on purpose.
        self.allowed: list[str] = []
        self.page.on("console", self._note_line)
        self.page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        self.page.goto(path)

    def _note_line(self, line) -> None:
        if line.type in ("error", "warning"):
            self.problems.append(f"{line.type}: {line.text} ({line.location.get('url')})")

    def unexpected(self) -> list[str]:
        """What went wrong and was not meant to."""
        return [line for line in self.problems if not any(re.search(pattern, line) for pattern in self.allowed)]

    def sign_in(self, name: str) -> None:
        self.page.fill("#who", name)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#made .card[data-id]")

    def hurry(self) -> None:
        """Tunes play sixteen times as fast: what is heard and told stays the same."""
        self.page.evaluate("() => { const a = document.getElementById('audio'); a.defaultPlaybackRate = a.playbackRate = 16; }")

    def until(self, condition: str, seconds: float = 10) -> None:
        """Polls a JavaScript expression until it holds. Playwright's own waiting needs `eval`, which the page forbids."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s for {condition}")
            self.page.wait_for_timeout(50)

    def barriers(self, *schemes: str) -> list[str]:
        """What axe (https://github.com/dequelabs/axe-core) finds that keeps people out, in these colour schemes."""
        import axe_playwright_python

        self.page.evaluate((pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text() + "; undefined")
        found = []
        for scheme in schemes:
            self.page.emulate_media(color_scheme=scheme)
            answer = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            found += [f"{scheme}: {one['id']}: {node['html'][:120]}: {node['failureSummary'].splitlines()[-1].strip()}" for one in answer["violations"] for node in one["nodes"]]
        return found

    def ids(self, selector: str) -> list[str]:
        """Songs a list shows, in order."""
        return self.page.eval_on_selector_all(f"{selector} [data-id]", "items => items.map(item => item.dataset.id)")

    def picture(self, name: str, whole: bool = False) -> pathlib.Path:
        """Takes a screenshot once pictures and fades have settled."""
        self.page.wait_for_timeout(250)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def close(self) -> None:
        self.context.close()
