/// The command-line program.
@main
struct EntryPoint {
    static func main() {}
}
