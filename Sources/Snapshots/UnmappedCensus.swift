import JSONBytes
import Reconciliation

/// Counts, over the elements that are mapped, the attributes with a value that neither the preset nor the job's mapping nor
/// a filter carries. Names only, never values.
///
/// Elements that are skipped as unchanged are not looked at, so an ordinary night counts those that changed; the first
/// run, a run with changed rules and `rollcall check` count everybody.
struct UnmappedCensus {
    /// As many names as are told apart; what comes later is counted together under ``others``.
    static let namesMax = 200
    static let others = "(other attributes)"

    private let carried: [Kind: Set<String>]
    private let carriesUnknown: Bool
    private(set) var counts: [String: Int] = [:]
    /// The keys of the last element of each kind, since elements of one export list theirs in the same order.
    private var expected: [Kind: [(key: String, isCarried: Bool)]] = [:]

    /// - Parameter preset: the names that the preset carries, by kind, in lower case.
    /// - Parameter carriesUnknown: the preset takes every attribute but those that stand in `preset`.
    init(
        preset: [Kind: Set<String>], carriesUnknown: Bool, lines: [MappingLine], sourceAttributes: [String]
    ) {
        self.carriesUnknown = carriesUnknown
        var carried = preset
        for kind in Kind.allCases {
            let asked = lines.filter { $0.kind == kind }.flatMap(\.fields) + sourceAttributes
            for name in asked.map({ $0.lowercased() }) {
                if carriesUnknown { carried[kind]?.remove(name) } else { carried[kind, default: []].insert(name) }
            }
        }
        self.carried = carried
    }

    mutating func count(_ object: JSONObject, kind: Kind) {
        for (position, member) in object.members.enumerated() {
            if isCarried(member.key, at: position, kind) || Self.isEmpty(member.value) { continue }
            if let inner = member.value.object, !carriesUnknown {
                for part in inner.members where !Self.isEmpty(part.value) {
                    let name = member.key + "." + part.key
                    if !part.key.hasPrefix("@"), carried[kind]?.contains(name.lowercased()) != true { add(name, kind) }
                }
            } else {
                add(member.key, kind)
            }
        }
    }

    mutating func count(_ entry: DirectoryEntry, kind: Kind) {
        for (position, attribute) in entry.attributes.enumerated() where attribute.valueCount > 0 {
            let name = entry.text(attribute.name)
            if !isCarried(name, at: position, kind) && !name.contains(";range=") { add(name, kind) }
        }
    }

    private mutating func isCarried(_ key: String, at position: Int, _ kind: Kind) -> Bool {
        if let known = expected[kind], position < known.count, known[position].key == key {
            return known[position].isCarried
        }
        let name = key.lowercased()
        let isListed = carried[kind]?.contains(name) == true
        let isCarried = name.contains("@odata.") || isListed != carriesUnknown
        if position < 256 {
            var known = expected[kind] ?? []
            if position < known.count {
                known[position] = (key, isCarried)
            } else if position == known.count {
                known.append((key, isCarried))
            }
            expected[kind] = known
        }
        return isCarried
    }

    private mutating func add(_ name: String, _ kind: Kind) {
        let full = kind.rawValue + "s." + name
        if counts[full] != nil || counts.count < Self.namesMax {
            counts[full, default: 0] += 1
        } else {
            counts[Self.others, default: 0] += 1
        }
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .string(""), .array([]): true
        case .object(let object): object.isEmpty
        default: false
        }
    }
}

extension Preset {
    /// The names of the export's attributes that the preset carries, in lower case; for ``scim`` those that it does not,
    /// since it takes all others as they are.
    var censusNames: [Kind: Set<String>] {
        switch self {
        case .entraGraph: EntraGraphMapping.names
        case .dsml: DSMLMapping.names
        case .scim: [.user: ["groups", "password"], .group: []]
        case .defined(let definition):
            Dictionary(
                uniqueKeysWithValues: Kind.allCases.map { kind in
                    let paths = definition.fields[RecordRole(kind)]?.paths ?? []
                    return (kind, Set(paths.flatMap(\.carried).map { $0.lowercased() }))
                })
        }
    }
}
