import JSONBytes

/// One attribute of a schema with its characteristics (RFC 7643 2.2 and 7).
package struct AttributeDefinition: Sendable, Equatable {
    package enum DataType: String, Sendable, CaseIterable {
        case string, boolean, decimal, integer, dateTime, binary, reference, complex
    }
    package enum Mutability: String, Sendable, CaseIterable { case readOnly, readWrite, immutable, writeOnly }
    package enum Returned: String, Sendable, CaseIterable { case always, never, `default`, request }
    package enum Uniqueness: String, Sendable, CaseIterable { case none, server, global }

    package var name: String
    package var type: DataType
    package var isMultiValued = false
    package var description: String
    package var isRequired = false
    /// Whether values that differ in letter case only are different values.
    package var isCaseExact = false
    package var mutability = Mutability.readWrite
    package var returned = Returned.default
    package var uniqueness = Uniqueness.none
    package var canonicalValues: [String] = []
    package var referenceTypes: [String] = []
    package var subAttributes: [AttributeDefinition] = []

    /// The sub-attribute of this name in any letter case.
    package func subAttribute(_ name: String) -> AttributeDefinition? {
        subAttributes.first { ASCII.equal($0.name, name) }
    }

    /// The definition as `/Schemas` shows it (RFC 7643 7).
    package var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "type": .string(type.rawValue), "multiValued": .bool(isMultiValued),
            "description": .string(description), "required": .bool(isRequired),
        ]
        if !canonicalValues.isEmpty { object["canonicalValues"] = .array(canonicalValues.map(JSONValue.string)) }
        object["caseExact"] = .bool(isCaseExact)
        object["mutability"] = .string(mutability.rawValue)
        object["returned"] = .string(returned.rawValue)
        object["uniqueness"] = .string(uniqueness.rawValue)
        if !referenceTypes.isEmpty { object["referenceTypes"] = .array(referenceTypes.map(JSONValue.string)) }
        if !subAttributes.isEmpty { object["subAttributes"] = .array(subAttributes.map(\.json)) }
        return .object(object)
    }
}

/// Names of attributes, operators and URNs do not count the letter case of ASCII (RFC 7643 2.1).
enum ASCII {
    static func equal(_ left: String, _ right: String) -> Bool {
        let a = left.utf8
        let b = right.utf8
        guard a.count == b.count else { return false }
        return zip(a, b).allSatisfy { lower($0) == lower($1) }
    }

    static func hasPrefix(_ text: String, _ prefix: String) -> Bool {
        text.utf8.count >= prefix.utf8.count && zip(text.utf8, prefix.utf8).allSatisfy { lower($0) == lower($1) }
    }

    static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}

extension JSONValue {
    /// A name that an object in here has twice in different letter case, which would say two things about one attribute
    /// (RFC 7643 2.1); `nil` where there is none. Linear.
    package var repeatedName: String? {
        switch self {
        case .array(let values): return values.lazy.compactMap(\.repeatedName).first
        case .object(let object):
            var seen: Set<String> = []
            for member in object.members {
                if !seen.insert(member.key.lowercased()).inserted { return member.key }
                if let found = member.value.repeatedName { return found }
            }
            return nil
        default: return nil
        }
    }
}

extension JSONObject {
    /// The value of an attribute whose name is spelled in any letter case; an exact hit wins.
    func attribute(_ name: String) -> JSONValue? {
        if let exact = self[name] { return exact }
        return members.first { ASCII.equal($0.key, name) }?.value
    }
}
