import ServiceKit
import Testing

@Suite struct CronScheduleTests {
    /// Next fire after an instant, both as text to the minute.
    private func next(_ schedule: String, after time: (Int, Int, Int, Int, Int)) throws -> String? {
        let start = UTCTime.epochMilliseconds(
            year: time.0, month: time.1, day: time.2, hour: time.3, minute: time.4)
        return try CronSchedule(schedule).next(after: start).map { UTCTime(epochMilliseconds: $0).text }
    }

    @Test(arguments: [
        ("0 3 * * *", (2024, 2, 28, 3, 0), "2024-02-29T03:00:00.000Z"),
        ("0 3 * * *", (2024, 2, 28, 2, 59), "2024-02-28T03:00:00.000Z"),
        ("*/15 * * * *", (2023, 12, 31, 23, 45), "2024-01-01T00:00:00.000Z"),
        ("5/20 8-10 * * *", (2024, 1, 1, 8, 45), "2024-01-01T09:05:00.000Z"),
        ("0 0 29 2 *", (2096, 2, 29, 0, 0), "2104-02-29T00:00:00.000Z"),
        ("0 0 * * mon", (2024, 1, 3, 0, 0), "2024-01-08T00:00:00.000Z"),
        ("0 0 * * 7", (2024, 1, 3, 0, 0), "2024-01-07T00:00:00.000Z"),
        ("0 0 13 * fri", (2024, 9, 13, 0, 0), "2024-09-20T00:00:00.000Z"),
        ("0 12 1 jan,JUL *", (2024, 1, 1, 12, 0), "2024-07-01T12:00:00.000Z"),
        ("30 4 1-7/3 * *", (2024, 1, 4, 4, 30), "2024-01-07T04:30:00.000Z"),
        ("@weekly", (2024, 1, 3, 0, 0), "2024-01-07T00:00:00.000Z"),
    ])
    func firesNext(_ schedule: String, _ time: (Int, Int, Int, Int, Int), _ expected: String) throws {
        #expect(try next(schedule, after: time) == expected)
    }

    @Test func aDayThatNeverComesGivesNil() throws {
        #expect(try next("0 0 30 2 *", after: (2024, 1, 1, 0, 0)) == nil)
    }

    @Test func secondsInsideAMinuteRoundUpToTheNext() throws {
        let schedule = try CronSchedule("* * * * *")
        #expect(schedule.next(after: 59_999) == 60_000)
        #expect(schedule.next(after: 60_000) == 120_000)
        #expect(schedule.next(after: -1) == 0)
    }

    @Test(arguments: [
        ("0 3 * *", "five"), ("60 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"), ("* * * * 8", "day of week"), ("*/0 * * * *", "minute"), ("5-1 * * * *", "minute"),
        ("a * * * *", "minute"), ("@never", "allowed"), ("1,,2 * * * *", "minute"), ("", "five"),
    ])
    func aWrongScheduleIsRefusedByField(_ schedule: String, _ word: String) {
        let error = #expect(throws: ServiceKitError.self) { try CronSchedule(schedule) }
        #expect(error?.reason.contains(word) == true)
    }
}
