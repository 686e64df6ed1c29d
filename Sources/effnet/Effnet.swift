@main struct Effnet { static func main() {} }
