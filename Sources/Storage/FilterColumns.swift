import GRDB
import Reconciliation
import SCIM

/// Where the attributes of one kind of resource are in the tables, seen from a row of `directoryRecord AS r`.
struct FilterColumns {
    let kind: Kind
    /// What stands before the id in `meta.location`.
    let locationPrefix: String
    var schemas = SchemaSet.core

    private static let wholeObject: SQL = #"'{"":0}'"#

    /// - Returns: `nil` for what no SQL can tell: attributes of extensions that no schema here has, several values and instants of those that the endpoint declares, whose names may be spelled
    ///   in any letter case, URLs of other resources, and complex values that are compared whole.
    func source(of path: AttributePath) -> SQLSource? {
        guard path.filter == nil else { return nil }
        if let urn = path.urn { return urn == Schemas.enterpriseURN ? enterprise(path) : declared(urn, path) }
        guard let attribute = path.attribute,
            let definition = ResourceType.allCases.lazy
                .compactMap({ Schemas.definition(attribute, urn: nil, type: $0) }).first
        else { return nil }
        switch attribute {
        case "schemas": return schemas.extensions.isEmpty ? schemaURNs(path) : nil
        case "meta": return meta(path)
        case "groups": return kind == .user ? groups(path) : SQLSource.none
        case "members": return kind == .group ? members(path) : SQLSource.none
        default: break
        }
        if definition.isMultiValued { return .many(plural(attribute, path.subAttribute)) }
        if definition.type == .complex {
            guard let sub = path.subAttribute else { return .one(.json(whole(startingWith: attribute + "."))) }
            return .one(.json(slot(attribute + "." + sub)))
        }
        if let sub = path.subAttribute, sub != "value" { return SQLSource.none }
        return .one(simple(attribute))
    }

    private func simple(_ attribute: String) -> SQLValue {
        switch (attribute, kind) {
        case ("id", _): .text("r.id")
        case ("externalId", _): .text("r.anchor")
        case ("userName", .user), ("displayName", .group): .text("r.name", folded: "r.nameKey")
        case ("active", _): .bool("r.active")
        default: .json(slot(attribute))
        }
    }

