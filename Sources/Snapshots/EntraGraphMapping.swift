import JSONBytes
import Reconciliation

/// Microsoft Graph's users and groups (and `az ad`, `Get-MgUser` in JSON, which spell the same names) as records.
struct EntraGraphMapping {
    private enum Field: Sendable {
        case id, userPrincipalName, accountEnabled, displayName, givenName, surname, jobTitle, mail, proxyAddresses
        case businessPhones, mobilePhone, preferredLanguage, employeeId, department, companyName, employeeOrgData,
            manager
        case city, country, state, street, postalCode
        case type, members, moreMembers, removed, memberChanges, managerChanges
    }

    private static let fields: [String: Field] = [
        "id": .id, "userprincipalname": .userPrincipalName, "accountenabled": .accountEnabled,
        "displayname": .displayName, "givenname": .givenName, "surname": .surname, "jobtitle": .jobTitle, "mail": .mail,
        "proxyaddresses": .proxyAddresses, "businessphones": .businessPhones, "mobilephone": .mobilePhone,
        "preferredlanguage": .preferredLanguage, "employeeid": .employeeId, "department": .department,
        "companyname": .companyName, "employeeorgdata": .employeeOrgData, "manager": .manager, "city": .city,
        "country": .country, "state": .state, "streetaddress": .street, "postalcode": .postalCode, "@odata.type": .type,
        "members": .members, "members@odata.nextlink": .moreMembers, "@removed": .removed,
        "members@delta": .memberChanges, "manager@delta": .managerChanges,
    ]

    /// What a person's and a group's properties are read, for the census of those that are not.
    static let names: [Kind: Set<String>] = [
        .user: Set(fields.filter { ![.members, .moreMembers].contains($0.value) }.keys),
        .group: Set(
            fields.filter { [.id, .displayName, .type, .members, .moreMembers, .removed].contains($0.value) }.keys),
    ]

    /// Graph expands twenty members at most without saying that there are more: so many may be all or may be cut.
    static let expandedMembersMax = 20

    private var index = FieldIndex(fields)

    /// The draft of a record, and whether the element is an entry of a delta.
    mutating func draft(_ object: JSONObject, kind: Kind, place: Place) -> (RecordDraft, isDelta: Bool) {
        var parts = Parts(draft: RecordDraft(kind: kind, place: place))
        parts.draft.anchorNeeded = "the record has no id; export the property id"
        for (position, member) in object.members.enumerated() {
            guard let field = index.field(of: member.key, at: position), !member.value.isNull else { continue }
            Self.takeCommon(field, member.value, &parts)
            if kind == .user {
                Self.takeUser(field, member.value, &parts)
            } else {
                Self.takeGroup(field, member.value, &parts)
            }
        }
        parts.finish()
        return (parts.draft, parts.isDelta)
    }

    /// What comes from several properties and is put together at the end.
    private struct Parts {
        var draft: RecordDraft
        var mail: String?
        var proxies: [String] = []
        var address = JSONObject()
        var hasMoreMembers = false
        var isDelta = false

        mutating func finish() {
            if hasMoreMembers || draft.members?.count == EntraGraphMapping.expandedMembersMax {
                draft.members = nil
            }
            guard draft.kind == .user else { return }
            var addresses = MailAddresses()
            if let mail { addresses.add(mail) }
            for proxy in proxies { addresses.add(proxy: proxy) }
            addresses.place(into: &draft)
            if !address.isEmpty { draft.add(Slots.workAddress, values: [JSONValue.object(address).canonical]) }
        }
    }

    private static func takeCommon(_ field: Field, _ value: JSONValue, _ parts: inout Parts) {
        switch field {
        case .id:
            parts.draft.anchor = value.scalarText.map(Anchor.init)
            parts.draft.reference = value.scalarText
        case .displayName:
            if value.string == nil { parts.draft.reject("badName", "displayName is not a text; correct the export") }
            parts.draft.add("displayName", value.string)
        case .type:
            if let problem = typeProblem(value.string ?? "", parts.draft.kind) {
                parts.draft.reject("wrongKind", problem)
            }
        case .removed:
            parts.isDelta = true
            parts.draft.removal = value.object?["reason"]?.string ?? ""
        default: break
        }
    }

    private static func takeGroup(_ field: Field, _ value: JSONValue, _ parts: inout Parts) {
        switch field {
        case .displayName: parts.draft.name = value.string
        case .members: parts.draft.members = members(value)
        case .moreMembers: parts.hasMoreMembers = true
        case .memberChanges:
            parts.isDelta = true
            parts.draft.memberChanges = changes(value)
        default: break
        }
    }

