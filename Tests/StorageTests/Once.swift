import Synchronization

/// True for whoever asks first.
final class Once: Sendable {
    private let taken = Atomic(false)

    func take() -> Bool { !taken.exchange(true, ordering: .sequentiallyConsistent) }
}
