import JSONBytes
import Provisioning
import Reconciliation

// How a test of a filter reads: first what it does to people, then its clauses.

extension FilterTest {
    private var people: String { kind == .user ? "people" : "groups" }

    func print(text out: inout StandardOutput) throws {
        try out.line("\(kind == .user ? "users" : "groups"): \(records) of \(population)")
        if let current { try Self.print(current, as: "in force", to: &out) }
        try Self.print(tested, as: current == nil ? "tested" : "changed", to: &out)
        try out.line()
        try out.table(
            ["", "IN SCOPE", "OUT", "UNDECIDED"],
            [current.map { Self.cells($0, "in force") }, Self.cells(tested, current == nil ? "tested" : "changed")]
                .compactMap { $0 })
        for direction in Direction.allCases where current != nil || count(direction) > 0 {
            try out.line()
            try printMovements(direction, to: &out)
        }
        try printClauses(to: &out)
    }

    private static func print(_ side: Side, as name: String, to out: inout StandardOutput) throws {
        try out.line()
        try out.line("\(name): the filter of \(side.label)")
        for (index, clauses) in side.filter.readableClauses.enumerated() {
            let text = clauses.isEmpty ? "everyone" : clauses.joined(separator: " AND ")
            try out.line("  \(index == 0 ? "  " : "OR") \(text)")
        }
    }

    private static func cells(_ side: Side, _ name: String) -> [String] {
        [name] + FilterFall.Outcome.allCases.map { String(side.outcomes[$0] ?? 0) }
    }

    private func printMovements(_ direction: Direction, to out: inout StandardOutput) throws {
        let movements = movements.filter { $0.direction == direction }
        let total = count(direction)
        let accounts = movements.reduce(0) { $0 + $1.withAccount }
        let verb =
            switch direction {
            case .leaves: "leave the scope"
            case .enters: "enter the scope"
            case .undecided: current == nil ? "are undecided" : "become undecided"
            }
        guard total > 0 else { return try out.line("nobody would \(verb.replacing("become", with: "be"))") }
        try out.line("\(total) \(people) \(verb), \(accounts) of them with an active account")
        for movement in movements {
            let clauses = movement.because.joined(separator: " AND ")
            try out.line(
                "  \(movement.count) \(direction == .enters ? "were kept out by" : "because this does not hold"): \(clauses)"
            )
            for person in movement.people {
                let values = person.values.isEmpty ? "" : "  (" + person.values.joined(separator: "; ") + ")"
                try out.line("      \(person.name)\(person.displayName.map { "  " + $0 } ?? "")\(values)")
            }
            let rest = movement.count - movement.people.count
            if rest > 0 { try out.line("      and \(rest) more; --all names them") }
        }
    }

    private func printClauses(to out: inout StandardOutput) throws {
        guard !tested.clauses.joined().isEmpty else { return }
        try out.line()
        let rows = tested.clauses.enumerated().flatMap { group, clauses in
            clauses.map { clause in
                [
                    String(group + 1), String(clause.yes), String(clause.no), String(clause.errors),
                    String(clause.alone),
                    clause.text,
                ]
            }
        }
        try out.table(["GROUP", "TRUE", "FALSE", "ERROR", "ALONE", "CLAUSE"], rows)
        try out.line("alone: of how many \(people) this clause alone decided whether they are in scope")
        for group in unknownGroups {
            try out.line("no group of the directory is called \(group), so MEMBER_OF it is false")
        }
        for clause in idleClauses { try out.line("never changes the outcome here: \(clause)") }
    }

    // MARK: JSON lines

    func print(json out: inout StandardOutput) throws {
        for movement in movements {
            for person in movement.people { try out.json(json(person, movement)) }
        }
        if let current { try Self.print(json: current, "current", kind, to: &out) }
        try Self.print(json: tested, "tested", kind, to: &out)
        var object: JSONObject = [
            "type": "filterTest", "kind": .string(kind.rawValue), "population": .string(population),
            "records": .integer(records), "tested": .object(Self.json(tested)),
        ]
        if let current { object["current"] = .object(Self.json(current)) }
        object["movements"] = .array(
            movements.map { movement in
                [
                    "change": .string(movement.direction.rawValue), "because": Self.texts(movement.because),
                    "count": .integer(movement.count), "withAccount": .integer(movement.withAccount),
                    "listed": .integer(movement.people.count),
                ]
            })
        for direction in Direction.allCases { object[direction.rawValue] = .integer(count(direction)) }
        object["idle"] = Self.texts(idleClauses)
        object["unknownGroups"] = Self.texts(unknownGroups)
        try out.json(object)
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    private static func json(_ side: Side) -> JSONObject {
        var object: JSONObject = ["of": .string(side.label), "filter": .string(side.filter.canonicalText)]
        for outcome in FilterFall.Outcome.allCases { object[outcome.rawValue] = .integer(side.outcomes[outcome] ?? 0) }
        return object
    }

    private func json(_ person: Person, _ movement: Movement) -> JSONObject {
        [
            "type": "person", "kind": .string(kind.rawValue), "change": .string(movement.direction.rawValue),
            "anchor": person.anchor.map { .string($0.value) } ?? .null, "name": .string(person.name),
            "displayName": person.displayName.map(JSONValue.string) ?? .null, "hasAccount": .bool(person.hasAccount),
            "because": Self.texts(movement.because), "values": Self.texts(person.values),
        ]
    }

    private static func print(json side: Side, _ name: String, _ kind: Kind, to out: inout StandardOutput) throws {
        for (group, clauses) in side.clauses.enumerated() {
            for clause in clauses {
                try out.json([
                    "type": "clause", "kind": .string(kind.rawValue), "filter": .string(name),
                    "group": .integer(group + 1),
                    "clause": .string(clause.text), "true": .integer(clause.yes), "false": .integer(clause.no),
                    "error": .integer(clause.errors), "alone": .integer(clause.alone),
                ])
            }
        }
    }
}
