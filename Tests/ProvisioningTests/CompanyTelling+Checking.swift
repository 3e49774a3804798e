import GRDB
import Reconciliation
import SCIM

@testable import Provisioning
@testable import Storage

/// What the source means, after a whole snapshot.
extension CompanyTelling {
    func check() throws {
        let found = try world.accounts()
        let violations = try world.violations()
        try require(violations.isEmpty, "\(violations)")
        let shielded = try keepers()
        try checkProtected(found, shielded)
        let unclear = try waiting(for: shielded, found)
        let due = truth.due
        for person in truth.people.values where !unclear.contains(person.anchor) {
            try check(person, found.users, isDue: due.contains(person.anchor), shield: shielded[person.anchor])
        }
        try checkAbsent(found, shielded)
        try checkGroups(found)
        try remember(found, due)
    }

    private func check(
        _ person: Day.Person, _ users: [String: Accounts.User], isDue: Bool, shield: Shield?
    ) throws {
        if case .protected = shield { return }
        let (anchor, user) = (person.anchor, users[person.anchor])
        guard isDue && shield == nil else {
            return try require(!(user?.active ?? false), "\(person) is active")
        }
        guard let user else { throw Broken(description: "\(person) has no account") }
        try require(user.active, "\(person) is not active")
        try require(user.name == person.name, "\(anchor) is called \(user.name), not \(person.name)")
        try require(user.title == person.title, "\(anchor) has the title \(user.title ?? "-"), not \(person.title)")
        if let manager = person.manager, users[manager] != nil {
            try require(user.manager == manager, "\(anchor) reports to \(user.manager ?? "-"), not \(manager)")
        }
    }

    private func checkAbsent(_ found: Accounts, _ shielded: [String: Shield]) throws {
        let present = Set(truth.people.values.map(\.anchor))
        let (policies, now) = (features.policies, world.clock.now)
        for (anchor, user) in found.users where !present.contains(anchor) && shielded[anchor] == nil {
            if memory.isOver(anchor, policies.deactivateAfter, now: now) {
                try require(!user.active, "\(anchor) left and is still active")
            } else if memory.good.contains(anchor), !truth.isEdited {
                try require(user.active, "\(anchor) is off before the grace period is over")
            }
            if let delay = policies.deleteAfter, let since = memory.offSince[anchor] {
                try require(since + delay > now, "\(anchor) is off since \(since.text) and not deleted")
            }
        }
    }

    private func checkGroups(_ found: Accounts) throws {
        for (number, listed) in truth.groups {
            let people = features.contains(.flatten) ? truth.everybody(in: number) : listed
            var expected = Set(people.map { "p\($0)" }.filter { found.users[$0] != nil })
            if !features.contains(.flatten) {
                expected.formUnion(truth.group(number)!.members!.filter { found.groups[$0] != nil })
                expected = expected.filter { found.users[$0] != nil || found.groups[$0] != nil }
            }
            let group = found.groups["g\(number)"]
            try require(group?.active ?? false, "g\(number) has no active group")
            let difference = group!.members.symmetricDifference(expected)
            try require(difference.isEmpty, "g\(number) differs in \(difference.sorted())")
        }
        let (grace, now) = (features.policies.deactivateAfter, world.clock.now)
        for (anchor, group) in found.groups
        where truth.groups[Int(anchor.dropFirst()) ?? -1] == nil && memory.isOver(anchor, grace, now: now) {
            try require(!group.active, "\(anchor) was dissolved and is still active")
        }
    }

    /// A protected account keeps its name and stays active, and an account stays the same one for as long as its person does.
    private func checkProtected(_ found: Accounts, _ shielded: [String: Shield]) throws {
        for (anchor, name) in memory.protected {
            guard case .protected = shielded[anchor] else { continue }
            try require(found.users[anchor]?.active ?? false, "\(anchor) is protected and off")
            try require(found.users[anchor]?.name == name, "\(anchor) is protected and renamed")
        }
        let ids = try accountIDs()
        for (anchor, id) in memory.ids {
            try require(ids[anchor] == id, "\(anchor) has another account: \(ids[anchor] ?? "none"), not \(id)")
        }
    }

