/// A JSON value as it was written: numbers keep their exact text, objects keep the order of their members.
///
/// Two values are equal when their texts mean the same under canonical equivalence of strings (Swift's `==`), so a name
/// that changes from NFC to NFD is not a difference. Object members compare in order; use ``canonical`` where the order
/// must not count.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number's text, exactly as it stood (`17`, `1.50`, `1e3`). Identifiers written as numbers lose nothing.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// An object's members in the order of the text. A key occurs once: the parser refuses duplicates.
package struct JSONObject: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package var key: String
        package var value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    package private(set) var members: [Member]

    package init(_ members: [Member] = []) { self.members = members }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    /// The value of exactly this key; setting `nil` removes the member, setting a new key appends it. Linear in the
    /// number of members: a person has some thirty.
    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The value of this key in any letter case (attribute names of SCIM and LDAP do not count case). An exact hit wins.
    package func value(caseInsensitive key: String) -> JSONValue? {
        if let exact = self[key] { return exact }
        let lowered = key.lowercased()
        return members.first { $0.key.lowercased() == lowered }?.value
    }

    /// The key as it is spelled here, for a name in any letter case.
    package func spelling(of key: String) -> String? {
        if members.contains(where: { $0.key == key }) { return key }
        let lowered = key.lowercased()
        return members.first { $0.key.lowercased() == lowered }?.key
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }
}

// Not by `nil`: where an optional value is expected, `condition ? value : nil` would silently mean `.null`.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }
}

extension JSONValue {
    /// A whole number.
    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    package var isNull: Bool { self == .null }

    /// A string or number as text; `nil` for anything else. For identifiers, which some exports write as numbers.
    package var scalarText: String? {
        switch self {
        case .string(let text), .number(let text): text
        default: nil
        }
    }

    /// The same meaning in one spelling: keys sorted by their UTF-8 bytes, null members dropped, at every level. Arrays
    /// keep their order.
    package var canonical: JSONValue {
        switch self {
        case .array(let values): .array(values.map(\.canonical))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !$0.value.isNull }
                        .map { JSONObject.Member(key: $0.key, value: $0.value.canonical) }
                        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }))
        default: self
        }
    }
}
