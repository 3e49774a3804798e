import Foundation
import Testing

/// The laws over hundreds of days of companies of a hundred people and more. A day is heard in files and by pushes, see
/// ``CompanyDay``; a failure is told with its seed and shrunk.
@Suite("Laws of days")
struct LawsOfDaysTests {
    private static let daysPerBlock = 50

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    /// `ROLLCALL_DAY_BLOCKS` asks for more or fewer, `ROLLCALL_DAY_FIRST` for others, `ROLLCALL_DAY_SEED` for one day alone.
    private static let blocks = number("ROLLCALL_DAY_BLOCKS") ?? 4
    private static let first = number("ROLLCALL_DAY_FIRST") ?? 0
    /// How often a failing day is told again to make it shorter.
    private static let attempts = number("ROLLCALL_DAY_ATTEMPTS") ?? 200

    private static func seeds(_ block: Int) -> Range<Int> {
        if let seed = number("ROLLCALL_DAY_SEED") { return block == first ? seed..<seed + 1 : 0..<0 }
        return block * daysPerBlock..<(block + 1) * daysPerBlock
    }

    /// Every kind of first word, every kind of rules, and every third day more.
    private static func features(_ seed: Int) -> CompanyStory.Features {
        var features: CompanyStory.Features = []
        switch seed % 3 {
        case 0: break
        case 1: features.insert(.delta)
        default: features.insert(.badRows)
        }
        switch seed / 3 % 4 {
        case 0: features.insert(.mapping)
        case 1: features.insert(.edits)
        default: break
        }
        if seed / 12 % 3 == 0 { features.insert(.undo) }
        if seed / 12 % 3 == 1 { features.insert(.kept) }
        if seed / 36 % 3 == 0 { features.insert(.nested) }
        return features
    }

    @Test(
        "a day heard in files or by pushes ends where the source is, under every law", arguments: first..<first + blocks
    )
    func days(block: Int) async throws {
        for seed in Self.seeds(block) {
            let story = CompanyStory.day(
                people: 100 + 20 * (seed % 11), events: 10 + seed % 30, seed: seed, features: Self.features(seed))
            guard let failure = await CompanyDay.failure(of: story, seed: seed) else { continue }
            let shortest = await story.shrunk(attempts: Self.attempts) { await CompanyDay.failure(of: $0, seed: seed) }
            let why = await CompanyDay.failure(of: shortest, seed: seed) ?? failure
            Issue.record("seed \(seed): \(failure)\nshrunk to \(shortest)\n\(why)")
            return
        }
    }
}