    private func remember(_ found: Accounts, _ due: Set<String>) throws {
        let present = Set(truth.people.values.map(\.anchor))
        memory.good = Set(found.users.filter { $0.value.active && due.contains($0.key) }.keys)
        for (anchor, user) in found.users where !present.contains(anchor) {
            let isOver = memory.isOver(anchor, features.policies.deactivateAfter, now: world.clock.now)
            guard isOver, !user.active else { continue }
            memory.offSince[anchor] = memory.offSince[anchor] ?? world.clock.now
        }
        memory.ids = try accountIDs().filter { present.contains($0.key) }
        memory.protected = [:]
        for (anchor, shield) in try keepers() {
            if case .protected = shield, let user = found.users[anchor], user.active {
                memory.protected[anchor] = user.name
            }
        }
    }

    private func accountIDs() throws -> [String: String] {
        try world.store().read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT externalId, id FROM account WHERE kind = 'user' AND externalId IS NOT NULL
                    AND organization = (SELECT organization FROM organization WHERE name = 'acme')
                    """)
            return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        }
    }

    // MARK: Who cannot have what the source says

    /// Why an account does not follow its record: an administrator disabled it, or it is protected.
    enum Shield {
        case locked(name: String), protected(name: String)

        var name: String {
            switch self {
            case .locked(let name), .protected(let name): name
            }
        }
    }

    /// By anchor.
    func keepers() throws -> [String: Shield] {
        let store = try world.store()
        var keepers: [String: Shield] = [:]
        guard let organization = try store.organizations().first(where: { $0.name == "acme" }) else { return [:] }
        try store.forEachAccount(of: organization.organization, related: false) { stored in
            let account = stored.account
            guard account.kind == .user else { return }
            let anchor = account.externalId ?? account.name
            if account.protected {
                keepers[anchor] = .protected(name: account.name)
            } else if account.disabledBy == .administrator {
                keepers[anchor] = .locked(name: account.name)
            }
        }
        return keepers
    }

    /// Anchors of those who want a name that somebody keeps, and of those who want theirs, and so on. Who is absent and in grace
    /// keeps the name, both of the account and in the directory.
    private func waiting(for shielded: [String: Shield], _ found: Accounts) throws -> Set<String> {
        var kept: [String: Set<String>] = [:]
        for (anchor, shield) in shielded { kept[KeyFolding.fold(shield.name), default: []].insert(anchor) }
        let present = Set(truth.people.values.map(\.anchor))
        let (grace, now) = (features.policies.deactivateAfter, world.clock.now)
        let directory = try directoryNames()
        for (anchor, name) in directory where !present.contains(anchor) && !memory.isOver(anchor, grace, now: now) {
            kept[KeyFolding.fold(name), default: []].insert(anchor)
            if let name = found.users[anchor]?.name { kept[KeyFolding.fold(name), default: []].insert(anchor) }
        }
        var waiting: Set<String> = []
        var grew = !kept.isEmpty
        while grew {
            grew = false
            for person in truth.people.values where !waiting.contains(person.anchor) {
                guard let holders = kept[KeyFolding.fold(person.name)], holders.contains(where: { $0 != person.anchor })
                else { continue }
                waiting.insert(person.anchor)
                for name in [found.users[person.anchor]?.name, directory[person.anchor]].compactMap({ $0 }) {
                    kept[KeyFolding.fold(name), default: []].insert(person.anchor)
                }
                grew = true
            }
        }
        return waiting
    }

    private func directoryNames() throws -> [String: String] {
        try world.store().read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT anchor, name FROM directoryRecord WHERE kind = 'user' AND anchor IS NOT NULL
                    AND organization = (SELECT organization FROM organization WHERE name = 'acme')
                    """)
            return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
        }
    }
}
