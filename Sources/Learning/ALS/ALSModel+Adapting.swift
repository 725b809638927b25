extension ALSModel {
    /// A start for a training out of a former model whose rows were numbered otherwise: known users and items keep their vectors,
    /// new ones are seeded.
    ///
    /// New users start at zero, for they are solved first. New items get random vectors a tenth of the usual length: small enough that the
    /// first listeners solved hardly see them, and not zero, so that every factor is still reachable when few items are known.
    ///
    /// ```
    /// let start = ALSModel(adapting: former, users: rowsOfUsers, items: rowsOfItems, seed: 1)
    /// let model = try trainer.train(plays, from: start)
    /// ```
    ///
    /// - Parameters:
    ///   - former: the model to go on from.
    ///   - users: for each user of the new matrix the row in `former`, or -1 when it knows none.
    ///   - items: the same for the items.
    ///   - seed: seed of the new vectors; the same seed and rows give the same start.
    /// - Complexity: O((users + items) · factors)
    public init(adapting former: ALSModel, users: [Int32], items: [Int32], seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let scale = 0.01 / Double(former.itemFactors.factors).squareRoot()
        self.init(
            userFactors: former.userFactors.picking(users) { 0 },
            itemFactors: former.itemFactors.picking(items) { Float(scale * random.normal()) })
    }
}

extension FactorMatrix {
    /// Rows of this matrix in another order; where -1 is asked for, a row of seeds.
    fileprivate func picking(_ numbers: [Int32], seed: () -> Float) -> FactorMatrix {
        let picked = FactorMatrix(rows: numbers.count, factors: factors)
        withUnsafeRows { source in
            picked.withUnsafeMutableRows { target in
                for (row, number) in numbers.enumerated() {
                    precondition(number >= -1 && Int(number) < rows, "row \(number) is not of the former model")
                    for factor in 0..<factors {
                        target[row * stride + factor] = number < 0 ? seed() : source[Int(number) * stride + factor]
                    }
                }
            }
        }
        return picked
    }
}
