import JSONBytes
import Reconciliation
import Reports
import Storage

/// Prints accounts, one after another.
struct AccountPrinter {
    let owner: Organization
    private var out: StandardOutput
    private var count = 0

    init(owner: Organization, out: StandardOutput) {
        self.owner = owner
        self.out = out
    }

    /// One line of a list.
    mutating func row(_ stored: StoredAccount) throws {
        count += 1
        if out.isJSON { return try out.json(stored.summary(owner)) }
        let account = stored.account
        let anchor = account.externalId.map { "  externalId \($0)" } ?? ""
        try out.line("\(account.state)  \(account.kind.rawValue)  \(account.name)\(anchor)  \(account.id)")
    }

    /// Everything about an account; in JSON one line.
    mutating func details(_ stored: StoredAccount) throws {
        if out.isJSON { return try out.json(stored.json(owner)) }
        let account = stored.account
        if count > 0 { try out.line() }
        count += 1
        try out.line("\(account.kind.rawValue) \(account.name)  \(account.id)")
        try out.line("  state: \(account.state)")
        if let externalId = account.externalId { try out.line("  externalId: \(externalId)") }
        for slot in account.attributes.slots {
            try out.line("  \(slot.path): \(slot.value.scalarText ?? slot.value.text)")
        }
        let word = account.kind == .user ? "group" : "member"
        for related in stored.related { try out.line("  \(word): \(related.name)  \(related.id)") }
    }

    /// The result of a change by hand.
    mutating func changed(_ stored: StoredAccount, _ word: String) throws {
        if out.isJSON {
            try out.json(stored.json(owner))
        } else {
            try out.line("\(stored.account.kind.rawValue) \(stored.account.name) (\(stored.account.id)) is \(word)")
        }
        try out.flush()
    }

    /// Writes the rest; says so where there was nothing.
    mutating func end() throws {
        if count == 0 && !out.isJSON { try out.line("no accounts") }
        try out.flush()
    }
}

extension Account {
    /// One word and, for a protected account, a mark.
    fileprivate var state: String {
        let word =
            switch disabledBy {
            case nil: "active"
            case .rollcall: "disabled"
            case .administrator: "disabled by administrator"
            }
        return protected ? word + ", protected" : word
    }
}

extension StoredAccount {
    /// What a list says of an account.
    fileprivate func summary(_ owner: Organization) -> JSONObject {
        var object = head(owner)
        object["protected"] = .bool(account.protected)
        return object
    }

    private func head(_ owner: Organization) -> JSONObject {
        var object: JSONObject = ["type": "account"]
        if account.kind == .group { object["kind"] = "group" }
        object["id"] = .string(account.id)
        object["organization"] = .string(owner.name)
        let name = account.kind == .user ? "userName" : "displayName"
        object[name] = .string(account.name)
        object["externalId"] = account.externalId.map(JSONValue.string) ?? .null
        if account.kind == .user { object["displayName"] = account.attributes["displayName"] ?? .null }
        object["active"] = .bool(account.active)
        return object
    }

    /// The account as a line of the export: its own entries, and the other attributes by their SCIM names.
    fileprivate func json(_ owner: Organization) -> JSONObject {
        var object = head(owner)
        let resource = account.attributes.resource
        if account.kind == .user {
            object["emails"] = resource["emails"] ?? .array([])
            object["groups"] = .array(related.map { ["value": .string($0.id), "display": .string($0.name)] })
        } else {
            object["members"] = .array(related.map { .string($0.id) })
        }
        for member in resource.members where object[member.key] == nil { object[member.key] = member.value }
        object["disabledBy"] = account.disabledBy.map { .string($0.rawValue) } ?? .null
        object["protected"] = .bool(account.protected)
        return object
    }
}
