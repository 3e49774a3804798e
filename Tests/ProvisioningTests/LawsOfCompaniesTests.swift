import Foundation
import Testing

/// The laws over companies of a hundred people and more, hundreds of them: whatever happened and in whichever way it was heard,
/// a whole snapshot leads to the accounts that the source means.
@Suite("Laws of companies")
struct LawsOfCompaniesTests {
    /// Stories of one test case; a failure is told with its seed and shrunk.
    private static let storiesPerBlock = 4

    /// `ROLLCALL_STORY_BLOCKS` asks for more or fewer.
    private static let blocks = ProcessInfo.processInfo.environment["ROLLCALL_STORY_BLOCKS"].flatMap { Int($0) } ?? 16

    /// Features for every story, as a number, instead of those of its seed; to look for more of one kind.
    private static let wanted = ProcessInfo.processInfo.environment["ROLLCALL_STORY_FEATURES"].flatMap { Int($0) }
    /// How often a failing story is told again to make it shorter.
    private static let attempts =
        ProcessInfo.processInfo.environment["ROLLCALL_STORY_ATTEMPTS"].flatMap { Int($0) } ?? 200
    private static let first =
        ProcessInfo.processInfo.environment["ROLLCALL_STORY_FIRST"].flatMap { Int($0) } ?? 0

    /// Every fourth story is a plain one; the others have one, two or many features.
    private static func features(_ seed: Int) -> CompanyStory.Features {
        if let wanted { return CompanyStory.Features(rawValue: wanted) }
        var generator = SeededGenerator(state: UInt64(seed) &* 31 &+ 7)
        let count = [0, 1, 2, 5][seed % 4]
        var features: CompanyStory.Features = []
        for _ in 0..<count {
            let bit = Int.random(in: 0..<CompanyStory.Features.toldInStories, using: &generator)
            features.insert(.init(rawValue: 1 << bit))
        }
        if features.contains(.graceDays) { features.remove(.graceSightings) }
        if features.contains(.flatten) { features.insert(.nested) }
        return features
    }

    @Test(
        "a whole snapshot leads to the accounts that the source means, whatever was heard before",
        arguments: first..<first + blocks)
    func companies(block: Int) async throws {
        for seed in block * Self.storiesPerBlock..<(block + 1) * Self.storiesPerBlock {
            let story = CompanyStory.random(
                people: 60 + seed * 7 % 140, events: 40, seed: seed, features: Self.features(seed))
            guard let failure = await CompanyTelling.failure(of: story) else { continue }
            let shortest = await story.shrunk(attempts: Self.attempts, CompanyTelling.failure)
            let why = await CompanyTelling.failure(of: shortest) ?? failure
            Issue.record("seed \(seed): \(failure)\nshrunk to \(shortest)\n\(why)")
            return
        }
    }
}
