import Crypto
import JSONBytes
import Reconciliation
import SCIM

/// A kind of export as data: where its records are, what fills their attributes, and how one sees that it is whole.
///
/// Built-in presets and a job's own paths are the same thing; the language in which they are written is the job file's,
/// which ``text`` keeps in one spelling.
package struct PresetDefinition: Sendable, Equatable {
    package var name: String
    /// What the definition was read from, as JSON: for the hash of the rules, and to read it again later.
    package var text: String
    package var format: Format
    /// For files without a byte order mark; `nil`: UTF-8, or what an XML declaration says.
    package var encoding: TextEncoding?
    package var records: [RecordRule]
    package var complete: CompletenessRules
    package var refusals: [Refusal]
    package var fields: [RecordRole: RecordFields]
    /// How a file with one group's members is read; `nil`: members are in the groups file.
    package var memberFile: MemberFileRule?

    package enum Format: String, Sendable, CaseIterable { case json, xml }

    package init(name: String, text: String, format: Format) {
        self.name = name
        self.text = text
        self.format = format
        records = []
        complete = CompletenessRules()
        refusals = []
        fields = [:]
    }

    package static func == (left: PresetDefinition, right: PresetDefinition) -> Bool {
        left.name == right.name && left.text == right.text
    }

    /// Eight bytes of the text's SHA-256, in hexadecimal.
    package var fingerprint: String { String(PlanDigest.hex(SHA256.hash(data: Array(text.utf8))).prefix(16)) }
}

/// What a record is about.
package enum RecordRole: String, Sendable, CaseIterable {
    case user, group
    /// Says that somebody is in a group, apart from both.
    case membership

    package init(_ kind: Kind) { self = kind == .user ? .user : .group }

    package var kind: Kind? {
        switch self {
        case .user: .user
        case .group: .group
        case .membership: nil
        }
    }
}

/// Where the records of a role are.
package struct RecordRule: Sendable, Hashable {
    package var role: RecordRole
    package var path: RecordPath
    /// Which of the records there, where several kinds are mixed.
    package var when: RecordCondition?
    /// Where records of the same role stand within a record, at any depth: Keycloak's `$.subGroups[*]`. JSON only.
    package var nested: JSONRecordPath?

    package init(
        role: RecordRole, path: RecordPath, when: RecordCondition? = nil, nested: JSONRecordPath? = nil
    ) {
        self.role = role
        self.path = path
        self.when = when
        self.nested = nested
    }
}

/// A document that is no snapshot.
package struct Refusal: Sendable, Hashable {
    package var when: RecordCondition
    package var because: String
    /// It is a delta, which a job may ask for.
    package var isDelta: Bool

    package init(when: RecordCondition, because: String, isDelta: Bool = false) {
        self.when = when
        self.because = because
        self.isDelta = isDelta
    }
}

/// What fills the records of one role.
package struct RecordFields: Sendable, Hashable {
    /// The immutable id.
    package var anchor: FieldValue?
    /// By what other records name this one; `nil`: the anchor.
    package var key: FieldValue?
    /// Further names by which others name it.
    package var names: [String: FieldValue] = [:]
    package var active: FieldValue?
    package var manager: ReferenceRule?
    package var attributes: [AttributeRule] = []
    /// A group's or a membership's members.
    package var members: [ReferenceRule] = []
    /// A user's or a membership's groups.
    package var groups: [ReferenceRule] = []

    package init() {}

    /// Every value with the name of its target, for the census of columns.
    package var columns: [(name: String, value: FieldValue)] {
        var columns: [(String, FieldValue)] = []
        if let anchor { columns.append(("anchor", anchor)) }
        columns += attributes.map { ($0.target.path, $0.value) }
        if let active { columns.append(("active", active)) }
        if let manager { columns.append(("manager", manager.value)) }
        return columns
    }

    package var paths: [FieldPath] {
        let single = [anchor, key, active].compactMap { $0 } + Array(names.values)
        let references = (manager.map { [$0] } ?? []) + members + groups
        return (single + attributes.map(\.value) + references.map(\.value)).flatMap(\.paths)
            + references.compactMap(\.more)
    }
}

/// An attribute of SCIM and what fills it.
package struct AttributeRule: Sendable, Hashable {
    package var target: MappingTarget
    package var value: FieldValue
    /// `emails[type eq "work"]` without a part is the person's own address.
    package var isPrimary: Bool

    package init(target: MappingTarget, value: FieldValue, isPrimary: Bool = false) {
        self.target = target
        self.value = value
        self.isPrimary = isPrimary
    }
}

/// How a record names others.
package struct ReferenceRule: Sendable, Hashable {
    package var value: FieldValue
    /// The kind of those it names; `nil` where ids tell users from groups.
    package var kind: Kind?
    /// What of them it says: ``key``, `userName`, `displayName`, or one of ``RecordFields/names``.
    package var name: String
    /// A list of exactly so many may be cut.
    package var cap: Int?
    /// Has a value where the list goes on elsewhere.
    package var more: FieldPath?

    package static let key = "key"

    package init(value: FieldValue, kind: Kind? = nil, name: String = Self.key, cap: Int? = nil, more: FieldPath? = nil)
    {
        self.value = value
        self.kind = kind
        self.name = name
        self.cap = cap
        self.more = more
    }
}

/// How a file with the members of one group is read.
package struct MemberFileRule: Sendable, Hashable {
    package var records: RecordPath
    package var when: RecordCondition?
    /// Of one member; `nil`: the record is the key.
    package var reference: ReferenceRule?

    package init(records: RecordPath, when: RecordCondition? = nil, reference: ReferenceRule? = nil) {
        self.records = records
        self.when = when
        self.reference = reference
    }
}

extension PresetDefinition {
    /// All rules by which records name others.
    var references: [ReferenceRule] {
        var all = fields.values.flatMap { ($0.manager.map { [$0] } ?? []) + $0.members + $0.groups }
        if let reference = memberFile?.reference { all.append(reference) }
        return all
    }

    /// Ids of users and groups may be equal, so a group's key is kept apart by a prefix.
    var separatesKinds: Bool { references.contains { $0.kind == .group && $0.name == ReferenceRule.key } }

    /// Names others go by, apart from their key.
    var aliases: Set<String> { Set(references.map(\.name)).subtracting([ReferenceRule.key]) }

    /// Memberships come from elsewhere than a group's own record.
    var hasMembershipsApart: Bool {
        fields[.membership] != nil || !(fields[.user]?.groups.isEmpty ?? true)
    }

    /// Names beside the records that marks and refusals ask for.
    var markNames: Set<String> {
        var paths = complete.paths + refusals.map(\.when.path)
        if case .xml = memberFile?.records, let more = memberFile?.reference?.more { paths.append(more) }
        return paths.reduce(into: Set()) { $0.formUnion($1.names) }
    }
}