    private static func takeUser(_ field: Field, _ value: JSONValue, _ parts: inout Parts) {
        switch field {
        case .userPrincipalName:
            if value.string == nil {
                parts.draft.reject("badName", "userPrincipalName is not a text; correct the export")
            }
            parts.draft.name = value.string
            parts.draft.add("userName", value.string)
        case .accountEnabled:
            parts.draft.active = LooseBoolean.read(value)
            if parts.draft.active == nil {
                parts.draft.reject("badActive", "accountEnabled is neither true nor false; correct the export")
            }
        case .givenName: parts.draft.add("name.givenName", value.string)
        case .surname: parts.draft.add("name.familyName", value.string)
        case .jobTitle: parts.draft.add("title", value.string)
        case .mail: parts.mail = value.string
        case .proxyAddresses: parts.proxies = texts(value)
        case .businessPhones: parts.draft.add(Slots.workPhone, values: texts(value).map(Slots.value))
        case .mobilePhone: parts.draft.add(Slots.mobilePhone, values: texts(value).map(Slots.value))
        case .preferredLanguage: parts.draft.add("preferredLanguage", value.string)
        case .employeeId: parts.draft.add(Slots.employeeNumber, value.scalarText)
        case .department: parts.draft.add(Slots.department, value.string)
        case .companyName: parts.draft.add(Slots.organization, value.string)
        case .employeeOrgData:
            parts.draft.add(Slots.costCenter, value.object?.value(caseInsensitive: "costCenter")?.scalarText)
            parts.draft.add(Slots.division, value.object?.value(caseInsensitive: "division")?.scalarText)
        case .manager: parts.draft.add(manager: value.object?.value(caseInsensitive: "id")?.scalarText)
        case .managerChanges:
            parts.isDelta = true
            let changes = changes(value)
            if let manager = changes.added.last {
                parts.draft.add(manager: manager.key)
            } else if !changes.removed.isEmpty {
                parts.draft.cleared.append(Slots.manager)
            }
        case .city: parts.address["locality"] = text(value)
        case .country: parts.address["country"] = text(value)
        case .state: parts.address["region"] = text(value)
        case .street: parts.address["streetAddress"] = text(value)
        case .postalCode: parts.address["postalCode"] = text(value)
        default: break
        }
    }

    private static func typeProblem(_ type: String, _ kind: Kind) -> String? {
        let lowered = type.lowercased()
        let wrong = kind == .user ? lowered.hasSuffix(".group") : lowered.hasSuffix(".user")
        if !wrong { return nil }
        return kind == .user
            ? "this is a group among the users; name the file under groups too"
            : "this is a user among the groups; name the file under users too"
    }

    private static func text(_ value: JSONValue) -> JSONValue? {
        guard let text = value.string, !text.isEmpty else { return nil }
        return .string(text)
    }

    private static func texts(_ value: JSONValue) -> [String] {
        (value.array ?? [value]).compactMap(\.string).filter { !$0.isEmpty }
    }

    /// Entries of `members@delta`: who has `@removed` goes, everybody else comes.
    private static func changes(_ value: JSONValue) -> MemberChanges {
        var changes = MemberChanges()
        for case .object(let object) in value.array ?? [] {
            guard let member = member(object) else { continue }
            if object.value(caseInsensitive: "@removed") == nil {
                changes.added.append(member)
            } else {
                changes.removed.append(member)
            }
        }
        return changes
    }

    private static func members(_ value: JSONValue) -> [MemberReference]? {
        value.array?.compactMap { $0.object.flatMap(member) }
    }

    /// A member of a group; `nil` for devices, applications and contacts, which are no records here.
    static func member(_ object: JSONObject) -> MemberReference? {
        if let type = object["@odata.type"]?.string?.lowercased(), others.contains(where: type.hasSuffix) { return nil }
        return object.value(caseInsensitive: "id")?.scalarText.map(MemberReference.init(key:))
    }

    private static let others = [".device", ".serviceprincipal", ".orgcontact"]

    /// The kind of a record in a file that holds both.
    static func kind(of object: JSONObject) -> Kind {
        if let type = object["@odata.type"]?.string?.lowercased() {
            if type.hasSuffix(".group") { return .group }
            if type.hasSuffix(".user") { return .user }
        }
        return object.value(caseInsensitive: "userPrincipalName") != nil ? .user : .group
    }
}
