/// What ALS learned: a vector a user and a vector an item, in the order of the matrix' rows and columns.
public struct ALSModel: Sendable {
    /// One row a user.
    public let userFactors: FactorMatrix
    /// One row an item.
    public let itemFactors: FactorMatrix

    /// Takes factors of both sides.
    public init(userFactors: FactorMatrix, itemFactors: FactorMatrix) {
        precondition(userFactors.factors == itemFactors.factors, "users and items need the same factors")
        self.userFactors = userFactors
        self.itemFactors = itemFactors
    }

    /// Users at zero and items at random, which the first half iteration makes users of.
    static func random(users: Int, items: Int, factors: Int, seed: UInt64) -> ALSModel {
        let itemFactors = FactorMatrix(rows: items, factors: factors)
        var random = SplitMix64(seed: seed)
        let scale = 0.1 / Double(factors).squareRoot()
        itemFactors.withUnsafeMutableRows { rows in
            for row in 0..<items {
                for factor in 0..<factors {
                    rows[row * itemFactors.stride + factor] = Float(scale * random.normal())
                }
            }
        }
        return ALSModel(userFactors: FactorMatrix(rows: users, factors: factors), itemFactors: itemFactors)
    }

    /// How much a user likes an item.
    ///
    /// - Complexity: O(factors)
    public func score(user: Int, item: Int) -> Float {
        precondition(user >= 0 && user < userFactors.rows && item >= 0 && item < itemFactors.rows)
        let stride = userFactors.stride
        return userFactors.withUnsafeRows { users in
            itemFactors.withUnsafeRows { items in
                Kernels.dot(
                    UnsafeBufferPointer(rebasing: users[user * stride..<(user + 1) * stride]),
                    UnsafeBufferPointer(rebasing: items[item * stride..<(item + 1) * stride]))
            }
        }
    }
}

extension FactorMatrix {
    /// A matrix of its own with the same values.
    func copy() -> FactorMatrix {
        let other = FactorMatrix(rows: rows, factors: factors)
        withUnsafeRows { source in
            other.withUnsafeMutableRows { target in _ = target.update(fromContentsOf: source) }
        }
        return other
    }
}

extension SplitMix64 {
    /// A number of the standard normal distribution (Box and Muller 1958).
    mutating func normal() -> Double {
        let radius = (-2 * Numerics.logarithm(1 - unit())).squareRoot()
        return radius * Numerics.cosine(2 * .pi * unit())
    }
}
