/// Makes up titles and names that look like those of real catalogues: several languages and scripts, so that everything
/// downstream meets accents, combining marks and wide characters.
enum NameLanguage: Sendable, CaseIterable {
    case english
    case vietnamese
    case spanish
    case french
    case german
    case portuguese
    case japanese
    case korean
    case hindi

    /// A listener's language: English and Vietnamese most often.
    static func draw(_ random: inout SimulationRandom) -> NameLanguage {
        let way = random.uniform()
        if way < 0.4 { return .english }
        if way < 0.65 { return .vietnamese }
        return random.pick(allCases)
    }

    private var bank: NameBank {
        switch self {
        case .english: .english
        case .vietnamese: .vietnamese
        case .spanish: .spanish
        case .french: .french
        case .german: .german
        case .portuguese: .portuguese
        case .japanese: .japanese
        case .korean: .korean
        case .hindi: .hindi
        }
    }

    /// A song's title.
    func title(_ random: inout SimulationRandom) -> String {
        let title = fill(random.pick(bank.titles), &random)
        let way = random.uniform()
        if way < 0.03 { return "\(title) (Remix)" }
        if way < 0.05 { return "\(title) – Live" }
        if way < 0.07 { return "\(title) (feat. \(artistName(&random)))" }
        if way < 0.08 { return "\(title) - Acoustic Version" }
        return title
    }

    /// The name of a band or a singer.
    func artistName(_ random: inout SimulationRandom) -> String { fill(random.pick(bank.artists), &random) }

    /// A person's full name.
    func personName(_ random: inout SimulationRandom) -> String { fill(bank.person, &random) }

    /// Puts words in the places of a pattern: `A` adjective, `N` noun, `V` verb, `F` first name, `L` last name, `#` number,
    /// where these stand alone or beside punctuation.
    private func fill(_ pattern: String, _ random: inout SimulationRandom) -> String {
        pattern.split(separator: " ").map { part in
            let letters = part.filter { $0.isLetter || $0 == "#" }
            // `V-moi` is a place and a word, `N,` a place and a comma.
            let place = letters.count == 1 ? letters.first : part.split(separator: "-").first { $0 == "V" }?.first
            guard let place, let word = word(for: place, &random) else { return String(part) }
            return part.map { $0 == place ? word : String($0) }.joined()
        }.joined(separator: bank.separator)
    }

    private func word(for place: Character, _ random: inout SimulationRandom) -> String? {
        switch place {
        case "A": random.pick(bank.adjectives)
        case "N": random.pick(bank.nouns)
        case "V": random.pick(bank.verbs)
        case "F": random.pick(bank.firstNames)
        case "L": random.pick(bank.lastNames)
        case "#": String(1 + random.index(below: 99))
        default: nil
        }
    }
}

/// The words of a language and how they are put together.
struct NameBank: Sendable {
    var separator = " "
    var titles: [String]
    var artists: [String]
    var person = "F L"
    var adjectives: [String]
    var nouns: [String]
    var verbs: [String]
    var firstNames: [String]
    var lastNames: [String]

    /// A list written as words between spaces; `_` stands for a space inside one.
    static func words(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { word in
            String(word.map { $0 == "_" ? " " : $0 })
        }
    }
}
