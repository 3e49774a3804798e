import SCIM

/// What the accounts have to be, worked out from days without any of the product's planning: a short and slow rewording of
/// RECONCILIATION.md for whole snapshots without grace, gates or administrators.
struct Oracle {
    private(set) var accounts = Accounts()
    /// The name that each person has in the directory, while the directory has the person.
    private var directory: [String: String] = [:]
    /// The manager that the source last named.
    private var managers: [String: String] = [:]
    /// The members that the source last named.
    private var listed: [String: Set<String>] = [:]

    /// Takes over a whole snapshot.
    mutating func take(_ day: Day) {
        let twice = Self.twice(day.people)
        let stated = day.people.filter { !twice.contains($0.anchor) }
        let gone = directory.keys.filter { anchor in !day.people.contains { $0.anchor == anchor } }
        let named = settleDirectory(stated, gone: Set(gone))
        for anchor in gone {
            directory[anchor] = nil
            accounts.users[anchor]?.active = false
        }
        for person in named {
            directory[person.anchor] = person.name
            if let manager = person.manager { managers[person.anchor] = manager }
        }
        settleAccounts(named)
        setManagers(named)
        takeGroups(day.groups ?? [], hasFile: day.groups != nil)
    }

    /// Anchors of rows that share an anchor or a name with another row: they are nobody's.
    private static func twice(_ people: [Day.Person]) -> Set<String> {
        var found: Set<String> = []
        for (index, person) in people.enumerated() {
            for (other, rival) in people.enumerated() where other != index {
                if rival.anchor == person.anchor || KeyFolding.fold(rival.name) == KeyFolding.fold(person.name) {
                    found.insert(person.anchor)
                }
            }
        }
        return found
    }

    /// Those whose name is free in the directory: nobody keeps it whom this snapshot does not move.
    private func settleDirectory(_ stated: [Day.Person], gone: Set<String>) -> [Day.Person] {
        settle(stated) { person, accepted in
            directory.allSatisfy { anchor, name in
                anchor == person.anchor || KeyFolding.fold(name) != KeyFolding.fold(person.name)
                    || gone.contains(anchor)
                    || accepted.contains { $0.anchor == anchor && KeyFolding.fold($0.name) != KeyFolding.fold(name) }
            }
        }
    }

    /// Gives everybody the account that is due; who wants a name that a live account keeps stays as before.
    private mutating func settleAccounts(_ stated: [Day.Person]) {
        let leaving = stated.filter { !$0.active || !$0.inScope }
        for person in leaving { accounts.users[person.anchor]?.active = false }
        let users = accounts.users
        let accepted = settle(stated.filter { $0.active && $0.inScope }) { person, accepted in
            users.allSatisfy { anchor, user in
                anchor == person.anchor || !user.active || KeyFolding.fold(user.name) != KeyFolding.fold(person.name)
                    || accepted.contains {
                        $0.anchor == anchor && KeyFolding.fold($0.name) != KeyFolding.fold(user.name)
                    }
            }
        }
        for person in accepted {
            accounts.users[person.anchor] = .init(
                name: person.name, title: person.title, department: "Sales", manager: users[person.anchor]?.manager)
        }
        settled = Set(accepted.map(\.anchor))
    }

    private var settled: Set<String> = []

    /// The largest set of people who can have what they want together.
    private func settle(
        _ people: [Day.Person], _ isFree: (Day.Person, [Day.Person]) -> Bool
    ) -> [Day.Person] {
        var accepted = people
        while true {
            let next = accepted.filter { isFree($0, accepted) }
            if next.count == accepted.count { return accepted }
            accepted = next
        }
    }

    private mutating func setManagers(_ stated: [Day.Person]) {
        for person in stated where settled.contains(person.anchor) {
            guard let manager = managers[person.anchor], accounts.users[manager] != nil else { continue }
            accounts.users[person.anchor]?.manager = manager
        }
    }

    private mutating func takeGroups(_ groups: [Day.Group], hasFile: Bool) {
        let anchors = groups.map(\.anchor)
        for group in groups where anchors.count(where: { $0 == group.anchor }) == 1 {
            if let members = group.members { listed[group.anchor] = Set(members) }
            accounts.groups[group.anchor, default: .init()].active = true
        }
        if hasFile {
            for anchor in accounts.groups.keys where !anchors.contains(anchor) {
                accounts.groups[anchor]?.active = false
            }
        }
        for (anchor, group) in accounts.groups where group.active {
            accounts.groups[anchor]?.members = (listed[anchor] ?? []).filter { accounts.users[$0] != nil }
        }
    }
}
