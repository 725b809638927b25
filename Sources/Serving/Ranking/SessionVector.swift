/// The vector that the next song is searched with: the listener's taste and the song that plays, mixed.
///
/// ```
/// s = userWeight · u/|u| + songWeight · x/|x|
/// ```
/// Both are made unit vectors first. Their lengths say how much is known of listener and song, not how much they should
/// count: a listener of a thousand plays has a vector many times as long as a rarely played song has, and 0.7 · u + 0.3 · x
/// would rank as if no song were playing. With unit vectors the weights are the shares they seem to be. The length of a
/// candidate still counts, as in any inner product: of two songs in the same direction the surer one wins.
enum SessionVector {
    /// Writes the mix into `target`.
    static func mix(
        user: UnsafeBufferPointer<Float>, userWeight: Float, song: UnsafeBufferPointer<Float>, songWeight: Float,
        into target: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(user.count == target.count && song.count == target.count, "vectors of different models")
        let userScale = scale(user, userWeight)
        let songScale = scale(song, songWeight)
        for index in target.indices { target[index] = userScale * user[index] + songScale * song[index] }
    }

    /// What a vector is multiplied with to get the length `weight`; 0 for a vector without length.
    private static func scale(_ vector: UnsafeBufferPointer<Float>, _ weight: Float) -> Float {
        var square: Float = 0
        for value in vector { square += value * value }
        return square > 0 && square.isFinite ? weight / square.squareRoot() : 0
    }
}
