import JSONBytes
import Reconciliation
import SCIM

/// A record in the making: the common end of all mappings.
struct RecordDraft {
    var kind: Kind
    var place: Place
    var anchor: Anchor?
    var reference: String?
    var name: String?
    var active: Bool?
    var slots: [Attributes.Slot] = []
    /// What the source says is empty.
    var cleared: [String] = []
    var references: [MappedRecord.Reference] = []
    var source = JSONObject()
    var members: [MemberReference]?
    var memberChanges: MemberChanges?
    /// The element is an entry of a delta: it says what changed, and need not say the name.
    var isDelta = false
    /// The delta says that the record is gone, and how.
    var removal: String?
    /// Why there must be an anchor, if there must.
    var anchorNeeded: String?
    /// The first thing that makes the record unreadable.
    private(set) var problem: Problem?

    struct Problem {
        var code: String
        var detail: String
    }

    init(kind: Kind, place: Place) {
        self.kind = kind
        self.place = place
    }

    /// Adds a slot; what is `nil` or empty is unsaid.
    mutating func add(_ path: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        slots.append(Attributes.Slot(path: path, value: .string(text)))
    }

    mutating func add(_ path: String, values: [JSONValue]) {
        guard let first = values.first else { return }
        slots.append(Attributes.Slot(path: path, value: values.count == 1 ? first : .array(values)))
    }

    mutating func add(manager key: String?) {
        guard let key, !key.isEmpty else { return }
        references.append(MappedRecord.Reference(path: Slots.manager, key: key))
    }

    mutating func reject(_ code: String, _ detail: String) {
        if problem == nil { problem = Problem(code: code, detail: detail) }
    }

    /// The record, or the reason why there is none: without a name nobody can be matched or shown.
    func finished() -> SnapshotRow {
        if let problem { return rejected(problem.code, problem.detail) }
        if let anchorNeeded, anchor?.value.isEmpty ?? true { return rejected("noAnchor", anchorNeeded) }
        if let removal, let anchor {
            return .removed(Removal(kind: kind, anchor: anchor, how: removal, place: place))
        }
        guard let name = name ?? (isDelta && anchor != nil ? "" : nil), isDelta || !name.isEmpty else {
            return kind == .user
                ? rejected(
                    "noUserName",
                    "the record has no user name; add it in the source, or map userName to another attribute")
                : rejected("noDisplayName", "the group has no name; give it one in the source")
        }
        if let scalar = name.unicodeScalars.first(where: isRefused) {
            let code = String(scalar.value, radix: 16, uppercase: true)
            return rejected("badName", "the name contains the control character U+\(code); correct it in the source")
        }
        var record = MappedRecord(
            kind: kind, anchor: anchor, reference: reference, name: name, active: active,
            attributes: Attributes(slots), cleared: cleared, references: references, source: source, members: members,
            place: place)
        record.memberChanges = memberChanges
        return .record(record)
    }

    /// User names are keys, in which nothing invisible may stand; a group's name may well be written from right to
    /// left.
    private func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        kind == .user ? SourceText.isUnsafe(scalar) : scalar.properties.generalCategory == .control
    }

    private func rejected(_ code: String, _ detail: String) -> SnapshotRow {
        .rejected(Rejection(kind: kind, anchor: anchor, name: name, code: code, detail: detail, place: place))
    }
}

/// The paths of the slots that the presets fill.
enum Slots {
    static let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    static let employeeNumber = enterprise + ":employeeNumber"
    static let costCenter = enterprise + ":costCenter"
    static let organization = enterprise + ":organization"
    static let division = enterprise + ":division"
    static let department = enterprise + ":department"
    static let manager = enterprise + ":manager.value"
    static let workMail = #"emails[type eq "work"]"#
    static let otherMail = #"emails[type eq "other"]"#
    static let workPhone = #"phoneNumbers[type eq "work"]"#
    static let mobilePhone = #"phoneNumbers[type eq "mobile"]"#
    static let workAddress = #"addresses[type eq "work"]"#

    static func value(_ text: String) -> JSONValue {
        .object(JSONObject([JSONObject.Member(key: "value", value: .string(text))]))
    }

    static func primary(_ text: String) -> JSONValue {
        .object(
            JSONObject([
                JSONObject.Member(key: "primary", value: .bool(true)),
                JSONObject.Member(key: "value", value: .string(text)),
            ]))
    }
}

/// A person's addresses in the order of the source: the first is the work address, the others are kept beside it.
struct MailAddresses {
    private var primary: String?
    private var others: [String] = []

    /// The address that the source calls the person's own.
    mutating func add(_ address: String) {
        if address.isEmpty { return }
        if primary == nil { primary = address } else { addOther(address) }
    }

    /// An entry of AD's `proxyAddresses`: `SMTP:` is the primary address, `smtp:` an alias, everything else no e-mail.
    mutating func add(proxy: String) {
        if proxy.hasPrefix("SMTP:") {
            add(String(proxy.dropFirst(5)))
        } else if proxy.hasPrefix("smtp:") {
            addOther(String(proxy.dropFirst(5)))
        }
    }

    private mutating func addOther(_ address: String) {
        if !address.isEmpty && !others.contains(address) { others.append(address) }
    }

    func place(into draft: inout RecordDraft) {
        if let primary { draft.add(Slots.workMail, values: [Slots.primary(primary)]) }
        let own = primary.map(KeyFolding.fold)
        draft.add(Slots.otherMail, values: others.filter { KeyFolding.fold($0) != own }.map(Slots.value))
    }
}

/// Booleans as exports write them.
enum LooseBoolean {
    /// `nil` for what is no truth value: a non-empty string is not simply true.
    static func read(_ value: JSONValue) -> Bool? {
        switch value {
        case .bool(let bool): bool
        case .string(let text), .number(let text): read(text)
        default: nil
        }
    }

    static func read(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes", "y": true
        case "false", "0", "no", "n": false
        default: nil
        }
    }
}
