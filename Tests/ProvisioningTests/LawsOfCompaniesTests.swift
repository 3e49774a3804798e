import Foundation
import Testing

/// The laws over companies of a hundred people and more, hundreds of them: whatever happened and in whichever way it was heard,
/// a whole snapshot leads to the accounts that the source means.
@Suite("Laws of companies")
struct LawsOfCompaniesTests {
    /// Stories of one test case; a failure is told with its seed and shrunk.
    private static let storiesPerBlock = 4

    /// `ROLLCALL_STORY_BLOCKS` asks for more or fewer.
    private static let blocks = ProcessInfo.processInfo.environment["ROLLCALL_STORY_BLOCKS"].flatMap { Int($0) } ?? 32

    @Test(
        "a whole snapshot leads to the accounts that the source means, whatever was heard before",
        arguments: 0..<blocks)
    func companies(block: Int) async throws {
        for seed in block * Self.storiesPerBlock..<(block + 1) * Self.storiesPerBlock {
            let story = CompanyStory.random(people: 60 + seed * 7 % 140, events: 40, seed: seed)
            guard let failure = await CompanyTelling.failure(of: story) else { continue }
            let shortest = await story.shrunk(CompanyTelling.failure)
            let why = await CompanyTelling.failure(of: shortest) ?? failure
            Issue.record("seed \(seed): \(failure)\nshrunk to \(shortest)\n\(why)")
            return
        }
    }
}
