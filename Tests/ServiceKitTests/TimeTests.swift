import ServiceKit
import TestSupport
import Testing

@Suite struct TimeTests {
    @Test func calendarFieldsAreThoseOfTheGregorianCalendar() {
        #expect(UTCTime(epochMilliseconds: 0).text == "1970-01-01T00:00:00.000Z")
        #expect(UTCTime(epochMilliseconds: 0).weekday == 4)
        #expect(UTCTime(epochMilliseconds: -1).text == "1969-12-31T23:59:59.999Z")
        #expect(UTCTime(epochMilliseconds: 951_782_400_000).date == "2000-02-29")
        #expect(UTCTime(epochMilliseconds: 253_402_300_799_999).text == "9999-12-31T23:59:59.999Z")
    }

    @Test func takingApartAndPuttingTogetherAreInverse() {
        var generator = SeededRandomNumberGenerator(seed: 3)
        for _ in 0..<2_000 {
            let instant = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
            let time = UTCTime(epochMilliseconds: instant)
            #expect(
                UTCTime.epochMilliseconds(
                    year: time.year, month: time.month, day: time.day, hour: time.hour, minute: time.minute,
                    second: time.second, millisecond: time.millisecond) == instant)
        }
    }

    @Test func theSystemClockIsNotFarFromNow() {
        // 2025-01-01; a machine whose clock is before that would fail TLS as well.
        #expect(SystemWallClock().now > 1_735_689_600_000)
    }

    @Test func aManualClockMovesWhenTold() {
        let clock = ManualWallClock(10)
        clock.advance(milliseconds: 5)
        #expect(clock.now == 15)
        clock.set(3)
        #expect(clock.now == 3)
    }

    @Test func hugeDurationsDoNotOverflow() {
        #expect(Duration.seconds(Int64.max).clampedNanoseconds == .max)
        #expect(MonotonicTime.now.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(Duration.milliseconds(1500).secondCount == 1.5)
    }

    @Test func backoffGrowsToItsMaximumWithinItsJitter() {
        var backoff = Backoff(initial: .seconds(1), maximum: .seconds(10), multiplier: 3, jitter: 0.5)
        var generator = SeededRandomNumberGenerator(seed: 1)
        for ceiling in [1.0, 3, 9, 10, 10] {
            let wait = backoff.next(using: &generator).secondCount
            #expect((ceiling / 2...ceiling).contains(wait))
        }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .seconds(1))
        var steady = Backoff(initial: .seconds(1), maximum: .seconds(1000), multiplier: 2, jitter: 0)
        #expect((0..<4).map { _ in steady.next(using: &generator) } == [1, 2, 4, 8].map { .seconds($0) })
    }
}
