/// A kind of music: who likes one song of it likes others.
struct Scene: Sendable {
    /// What people call it.
    let name: String
    /// What its songs and artists are called in.
    let language: NameLanguage

    /// All scenes, the most common first; small catalogues use the first few.
    static let all: [Scene] = [
        Scene(name: "pop", language: .english), Scene(name: "hip hop", language: .english),
        Scene(name: "v-pop", language: .vietnamese), Scene(name: "classic rock", language: .english),
        Scene(name: "latin pop", language: .spanish), Scene(name: "house", language: .english),
        Scene(name: "k-pop", language: .korean), Scene(name: "indie folk", language: .english),
        Scene(name: "r&b", language: .english), Scene(name: "vietnamese ballad", language: .vietnamese),
        Scene(name: "metal", language: .english), Scene(name: "city pop", language: .japanese),
        Scene(name: "country", language: .english), Scene(name: "techno", language: .german),
        Scene(name: "lo-fi beats", language: .english), Scene(name: "chanson", language: .french),
        Scene(name: "jazz", language: .english), Scene(name: "reggaeton", language: .spanish),
        Scene(name: "bossa nova", language: .portuguese), Scene(name: "synthwave", language: .english),
        Scene(name: "bollywood", language: .hindi), Scene(name: "ambient", language: .english),
        Scene(name: "punk", language: .english), Scene(name: "piano", language: .french),
    ]
}
