import Reconciliation
import Testing

/// What one holder of a name does.
private enum Move: Hashable {
    case stays, leaves
    /// Takes a name that nobody has.
    case takesFree
    case takes(Int)
}

@Suite("Names in a plan")
struct NameLedgerTests {
    /// The largest set of claims that can be fulfilled together, by trying every set.
    private func largest(_ claims: [NameLedger.Claim], released: Set<String>) -> Set<Int> {
        var best: Set<Int> = []
        for bits in 0..<(1 << claims.count) {
            let chosen = claims.indices.filter { bits & (1 << $0) != 0 }.map { claims[$0] }
            let free = released.union(chosen.compactMap(\.releases))
            if chosen.allSatisfy({ free.contains($0.holder) }) && chosen.count > best.count {
                best = Set(chosen.map(\.row))
            }
        }
        return best
    }

    @Test("as many get their names as can, over all moves of four people and a newcomer")
    func exhaustive() {
        let moves: [Move] = [.stays, .leaves, .takesFree] + (0..<4).map(Move.takes)
        var count = 0
        for code in 0..<(7 * 7 * 7 * 7) {
            let chosen = [code % 7, code / 7 % 7, code / 49 % 7, code / 343].map { moves[$0] }
            guard chosen.indices.allSatisfy({ chosen[$0] != .takes($0) }) else { continue }
            for wanted in -1..<4 {
                check(chosen, newcomer: wanted < 0 ? nil : wanted)
                count += 1
            }
        }
        #expect(count == 6 * 6 * 6 * 6 * 5)
    }

    private func check(_ moves: [Move], newcomer: Int?) {
        var ledger = NameLedger()
        var claims: [NameLedger.Claim] = []
        var released: Set<String> = []
        for (person, move) in moves.enumerated() {
            switch move {
            case .stays: break
            case .leaves, .takesFree: released.insert("account\(person)")
            case .takes(let other):
                claims.append(
                    .init(row: person, key: "name\(other)", holder: "account\(other)", releases: "account\(person)"))
            }
        }
        if let newcomer {
            claims.append(.init(row: 9, key: "name\(newcomer)", holder: "account\(newcomer)", releases: nil))
        }
        for account in released { ledger.release(account: account) }
        for claim in claims { ledger.claim(claim) }
        let resolution = ledger.resolve()
        let expected = largest(claims, released: released)
        if resolution.accepted != expected || resolution.refused != Set(claims.map(\.row)).subtracting(expected) {
            Issue.record("\(moves) newcomer \(newcomer ?? -1): \(resolution), expected \(expected)")
        }
        let holders = Set(claims.filter { expected.contains($0.row) }.map(\.holder))
        #expect(resolution.freedFirst == holders)
    }

    @Test("swaps and rings succeed; one refusal refuses those who waited for it")
    func examples() {
        var ring = NameLedger()
        for person in 0..<5 {
            ring.claim(.init(row: person, key: "n", holder: "\((person + 1) % 5)", releases: "\(person)"))
        }
        #expect(ring.resolve().refused.isEmpty)
        var chain = NameLedger()
        for person in 0..<5 {
            chain.claim(.init(row: person, key: "n", holder: "\(person + 1)", releases: "\(person)"))
        }
        #expect(chain.resolve().accepted.isEmpty)
        chain.release(account: "5")
        #expect(chain.resolve().refused.isEmpty)
    }
}
