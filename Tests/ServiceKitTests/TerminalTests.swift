import ServiceKit
import Synchronization
import Testing

@Suite struct TerminalTests {
    /// Keeps what is drawn, on a clock that moves when told.
    final class Screen: ProgressOutput {
        let isTTY: Bool
        let width: Int
        private let kept = Mutex<[String]>([])
        private let time = Atomic<Int64>(1_000_000_000_000)

        init(isTTY: Bool, width: Int = 80) {
            self.isTTY = isTTY
            self.width = width
        }

        var drawn: [String] { kept.withLock { $0 } }
        var now: MonotonicTime { MonotonicTime(nanoseconds: time.load(ordering: .relaxed)) }
        func advance(_ seconds: Double) { time.wrappingAdd(Int64(seconds * 1e9), ordering: .relaxed) }
        func show(_ text: String) { kept.withLock { $0.append(text) } }
        func finish() { kept.withLock { $0.append("<finish>") } }
        func writeAbove(_ lines: [UInt8]) { kept.withLock { $0.append(String(decoding: lines, as: UTF8.self)) } }
    }

    @Test func aBarShowsShareRateAndTimeLeft() {
        let screen = Screen(isTTY: true)
        let bar = ProgressBar("Training", total: 1000, unit: "rows", output: screen) { screen.now }
        bar.update(to: 0)
        screen.advance(2)
        bar.update(to: 505, note: "day 3")
        screen.advance(2)
        bar.update(to: 1000)
        bar.finish()
        bar.finish()
        #expect(screen.drawn.count == 5)
        #expect(screen.drawn[0].contains("  0%  0/1.0k rows"))
        #expect(screen.drawn[1].contains(" 50%  505/1.0k rows  253/s  2.0 s left  day 3"))
        #expect(screen.drawn[1].contains("█") && screen.drawn[1].contains("·"))
        #expect(screen.drawn.allSatisfy { $0.count <= 80 })
        #expect(screen.drawn[3] == "Training  1,000 rows in 4.0 s  250/s  day 3")
        #expect(screen.drawn[4] == "<finish>")
    }

    @Test func aBarIsNotRedrawnMoreThanTenTimesASecond() {
        let screen = Screen(isTTY: true)
        let bar = ProgressBar("x", total: nil, unit: "rows", output: screen) { screen.now }
        for _ in 0..<1000 {
            bar.advance()
            screen.advance(0.001)
        }
        #expect((9...11).contains(screen.drawn.count))
    }

    @Test func withoutATerminalALineComesNowAndThen() {
        let screen = Screen(isTTY: false)
        let bar = ProgressBar("Reading", total: 100, unit: "files", output: screen) { screen.now }
        for _ in 0..<50 {
            screen.advance(0.5)
            bar.advance()
        }
        bar.finish(note: "done")
        #expect(screen.drawn.count == 3)
        #expect(screen.drawn[0] == "Reading  20%  20/100 files  2/s  40 s left\n")
        #expect(screen.drawn[2] == "Reading  50 files in 25 s  2/s  done\n")
    }

    @Test func aNarrowTerminalDropsTheBarButNotTheFacts() {
        let screen = Screen(isTTY: true, width: 30)
        let bar = ProgressBar("Training", total: 10, unit: "rows", output: screen) { screen.now }
        bar.update(to: 5)
        #expect(screen.drawn[0].contains("50%"))
        #expect(DisplayWidth.columns(of: screen.drawn[0]) < 30)
    }

    @Test func aStatusLineIsCutOnATerminalAndRareElsewhere() {
        let screen = Screen(isTTY: true, width: 10)
        let status = StatusLine(plainInterval: .seconds(60), output: screen) { screen.now }
        status.show("a long status line")
        status.clear()
        #expect(screen.drawn == ["a long s…", ""])
        let file = Screen(isTTY: false)
        let plain = StatusLine(plainInterval: .seconds(60), output: file) { file.now }
        for _ in 0..<130 {
            plain.show("state")
            file.advance(1)
        }
        #expect(file.drawn == ["state\n", "state\n", "state\n"])
    }

    @Test func tablesAlignByWhatIsSeen() {
        var table = Table([("Song", .left), ("Plays", .right)])
        table.append(["Đêm Nay", "12"])
        table.append(["日本", "1,234"])
        table.append(["two\nlines", ""])
        #expect(
            table.render() == """
                Song       Plays
                ─────────  ─────
                Đêm Nay       12
                日本       1,234
                two lines

                """)
        var wide = Table([("Title", .left), ("N", .right)])
        wide.append([String(repeating: "x", count: 200), "1"])
        #expect(wide.render(width: 40).split(separator: "\n").allSatisfy { DisplayWidth.columns(of: $0) <= 40 })
    }

    @Test func numbersAreWrittenForPeople() {
        #expect(
            HumanText.count(0) == "0" && HumanText.count(999) == "999" && HumanText.count(-1_234_567) == "-1,234,567")
        #expect(
            [0, 999, 1000, 1234, 9960, 999_600, 35e6].map(HumanText.short)
                == ["0", "999", "1.0k", "1.2k", "10k", "1.0M", "35M"])
        #expect(
            [0, 1023, 1024, 1536, 20 << 20].map { HumanText.bytes($0) }
                == ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "20 MiB"])
        let durations: [Double] = [0, 0.000_25, 0.012, 3.44, 12.3, 59.7, 125, 3720, 100_000, -5]
        #expect(
            durations.map { HumanText.duration(.seconds($0)) }
                == ["0 s", "250 µs", "12 ms", "3.4 s", "12 s", "1m 00s", "2m 05s", "1h 02m", "1d 03h", "-5.0 s"])
        #expect(HumanText.fixed(-0.04, digits: 1) == "0.0" && HumanText.fixed(1.005, digits: 0) == "1")
        #expect(HumanText.fixed(12.3456, digits: 3) == "12.346")
    }

    @Test func aMistypedWordFindsItsNeighbour() {
        let words = ["simulate", "serve", "train", "import"]
        #expect(Suggestion.nearest(to: "tarin", among: words) == "train")
        #expect(Suggestion.nearest(to: "sim", among: words) == "simulate")
        #expect(Suggestion.nearest(to: "SERVE", among: words) == "serve")
        #expect(Suggestion.nearest(to: "database", among: words) == nil)
    }
}
