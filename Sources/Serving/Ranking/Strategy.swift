/// How an answer was found; every answer says it.
enum Strategy: String, Sendable, CaseIterable {
    /// By the listener's taste.
    case personal
    /// By the listener's recent listens alone: the model does not know the listener yet.
    case recent
    /// By the listener's taste and the song that plays.
    case session
    /// By the song that plays alone: the model does not know the listener.
    case song
    /// The most played songs: the model knows neither, or there is none yet.
    case popular
    /// By day of release: nobody is asked.
    case newest
}
