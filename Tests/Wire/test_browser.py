"""The web app in a real browser: signing in, listening, searching, rating, keyboard, phone, dark, and the operations page.

Screenshots land in test-output/browser. Any error in the browser's console fails the test it comes up in.
"""

import io
import pathlib
import shutil
import tempfile
import time
import unittest
import wave
from datetime import UTC, datetime

import browser
from pipeline import Pipeline, wait_until

SIMULATED = ["--users", "300", "--songs", "400", "--events", "20000", "--days-back", "60", "--seed", "11"]
TRAIN = ["--factors", "16", "--iterations", "5"]

#: Everything a person can operate, and has no name a screen reader could say.
NAMELESS = """() => [...document.querySelectorAll('a, button, input')].filter(item => item.checkVisibility()).filter(item => !(
    item.getAttribute('aria-label') || item.textContent.trim() || item.labels?.length || item.querySelector('img[alt]:not([alt=""])')
)).map(item => item.outerHTML.slice(0, 120))"""


def silence(seconds: int) -> bytes:
    """A WAVE file of nothing."""
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", ""))
        recording.writeframes(bytes(2 * 8000 * seconds))
    return file.getvalue()


@unittest.skipIf(browser.missing(), browser.missing())
class BrowserTest(unittest.TestCase):
    """One server and one browser for all tests, a profile for each."""

    @classmethod
    def setUpClass(cls):
        cls.began = datetime.now(UTC).date().isoformat()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="segue-browser-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.pipeline = Pipeline(cls.folder, serve_catalogue_interval="1s", ingest_batch_time="300ms")
        cls.addClassCleanup(cls.pipeline.close)
        cls.pipeline.run("simulate", *SIMULATED)
        cls.pipeline.run("ingest", "--drain")
        cls.pipeline.run("train", *TRAIN)
        cls.pipeline.run("train", *TRAIN, "--seed", "2", "--force")
        cls.pipeline.daemon("up")
        cls.pipeline.wait_ready()
        cls.browser = browser.Browser(f"http://127.0.0.1:{cls.pipeline.port}")
        cls.addClassCleanup(cls.browser.close)
        users = cls.pipeline.request("/users?limit=200")[1]["users"]
        # People whose names anybody can type and any font can show; who listens to five songs is in no other test.
        cls.heard, cls.known = [user for user in users if user["username"].isascii() and user["model_version"]][:2]

    def visit(self, path: str = "/", **options) -> browser.Visit:
        visit = self.browser.open(path, **options)

        def check():
            visit.close()
            self.assertEqual(visit.unexpected(), [])

        self.addCleanup(check)
        return visit

    def listens_of(self, user: str) -> list[tuple]:
        """What somebody listened to in the browser, as the lake has it. It is of today, or of the day this test began in."""
        days = sorted({self.began, datetime.now(UTC).date().isoformat()})
        table = self.pipeline.delta().to_pyarrow_table(
            partitions=[("date", "in", days)], filters=[("user_id", "=", user), ("source", "=", "real_user")])
        names = ["user_id", "track_id", "timestamp", "action", "duration", "total_duration", "source"]
        return list(zip(*(table.column(name).to_pylist() for name in names)))

    # MARK: listening

    def test_five_songs_are_heard_stored_and_change_the_home_page(self):
        visit = self.visit()
        page = visit.page
        page.wait_for_selector(".person")
        visit.picture("01-who")
        visit.sign_in(self.heard["username"])
        self.assertEqual(page.inner_text("h1"), "Made for you")
        before = visit.ids("#made")
        self.assertGreaterEqual(len(before), 10)
        self.assertEqual(len(visit.ids("#popular")), 12)
        visit.picture("02-home")
        page.click("#play-all")
        visit.until("audio.currentTime > 0.2")
        self.assertTrue(page.evaluate("!audio.paused"))
        self.assertEqual(page.inner_text("#announcer").count("Now playing"), 1)
        visit.hurry()
        visit.picture("03-playing", whole=True)
        # One song leads to the next by itself; each is told when it has ended.
        wait_until(lambda: len(self.listens_of(self.heard["id"])) >= 5, 25, "five listens in the lake")
        rows = self.listens_of(self.heard["id"])
        self.assertEqual({row[3] for row in rows}, {"complete"})
        self.assertEqual(len({row[1] for row in rows}), len(rows), "the queue repeats nothing")
        self.assertEqual([row for row in rows if row[4] < 0.9 * row[5]], [])
        # The button that was clicked has the focus; the space bar means the music all the same.
        page.keyboard.press(" ")
        page.wait_for_timeout(300)
        self.assertTrue(page.evaluate("audio.paused"))
        page.wait_for_selector("#because:visible .card[data-id]")
        self.assertTrue(page.inner_text("#because-title").startswith("Because you listened to "))
        # What was just heard counts at once: other songs are made for this listener now.
        wait_until(lambda: visit.ids("#made") != before, 10, "the home shelf to change")
        visit.picture("04-home-after", whole=True)

    def test_a_skip_is_told_as_a_skip(self):
        visit = self.visit(f"/?user=skipper-{time.time_ns()}")
        page = visit.page
        page.click("#play-all")
        visit.until("audio.currentTime > 1.5")
        user = page.evaluate("JSON.parse(localStorage['segue.user'])")
        page.click("#next")
        wait_until(lambda: self.listens_of(user), 15, "the skip in the lake")
        self.assertEqual([row[3] for row in self.listens_of(user)], ["skip"])

    def test_a_listen_waits_in_the_browser_while_the_server_is_away(self):
        visit = self.visit("/?user=patient")
        visit.allowed = [r"net::ERR_FAILED.*/events"]
        page = visit.page
        page.route("**/events", lambda route: route.abort())
        page.click("#play-all")
        visit.until("audio.currentTime > 0.2")
        visit.hurry()
        visit.until("JSON.parse(localStorage['segue.outbox'] ?? '[]').length > 0")
        page.unroute("**/events")
        visit.until("localStorage['segue.outbox'] === undefined")
        wait_until(lambda: self.listens_of("patient"), 15, "the listen in the lake")

    def test_a_tune_is_always_the_same_and_never_the_same_as_another(self):
        page = self.visit().page
        tune = """async (id) => JSON.stringify((await import('/app/tones.js')).compose({ id }))"""
        self.assertEqual(page.evaluate(tune, "s1"), page.evaluate(tune, "s1"))
        self.assertNotEqual(page.evaluate(tune, "s1"), page.evaluate(tune, "s2"))
        loudness = page.evaluate("""async () => {
            const [{ compose }, { render }] = [await import('/app/tones.js'), await import('/app/sound.js')];
            const tune = compose({ id: 's1' });
            const samples = (await render(tune)).getChannelData(0);
            let peak = 0;
            for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
            return { peak, seconds: samples.length / 24000 };
        }""")
        self.assertTrue(0.1 < loudness["peak"] <= 1, loudness)
        self.assertTrue(12 < loudness["seconds"] < 35, loudness)

    def test_a_recording_is_played_from_its_address_and_a_tune_where_it_cannot_be_had(self):
        visit = self.visit("/?user=collector")
        visit.allowed = [r"status of 404 .*music.example"]
        page = visit.page
        page.route("https://music.example/**", lambda route: route.fulfill(
            status=404) if "gone" in route.request.url else route.fulfill(
                body=silence(3), content_type="audio/wav", headers={"Accept-Ranges": "none"}))

        def give_addresses(route):
            answer = route.fetch()
            body = answer.json()
            for song, name in zip(body["songs"], ("here.wav", "gone.wav")):
                song["url"] = f"https://music.example/{name}"
            route.fulfill(response=answer, json=body)

        page.route("**/recommend/home*", give_addresses)
        page.reload()
        page.wait_for_selector("#made .card[data-id]")
        page.click("#made .card:nth-child(1) .cover-button")
        visit.until("audio.currentTime > 0.1")
        self.assertEqual(page.evaluate("audio.currentSrc"), "https://music.example/here.wav")
        self.assertAlmostEqual(page.evaluate("audio.duration"), 3, places=1)
        page.click("#made .card:nth-child(2) .cover-button")
        page.wait_for_selector("text=The recording cannot be reached")
        visit.until("audio.currentSrc.startsWith('blob:') && audio.currentTime > 0.1")

    # MARK: finding

    def test_search_finds_as_it_is_typed_and_leads_to_the_song(self):
        visit = self.visit(f"/?user={self.known['id']}")
        page = visit.page
        page.wait_for_selector("#made .card[data-id]")
        song = next(
            song for song in self.pipeline.request("/popular?limit=50")[1]["songs"]
            if song["title"].isascii() and len(song["title"]) > 8)
        page.keyboard.press("/")
        page.keyboard.type(song["title"][:-1], delay=5)
        page.wait_for_selector(f'#results [data-id="{song["id"]}"]')
        visit.picture("05-search")
        page.click(f'#results [data-id="{song["id"]}"] .row-title')
        page.wait_for_selector("#similar .card[data-id]")
        self.assertEqual(page.inner_text("h1"), song["title"])
        self.assertNotIn(song["id"], visit.ids("#similar"))
        page.click("#song-play")
        visit.until("audio.currentTime > 0.3")
        visit.picture("06-song")
        page.go_back()
        page.wait_for_selector("#results")
        page.fill("#search", "qqzzxxkkww")
        page.wait_for_selector("text=Nothing found")
        visit.picture("07-nothing-found")
        self.assertTrue(page.evaluate("!audio.paused"), "the music goes on while pages change")

    def test_what_the_listener_queues_comes_next(self):
        visit = self.visit(f"/?user={self.known['id']}")
        page = visit.page
        page.click("#play-all")
        visit.until("audio.currentTime > 0.1")
        chosen = visit.ids("#popular")[-1]
        page.hover(f'#popular [data-id="{chosen}"]')
        page.click(f'#popular [data-id="{chosen}"] .row-action')
        page.click("#queue-toggle")
        visit.until("document.querySelectorAll('#queue [data-id]').length > 5")
        self.assertEqual(visit.ids("#queue")[0], chosen)
        visit.picture("08-queue")
        page.click("#next")
        page.wait_for_selector(f'#popular .is-current[data-id="{chosen}"]')

    def test_likes_are_kept_and_what_is_disliked_never_comes_again(self):
        user = f"picky-{time.time_ns()}"
        visit = self.visit(f"/?user={user}")
        page = visit.page
        page.click("#play-all")
        visit.until("audio.currentTime > 0.1")
        liked = page.get_attribute("#made .is-current", "data-id")
        page.click("#bar-ratings [data-rating=like]")
        page.wait_for_selector("#bar-ratings [data-rating=like][aria-pressed=true]")
        wait_until(lambda: self.ratings(user) == {liked: "like"}, 5, "the like in the store")
        visit.picture("17-liked")
        page.click("#next")
        page.wait_for_selector(f'.bar-title:not([href$="{liked}"])')
        disliked = page.get_attribute("#bar-title", "href").split("/")[-1]
        page.keyboard.press("d")
        page.wait_for_selector(f'.bar-title:not([href$="{disliked}"])')
        wait_until(lambda: self.ratings(user) == {liked: "like", disliked: "dislike"}, 5, "the dislike in the store")
        visit.until(f"!document.querySelector('#made [data-id=\"{disliked}\"]')")
        self.assertNotIn(disliked, visit.ids("#queue"))
        page.goto(f"/#/song/{liked}")
        page.reload()
        page.wait_for_selector(".actions [data-rating=like][aria-pressed=true]")
        page.click(".actions [data-rating=like]")
        wait_until(lambda: self.ratings(user) == {disliked: "dislike"}, 5, "the like to be taken back")

    def ratings(self, user: str) -> dict[str, object]:
        """What a listener said of songs, as the API has it."""
        answer = self.pipeline.request(f"/users/{user}/ratings")[1]
        return {one["song"]["id"]: one["rating"] for one in answer["ratings"]}

    def test_a_new_listener_is_told_that_it_is_only_the_beginning(self):
        visit = self.visit()
        page = visit.page
        page.fill("#who", "Somebody New")
        page.wait_for_selector("text=you start fresh")
        visit.sign_in("Somebody New")
        self.assertEqual(page.inner_text("h1"), "To get you started")
        visit.picture("09-newcomer")
        # Three songs heard elsewhere, and it is no longer the beginning.
        now = int(time.time() * 1000)
        heard = [
            {"user_id": "Somebody New", "track_id": song, "timestamp": now - index * 300_000, "action": "complete",
             "duration": 180_000, "total_duration": 180_000, "source": "real_user"}
            for index, song in enumerate(visit.ids("#popular")[3:6])]
        self.assertEqual(self.pipeline.request("/events", heard)[0], 202)
        wait_until(
            lambda: self.pipeline.request("/recommend/home?user_id=Somebody%20New")[1]["strategy"] != "popular", 10,
            "personal songs after three listens")
        page.reload()
        page.wait_for_selector("text=From what you have just heard")
        self.assertEqual(page.inner_text("h1"), "Made for you")
        self.assertIn("Somebody New", page.inner_text("#listener"))
        page.click("#listener")
        page.wait_for_selector("#who")

    def test_what_does_not_work_is_said_and_tried_again(self):
        visit = self.visit()
        visit.allowed = [r"net::ERR_FAILED"]
        page = visit.page
        page.route("**/recommend/home*", lambda route: route.abort())
        page.fill("#who", "unlucky")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=The server cannot be reached.")
        visit.picture("10-error")
        page.unroute("**/recommend/home*")
        page.click("text=Try again")
        page.wait_for_selector("#made .card[data-id]")

    def test_a_server_that_asks_who_calls_is_told_by_a_token(self):
        visit = self.visit()
        visit.allowed = [r"status of 401"]
        page = visit.page
        said = []

        def guard(route):
            said.append(route.request.headers.get("authorization"))
            if said[-1] == "Bearer sesame":
                return route.continue_()
            return route.fulfill(
                status=401, content_type="application/problem+json", body='{"status":401,"detail":"a token is needed"}')

        page.route("**/recommend/home*", guard)
        page.fill("#who", "guarded")
        page.keyboard.press("Enter")
        page.fill("[aria-label=Token]", "sesame")
        page.keyboard.press("Enter")
        page.wait_for_selector("#made .card[data-id]")
        self.assertEqual([said[0], said[-1]], [None, "Bearer sesame"])

    # MARK: ways to use it

    def test_the_keyboard_does_everything(self):
        visit = self.visit(f"/?user={self.known['id']}")
        page = visit.page
        page.wait_for_selector("#made .card[data-id]")
        page.keyboard.press("?")
        page.wait_for_selector("#help[open]")
        visit.picture("11-keys")
        page.keyboard.press("Escape")
        page.focus("#made .card:first-child .cover-button")
        page.keyboard.press("ArrowRight")
        second = visit.ids("#made")[1]
        self.assertEqual(page.evaluate("document.activeElement.closest('[data-id]').dataset.id"), second)
        page.keyboard.press("Enter")
        page.wait_for_selector(f'#made .is-sounding[data-id="{second}"]')
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(" ")
        visit.until("audio.paused")
        page.keyboard.press(" ")
        visit.until("!audio.paused")
        page.wait_for_selector("#next:enabled")
        page.keyboard.press("Shift+ArrowRight")
        visit.until("audio.currentTime > 4")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(f'#made:not(:has(.is-current[data-id="{second}"]))')
        page.keyboard.press("m")
        self.assertTrue(page.evaluate("audio.muted"))
        page.keyboard.press("q")
        page.wait_for_selector("#queue-panel:visible")
        page.keyboard.press("Escape")
        page.wait_for_selector("#queue-panel", state="hidden")
        page.keyboard.press("Tab")
        self.assertNotEqual(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none", "the focus shows")

    def test_a_phone_shows_all_of_it_without_scrolling_sideways(self):
        visit = self.visit(f"/?user={self.known['id']}", width=360, height=740, has_touch=True, is_mobile=True)
        page = visit.page
        page.wait_for_selector("#made .card[data-id]")
        song = visit.ids("#made")[0]
        page.click("#play-all")
        visit.until("audio.currentTime > 0.1")
        for path, name in (("#/", "home"), (f"#/song/{song}", "song"), ("#/search/so", "search"), ("#/who", "who")):
            page.evaluate("address => { location.hash = address }", path)
            page.wait_for_selector("h1:visible")
            visit.picture(f"12-phone-{name}")
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360, name)
            self.assertEqual(page.evaluate(NAMELESS), [], name)

    def test_dark_follows_the_system_until_somebody_chooses(self):
        visit = self.visit(f"/?user={self.known['id']}", color_scheme="dark")
        page = visit.page
        page.wait_for_selector("#made .card[data-id]")
        brightness = "Math.max(...getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))"
        self.assertLess(page.evaluate(brightness), 60)
        page.click("#play-all")
        visit.until("audio.currentTime > 0.2")
        visit.picture("13-dark")
        page.click("#theme")
        self.assertGreater(page.evaluate(brightness), 200)
        page.reload()
        page.wait_for_selector("#made .card[data-id]")
        self.assertGreater(page.evaluate(brightness), 200, "the choice is remembered")

    def test_nothing_moves_while_the_page_fills_or_for_who_wants_no_motion(self):
        visit = self.visit("/?user=calm", reduced_motion="reduce")
        page = visit.page
        page.add_init_script("""new PerformanceObserver(list => {
            for (const shift of list.getEntries()) window.shifted = (window.shifted ?? 0) + shift.value;
        }).observe({ type: 'layout-shift', buffered: true })""")
        page.route("**/recommend/home*", lambda route: (page.wait_for_timeout(300), route.continue_()))
        page.goto(f"/?user={self.known['id']}")
        page.wait_for_selector("#made .card[data-id]")
        page.wait_for_selector("#newest .card[data-id]")
        page.wait_for_timeout(400)
        self.assertLess(page.evaluate("window.shifted ?? 0"), 0.02)
        page.click("#play-all")
        visit.until("audio.currentTime > 0.2")
        running = "document.getAnimations().filter(one => one.playState === 'running').map(one => one.animationName)"
        self.assertEqual(page.evaluate(running), [])

    def test_nobody_is_kept_out(self):
        visit = self.visit(reduced_motion="reduce")
        page = visit.page
        page.wait_for_selector(".person")
        self.assertEqual(visit.barriers("light"), [], "who is listening")
        visit.sign_in(self.known["username"])
        page.click("#play-all")
        page.click("#queue-toggle")
        page.wait_for_selector("#queue .row[data-id]")
        page.wait_for_selector("#newest .card[data-id]")
        self.assertEqual(visit.barriers("light", "dark"), [], "home and queue")
        page.keyboard.press("Escape")
        page.click("#made .card:nth-child(2) .card-title")
        page.wait_for_selector("#similar .card[data-id]")
        self.assertEqual(visit.barriers("light"), [], "song")
        page.goto("/admin")
        page.wait_for_selector('#pulse[data-state="live"]')
        self.assertEqual(visit.barriers("dark", "light"), [], "operations")

    # MARK: operations

    def test_the_operations_page_is_live_and_goes_back_to_a_model(self):
        visit = self.visit("/admin", height=1100)
        page = visit.page
        page.wait_for_selector('#pulse[data-state="live"]')
        page.wait_for_selector("#events-chart .line", state="attached")
        self.assertEqual(page.locator("#lake-chart .bar").count(), self.lake_days())
        self.assertEqual(page.locator("#top-list li").count(), 10)
        self.assertEqual(page.locator("#models-chart .dot").count(), 4, "two runs beside popularity")
        self.assertGreater(page.locator("#latencies .bar").count(), 0)
        self.assertEqual(page.evaluate(NAMELESS), [])
        lake = page.locator(".tile").nth(2).locator(".tile-value")
        rows = int(lake.inner_text().replace(",", ""))
        self.assertEqual(rows, self.pipeline.lake_count())
        self.pipeline.request("/events", [
            {"user_id": "operator", "track_id": "sim-t1", "timestamp": 1_790_000_000_000 + index, "action": "listen",
             "duration": 90_000, "total_duration": 180_000, "source": "real_user"} for index in range(40)])
        wait_until(lambda: int(lake.inner_text().replace(",", "")) >= rows + 40, 15, "the figures to follow the lake")
        visit.picture("14-operations", whole=True)
        former = page.get_attribute("#models-table .link-button", "data-version")
        page.click("#models-table .link-button")
        page.wait_for_selector("#confirm[open]")
        visit.picture("15-operations-confirm")
        page.click("#confirm-yes")
        page.wait_for_selector(f'#models-table tr.is-current:has-text("{former}")')
        wait_until(lambda: self.pipeline.request("/stats")[1]["model"]["version"] == former, 10, "the model to be served")
        visit.allowed = [r"ERR_CONNECTION|ERR_FAILED"]
        page.route("**/admin/api/overview", lambda route: route.abort())
        page.wait_for_selector('#pulse[data-state="away"]')
        page.set_viewport_size({"width": 360, "height": 740})
        page.emulate_media(color_scheme="dark")
        visit.picture("16-operations-phone", whole=True)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 360)

    def lake_days(self) -> int:
        """Days the lake has rows of."""
        return len({path.name for path in self.pipeline.lake.glob("date=*") if any(path.glob("*.parquet"))})


if __name__ == "__main__":
    unittest.main()
