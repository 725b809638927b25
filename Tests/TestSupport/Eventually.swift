import ServiceKit

/// Asks `condition` again and again until it holds or `deadline` has passed: what a test does instead of sleeping.
///
/// - Returns: whether it held in time; write `#expect(eventually { … })`.
public func eventually(
    within deadline: Duration = .seconds(20), every interval: Duration = .milliseconds(2),
    _ condition: () throws -> Bool
) rethrows -> Bool {
    let start = MonotonicTime.now
    let pause = StopSignal()
    while true {
        if try condition() { return true }
        if start.elapsed > deadline { return false }
        pause.wait(for: interval)
    }
}
