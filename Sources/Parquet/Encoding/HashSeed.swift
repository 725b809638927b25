/// What hash tables begin with, another number in every process: nobody can prepare values that all collide.
enum HashSeed {
    static let value = UInt64.random(in: .min ... .max)
}