    /// The JSON text of a slot of the document. Names that reach this have no quotes.
    private func slot(_ path: String) -> SQL { "(r.document -> \("$.\"" + path + "\""))" }

    /// A JSON object where the document has slots below a prefix, which ends in a separator; NULL where it has none.
    private func whole(startingWith prefix: String) -> SQL { "(CASE WHEN \(has(prefix)) THEN \(Self.wholeObject) END)" }

    private func has(_ prefix: String) -> SQL {
        let end = prefix.dropLast() + String(UnicodeScalar(prefix.utf8.last! + 1))
        return "EXISTS (SELECT 1 FROM json_each(r.document) s WHERE s.key >= \(prefix) AND s.key < \(String(end)))"
    }

    // MARK: - Metadata

    private func meta(_ path: AttributePath) -> SQLSource {
        switch path.subAttribute {
        case nil: .one(.json(Self.wholeObject))
        case "resourceType": .one(.text("\(ResourceType(kind).rawValue)"))
        case "created": .one(.instant("r.createdAt"))
        case "lastModified": .one(.instant("r.changedAt"))
        case "location": .one(.text("(\(locationPrefix) || r.id)"))
        // The entity tag, as the endpoint writes it.
        case "version": .one(.text(#"('W/"' || r.version || '"')"#))
        default: SQLSource.none
        }
    }

    private func schemaURNs(_ path: AttributePath) -> SQLSource {
        if let sub = path.subAttribute, sub != "value" { return .none }
        let from: SQL = """
            (SELECT \(ResourceType(kind).schema) AS urn UNION ALL SELECT \(Schemas.enterpriseURN) WHERE \(hasEnterprise)) v
            WHERE 1
            """
        return .many(SQLValues(from: from, value: .text("v.urn")))
    }

    // MARK: - EnterpriseUser

    private var hasEnterprise: SQL { "(\(has(Schemas.enterpriseURN + ":")) OR \(manager) IS NOT NULL)" }

    /// The JSON text of the manager's id, which is a reference and no slot.
    private var manager: SQL {
        """
        (SELECT coalesce(x.value -> '$.record', x.value -> '$.source') FROM json_each(r.refs) x
        WHERE x.value ->> '$.path' = \(DirectoryRecord.managerPath))
        """
    }

    private func enterprise(_ path: AttributePath) -> SQLSource? {
        guard let attribute = path.attribute else {
            return .one(.json("(CASE WHEN \(hasEnterprise) THEN \(Self.wholeObject) END)"))
        }
        let name = Schemas.enterpriseURN + ":" + attribute
        guard let definition = Schemas.definition(attribute, urn: Schemas.enterpriseURN, type: .user) else {
            return SQLSource.none
        }
        guard definition.type == .complex else {
            if let sub = path.subAttribute, sub != "value" { return SQLSource.none }
            return .one(.json(slot(name)))
        }
        let value: SQL = "coalesce(\(manager), \(slot(name + ".value")))"
        switch path.subAttribute {
        case nil: return .one(.json("coalesce(\(value), \(whole(startingWith: name + ".")))"))
        case "value": return .one(.json(value))
        case let sub?: return .one(.json(slot(name + "." + sub)))
        }
    }

    // MARK: - Declared extensions

    /// Where the values of a declared extension's attribute are: those of its JSON type alone, as they are shown.
    private func declared(_ urn: String, _ path: AttributePath) -> SQLSource? {
        guard let schema = schemas.declared(urn), let attribute = path.attribute else { return nil }
        guard schema.type == ResourceType(kind), let definition = schema.attribute(attribute) else {
            return SQLSource.none
        }
        let name = schema.urn + ":" + definition.name
        if definition.type != .complex {
            if definition.isMultiValued { return nil }
            if let sub = path.subAttribute, sub != "value" { return SQLSource.none }
            return fitting(name, definition).map { .one(.json($0)) }
        }
        guard !definition.isMultiValued, let sub = path.subAttribute.flatMap(definition.subAttribute) else {
            return nil
        }
        return fitting(name + "." + sub.name, sub).map { .one(.json($0)) }
    }

    /// The JSON text of a slot where it has the attribute's type; `nil` for instants, which JSON text does not order.
    private func fitting(_ path: String, _ definition: AttributeDefinition) -> SQL? {
        let types: String
        switch definition.type {
        case .string, .reference, .binary: types = "'text'"
        case .boolean: types = "'true', 'false'"
        case .integer: types = "'integer'"
        case .decimal: types = "'integer', 'real'"
        case .dateTime, .complex: return nil
        }
        let place = "$.\"" + path + "\""
        return "(CASE WHEN json_type(r.document, \(place)) IN (\(sql: types)) THEN \(slot(path)) END)"
    }

    // MARK: - Several values

    /// Values of a multi-valued attribute stand in the document by their `type`: one object or a list of them under
    /// `emails[type eq "work"]`, and those without a type under `emails`.
    private func plural(_ attribute: String, _ sub: String?) -> SQLValues {
        let from: SQL = """
            json_each(r.document) s, json_each(CASE s.type WHEN 'array' THEN s.value
                WHEN 'object' THEN '[' || s.value || ']' ELSE json_array(s.value) END) e
            WHERE (s.key = \(attribute)
                OR (s.key >= \(attribute + "[") AND s.key < \(attribute + "\\") AND e.type = 'object'))
            """
        // A value that is no object; by way of the list, which keeps its JSON text.
        let scalar: SQL =
            "(CASE s.type WHEN 'array' THEN s.value -> ('$[' || e.key || ']') ELSE json_quote(e.value) END)"
        // An object with nothing in it has its type at least, where it has one.
        let empty: SQL = "(CASE WHEN s.key = \(attribute) THEN '{}' END)"
        let value: SQL
        switch sub {
        case nil:
            value =
                #"(CASE e.type WHEN 'object' THEN coalesce(e.value -> '$."value"', nullif(e.value, \#(empty))) ELSE \#(scalar) END)"#
        case "value": value = #"(CASE e.type WHEN 'object' THEN e.value -> '$."value"' ELSE \#(scalar) END)"#
        case "type": value = typeOfSlot(attribute)
        case let sub?: value = "(CASE e.type WHEN 'object' THEN e.value -> \("$.\"" + sub + "\"") END)"
        }
        return SQLValues(
            from: from, value: .json(value),
            order: #"((CASE e.type WHEN 'object' THEN e.value -> '$.primary' END) IS 'true') DESC, s.id, e.id"#)
    }

    /// The type between the quotes of `emails[type eq "work"]`, with its escapes undone as the record's coding does it.
    private func typeOfSlot(_ attribute: String) -> SQL {
        let before = (attribute + "[type eq \"").unicodeScalars.count
        return """
            (CASE WHEN s.key <> \(attribute) THEN json_quote(replace(replace(
                substr(s.key, \(before + 1), length(s.key) - \(before + 2)), '\\"', '"'), '\\\\', '\\')) END)
            """
    }

    private func groups(_ path: AttributePath) -> SQLSource? {
        let value: SQLValue
        switch path.subAttribute {
        case nil, "value": value = .text("g.id")
        case "display": value = .text("g.name", folded: "g.nameKey")
        case "type": value = .text("'direct'")
        case "$ref": return nil
        default: return SQLSource.none
        }
        let from: SQL = """
            directoryMember m JOIN directoryRecord g ON g.row = m.groupRow AND g.present = 1
            WHERE m.organization = r.organization AND m.memberRow = r.row AND m.removed = 0
            """
        return .many(SQLValues(from: from, value: value, order: "g.row"))
    }

    private func members(_ path: AttributePath) -> SQLSource? {
        let value: SQLValue
        switch path.subAttribute {
        case nil, "value": value = .text("v.id")
        case "display": value = .text("v.display")
        case "type": value = .text("(CASE v.kind WHEN 'user' THEN 'User' WHEN 'group' THEN 'Group' END)")
        case "$ref": return nil
        default: return SQLSource.none
        }
        let from: SQL = """
            (SELECT x.id AS id, x.kind AS kind, 0 AS isDeferred, x.row AS row,
                coalesce(CAST(json_extract(x.document, '$.displayName') AS TEXT), x.name) AS display
            FROM directoryMember m JOIN directoryRecord x ON x.organization = m.organization AND x.row = m.memberRow
            WHERE m.organization = r.organization AND m.groupRow = r.row AND m.removed = 0 AND x.present = 1
            UNION ALL
            SELECT d.memberKey, NULL, 1, 0, NULL FROM deferredMember d
            WHERE d.organization = r.organization AND d.groupRow = r.row AND d.space = 'record') v
            WHERE 1
            """
        return .many(SQLValues(from: from, value: value, order: "v.isDeferred, v.row, v.id"))
    }
}

extension ResourceType {
    /// The resource as which a record of this kind is shown.
    package init(_ kind: Kind) { self = kind == .user ? .user : .group }
}
