/// `Benchmarks NAME --option value …`: one JSON line a run, the peers' field names.
@main
struct EntryPoint {
    static func main() {}
}
