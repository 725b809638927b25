import Domain
import Testing

struct EventDayTests {
    @Test(arguments: [
        (0, "1970-01-01"), (-1, "1969-12-31"), (19_483, "2023-05-06"), (11_016, "2000-02-29"), (-719_162, "0001-01-01"),
        (2_932_896, "9999-12-31"),
    ])
    func daysAndDatesCorrespond(number: Int32, text: String) {
        #expect(EventDay(daysSinceEpoch: number).description == text)
        #expect(EventDay(text) == EventDay(daysSinceEpoch: number))
        #expect(EventDay(epochMilliseconds: Int64(number) * 86_400_000).daysSinceEpoch == number)
        #expect(EventDay(epochMilliseconds: Int64(number) * 86_400_000 + 86_399_999).daysSinceEpoch == number)
        #expect(EventDay(epochMilliseconds: Int64(number) * 86_400_000 - 1).daysSinceEpoch == number - 1)
    }

    @Test(arguments: [
        "", "2023-5-6", "2023-05-32", "2023-02-29", "2023-13-01", "2023/05/06", "-023-05-06", "2023-05-06x",
        "２023-05-06",
    ])
    func otherTextsAreNoDays(text: String) {
        #expect(EventDay(text) == nil)
    }

    @Test func instantsBeyondAllCalendarsAreClamped() {
        #expect(EventDay(epochMilliseconds: .max).daysSinceEpoch == Int32.max)
        #expect(EventDay(epochMilliseconds: .min).daysSinceEpoch == Int32.min)
    }
}
