import ServiceKit

/// Runs `body` on a thread of its own while `meanwhile` runs on this one; `meanwhile` must make `body` end.
func withConcurrentThread(
    _ body: @escaping @Sendable () throws -> Void, while meanwhile: () throws -> Void
) throws {
    let thread = try WorkerThread(name: "concurrent", body)
    let result = Result { try meanwhile() }
    try thread.join()
    try result.get()
}
