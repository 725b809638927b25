import Domain

/// One play before it is an event: numbers instead of identifiers.
struct Play: Sendable {
    /// Epoch milliseconds of the start.
    var timestamp: Int64
    var user: UInt32
    var song: UInt32
    /// Milliseconds heard.
    var heard: Int32
    var action: EventAction
}

/// What a user is in the mood for while a session lasts.
struct ListeningSession {
    var component: Int
    /// Somebody else at the user's device, or the user in another mood: nothing to do with the taste.
    var isGuest: Bool
}

/// How listeners choose and what they do with a song; the rates of everything in one place.
struct Listening: Sendable {
    /// Share of plays that are a song from the user's own recent favourites.
    static let repeatShare = 0.3
    /// Share of plays that come from the chart, whatever the taste.
    static let chartShare = 0.08
    /// Share of sessions that say nothing of the taste.
    static let guestShare = 0.03
    /// Probability that the next song is of the same component as the one before.
    static let stayShare = 0.65
    /// Songs in a session on average.
    static let sessionLength = 11.0

    let catalogue: Catalogue
    let audience: Audience

    /// Starts a session.
    func makeSession(user: Int, _ random: inout SimulationRandom) -> ListeningSession {
        if random.chance(Self.guestShare) {
            return ListeningSession(component: random.index(below: catalogue.componentCount), isGuest: true)
        }
        return ListeningSession(component: audience.drawComponent(user: user, &random), isGuest: false)
    }

    /// Chooses a song and what becomes of it; the timestamp is left to the caller.
    func play(
        user: Int, _ session: inout ListeningSession, _ tables: DayTables, _ favourites: Favourites,
        _ random: inout SimulationRandom
    ) -> Play {
        var isRepeat = false
        let song: Int
        let way = random.uniform()
        if way < Self.repeatShare, !session.isGuest, let favourite = favourites.draw(user: user, &random) {
            (song, isRepeat) = (favourite, true)
        } else if way > 1 - Self.chartShare {
            song = tables.chart.draw(&random)
        } else {
            if !random.chance(Self.stayShare), !session.isGuest {
                session.component = audience.drawComponent(user: user, &random)
            }
            song = tables.components[session.component].draw(&random)
        }
        let traits = catalogue.songs[song]
        // A guest likes what the guest chose.
        let affinity = session.isGuest ? 0.7 : audience.affinity(user: user, song: traits)
        let play = react(to: traits, song: song, user: user, affinity: affinity, isRepeat: isRepeat, &random)
        if play.action != .skip, !session.isGuest, affinity > 0.25 { favourites.add(song, user: user, &random) }
        return play
    }

    /// Skips what is disliked within seconds, hears what is liked to the end.
    private func react(
        to traits: Catalogue.SongTraits, song: Int, user: Int, affinity: Double, isRepeat: Bool,
        _ random: inout SimulationRandom
    ) -> Play {
        let total = Double(traits.durationMilliseconds)
        let distaste = 1 - affinity
        let skipProbability = isRepeat ? 0.04 : 0.05 + 0.6 * distaste * distaste
        let heard: Double
        let action: EventAction
        if random.chance(skipProbability) {
            action = .skip
            heard = min(29_000, total * 0.45, 800 + random.exponential(mean: 9000))
        } else if random.chance(0.5 + 0.4 * affinity) {
            action = .complete
            heard = random.chance(0.9) ? total : total * random.uniform(0.95, 1)
        } else {
            action = .listen
            heard = max(30_000, total * random.uniform(0.3, 0.9))
        }
        return Play(
            timestamp: 0, user: UInt32(user), song: UInt32(song), heard: Int32(heard.rounded()), action: action)
    }
}
