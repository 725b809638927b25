import Domain
import Foundation
import Testing

@Suite struct EventDayTests {
    @Test func daysAgreeWithFoundationsCalendarOverFourCenturies() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for number in stride(from: -60_000, through: 120_000, by: 7) {
            let day = EventDay(daysSinceEpoch: Int32(number))
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(number) * 86_400))
            #expect(day.civil == (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0))
            #expect(EventDay(day.description) == day)
        }
    }

    @Test func instantsFallOnTheirUTCDay() {
        #expect(EventDay(epochMilliseconds: 0).description == "1970-01-01")
        #expect(EventDay(epochMilliseconds: -1).description == "1969-12-31")
        #expect(EventDay(epochMilliseconds: 1_709_164_799_999).description == "2024-02-28")
        #expect(EventDay(epochMilliseconds: 1_709_164_800_000).description == "2024-02-29")
        #expect(EventDay(epochMilliseconds: .max).daysSinceEpoch == .max)
        #expect(EventDay(epochMilliseconds: .min).daysSinceEpoch == .min)
    }

    @Test(arguments: [
        "2023-02-29", "2024-13-01", "2024-00-10", "24-01-01", "2024-1-1", "2024-01-01x", "", "0000-01-01", "+024-01-01",
    ])
    func textThatIsNoDateIsRefused(text: String) {
        #expect(EventDay(text) == nil)
    }

    @Test func daysCanBeCountedAndCompared() throws {
        let first = try #require(EventDay(year: 2024, month: 2, day: 28))
        let last = try #require(EventDay(year: 2024, month: 3, day: 1))
        #expect(first.distance(to: last) == 2)
        #expect(Array(first...last).map(\.description) == ["2024-02-28", "2024-02-29", "2024-03-01"])
    }
}
