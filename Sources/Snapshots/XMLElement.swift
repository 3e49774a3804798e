import JSONBytes

/// One element of an XML document in memory, by local names: prefixes and namespaces do not count, since the same export
/// comes with different ones.
package struct XMLElement: Sendable, Hashable {
    package var name: String
    package var attributes: [Attribute] = []
    package var content: [Content] = []

    package struct Attribute: Sendable, Hashable {
        package var name: String
        package var value: String
    }

    package enum Content: Sendable, Hashable {
        case text(String)
        case element(XMLElement)
    }

    package init(name: String) { self.name = name }

    var children: [XMLElement] {
        content.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

    /// All text within, without white space at both ends.
    var text: String { rawText.trimmingWhiteSpace }

    private var rawText: String {
        content.reduce(into: "") { text, part in
            switch part {
            case .text(let own): text += own
            case .element(let element): text += element.rawText
            }
        }
    }

    /// `xsi:nil` of XML Schema or `m:null` of OData says that there is no value.
    var isNull: Bool {
        (attribute("nil") ?? attribute("null")).map { $0 == "true" || $0 == "1" } ?? false
    }

    /// As a field's value.
    var value: JSONValue { isNull ? .null : .string(text) }
}

extension String {
    var trimmingWhiteSpace: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        guard let first = utf8.first, let last = utf8.last, isSpace(first) || isSpace(last) else { return self }
        let kept = utf8.drop(while: isSpace)
        guard let end = kept.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(Substring(kept[...end]))
    }
}
