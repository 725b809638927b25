import Domain
import TestSupport

/// Listeners of a few tastes, each taste with songs of its own: what a model must find out is known.
struct TasteGroups {
    let groups = 4
    let usersPerGroup = 20
    let songsPerGroup = 30
    let days = 30
    let last = EventDay("2026-03-31") ?? EventDay(daysSinceEpoch: 0)
    var seed: UInt64 = 1

    var now: Int64 { last.startMilliseconds + 43_200_000 }

    static func group(ofTrack track: String) -> Substring { track.prefix(2) }

    /// Four plays a day and listener, nine in ten of the listener's taste, a skip now and then of what is not.
    func events() -> [ListeningEvent] {
        var random = SeededRandomNumberGenerator(seed: seed)
        var events: [ListeningEvent] = []
        for offset in 0..<days {
            let day = last.advanced(by: offset + 1 - days)
            for user in 0..<groups * usersPerGroup {
                for _ in 0..<4 {
                    let own = user % groups
                    let isOwn = Int.random(in: 0..<10, using: &random) > 0
                    let group = isOwn ? own : Int.random(in: 0..<groups, using: &random)
                    let song = Int.random(in: 0..<songsPerGroup, using: &random)
                    let action: EventAction = group != own ? .skip : (song % 3 == 0 ? .listen : .complete)
                    events.append(
                        .play(
                            "u\(own)-\(user)", "g\(group)-s\(song)", day: day, action,
                            heard: action == .skip ? 5_000 : 150_000))
                }
            }
        }
        return events
    }
}
