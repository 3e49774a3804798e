import JSONBytes
import SCIM
import Testing

/// Cases made out of the published schemas: each attribute behaves as its characteristics say (RFC 7643 2.2 and 7).
enum SchemaCases {
    /// An attribute, or a sub-attribute of one, with what leads to it.
    struct Leaf {
        var urn: String?
        var parent: AttributeDefinition?
        var definition: AttributeDefinition

        /// As a PATCH names it; inside a list as the part of the work value.
        var path: String {
            let front = urn.map { $0 + ":" } ?? ""
            guard let parent else { return front + definition.name }
            return front + parent.name + (parent.isMultiValued ? "[display eq 'it']" : "") + "." + definition.name
        }
        var name: String { (urn.map { $0 + ":" } ?? "") + (parent.map { $0.name + "." } ?? "") + definition.name }
        /// What reads must be to show only this.
        var isWritable: Bool {
            [definition.mutability, parent?.mutability].allSatisfy { $0 == nil || $0 == .readWrite }
        }
    }

    static var leaves: [Leaf] {
        var found: [Leaf] = []
        for (urn, list) in [(nil, Schemas.user), (Schemas.enterpriseURN, Schemas.enterprise)] {
            for one in list {
                if one.subAttributes.isEmpty { found.append(Leaf(urn: urn, definition: one)) }
                for sub in one.subAttributes { found.append(Leaf(urn: urn, parent: one, definition: sub)) }
            }
        }
        return found
    }

    // MARK: - Values

    private static func value(_ definition: AttributeDefinition, _ number: Int) -> String {
        switch definition.type {
        case .boolean: number == 1 ? "true" : "false"
        case .binary: number == 1 ? "'QUJD'" : "'REVG'"
        case .reference: "'https://x.example/\(number)'"
        default: "'Value-\(number)'"
        }
    }

    private static func wrongValue(_ definition: AttributeDefinition) -> String {
        definition.type == .boolean ? "'maybe'" : "{'a':7}"
    }

    /// The members of a person's body that say this value, beside `display`, by which a value of a list is found.
    private static func content(_ leaf: Leaf, _ value: String?) -> String {
        var inner = value.map { "'\(leaf.definition.name)':\($0)" } ?? ""
        if let parent = leaf.parent {
            if parent.isMultiValued {
                let anchor = parent.subAttribute("value") == nil ? "'locality':'L'" : "'value':'QUJE'"
                let own = leaf.definition.name == "value" || leaf.definition.name == "locality"
                let display = leaf.definition.name == "display" ? "" : "'display':'it'"
                let parts = [display, own ? "" : anchor, inner].filter { !$0.isEmpty }
                inner = "'\(parent.name)':[{\(parts.joined(separator: ","))}]"
            } else {
                inner = inner.isEmpty ? "" : "'\(parent.name)':{\(inner)}"
            }
        }
        if let urn = leaf.urn { inner = inner.isEmpty ? "" : "'\(urn)':{\(inner)}" }
        return inner
    }

    private static func body(_ leaf: Leaf, _ value: String?) -> String {
        let content = content(leaf, value)
        return "{'userName':'ann'\(content.isEmpty ? "" : "," + content)}"
    }

    // MARK: - Cases

    /// Attributes without which a case could not say what it says: the name, and what finds a value in its list.
    private static func isPlain(_ leaf: Leaf) -> Bool {
        leaf.isWritable && !leaf.definition.isRequired && leaf.definition.returned == .default
            && !(leaf.parent?.isMultiValued == true && ["display", "locality"].contains(leaf.definition.name))
            && !(leaf.parent?.name == "addresses")
    }

    @CaseList static var readWrite: [ProtocolCase] {
        for leaf in leaves where isPlain(leaf) {
            let (first, second) = (body(leaf, value(leaf.definition, 1)), body(leaf, value(leaf.definition, 2)))
            create("7643 2.2 \(leaf.name) is read as it was created", first, gives: first)
            scenario(
                "7643 2.2 \(leaf.name) is replaced by PATCH", [given("it", first)],
                send(
                    "PATCH", "/Users/{it}", patchBody([replace(leaf.path, value(leaf.definition, 2))]), 200,
                    .exactly(second), effect: .nextVersion))
            scenario(
                "7643 2.2 \(leaf.name) is removed by PATCH", [given("it", first)],
                send(
                    "PATCH", "/Users/{it}", patchBody([remove(leaf.path)]), 200, .exactly(body(leaf, nil)),
                    effect: .nextVersion))
            put("7643 2.2 \(leaf.name) is replaced by PUT", first, second, gives: second)
            createRefused(
                "7643 2.3 \(leaf.name) is refused in another type", body(leaf, wrongValue(leaf.definition)),
                "invalidValue")
            patchRefused(
                "7643 2.3 \(leaf.name) is refused in another type by PATCH", first,
                [replace(leaf.path, wrongValue(leaf.definition))], "invalidValue")
        }
    }

    @CaseList static var readOnly: [ProtocolCase] {
        for leaf in leaves where [leaf.definition.mutability, leaf.parent?.mutability].contains(.readOnly) {
            let path = leaf.path.replacing("[display eq 'it']", with: "")
            create(
                "7643 2.2 the read-only \(leaf.name) is passed over in a POST",
                "{'userName':'ann',\(content(leaf, value(leaf.definition, 1)))}", gives: "{'userName':'ann'}")
            patchRefused(
                "7643 2.2 the read-only \(leaf.name) cannot be replaced", "{'userName':'ann'}",
                [replace(path, value(leaf.definition, 1))], "mutability")
            patchRefused(
                "7643 2.2 the read-only \(leaf.name) cannot be removed", "{'userName':'ann'}", [remove(path)],
                "mutability")
        }
    }

    @CaseList static var letterCase: [ProtocolCase] {
        for leaf in leaves where isPlain(leaf) && leaf.definition.type == .string {
            let isExact = leaf.definition.isCaseExact
            scenario(
                "7643 2.2 a filter \(isExact ? "counts" : "does not count") letter case of \(leaf.name)",
                [given("it", body(leaf, value(leaf.definition, 1)))],
                get(
                    "/Users", filter: "\(leaf.name) eq \(value(leaf.definition, 1))", 200, .holds("{'totalResults':1}")),
                get("/Users", filter: "\(leaf.name) eq 'VALUE-1'", 200, .holds("{'totalResults':\(isExact ? 0 : 1)}")))
        }
    }

    @CaseList static var returned: [ProtocolCase] {
        for leaf in leaves where isPlain(leaf) && leaf.parent?.isMultiValued != true {
            let first = body(leaf, value(leaf.definition, 1))
            scenario(
                "7643 7 \(leaf.name) is returned by default, when asked for, and not when excluded",
                [given("it", first)],
                get("/Users/{it}", 200, .exactly(first)),
                get(
                    "/Users/{it}", query: "attributes=\(leaf.name)", 200,
                    .exactly("{\(content(leaf, value(leaf.definition, 1)))}")),
                get("/Users/{it}", query: "excludedAttributes=\(leaf.name)", 200, .exactly("{'userName':'ann'}")))
        }
    }

    @CaseList static var severalValues: [ProtocolCase] {
        for one in Schemas.user where one.isMultiValued && one.mutability == .readWrite {
            let key = one.subAttribute("value") == nil ? "locality" : "value"
            let (first, second) = ("{'\(key)':'QUJD','type':'work'}", "{'\(key)':'REVG','type':'home'}")
            create(
                "7643 2.4 \(one.name) holds several values", "{'userName':'ann','\(one.name)':[\(first),\(second)]}",
                gives: "{'userName':'ann','\(one.name)':[\(first),\(second)]}")
            patch(
                "7643 2.4 \(one.name) takes another value", "{'userName':'ann','\(one.name)':[\(first)]}",
                [add(one.name, "[\(second)]")], gives: "{'\(one.name)':[\(first),\(second)]}")
            patchKeeps(
                "7643 2.4 \(one.name) takes no value twice", "{'userName':'ann','\(one.name)':[\(first),\(second)]}",
                [add(one.name, "[\(second),\(first)]")])
            createRefused(
                "7643 2.4 \(one.name) has one primary value at most",
                "{'userName':'ann','\(one.name)':[{'\(key)':'QUJD','primary':true},{'\(key)':'REVG','primary':true}]}",
                "invalidValue")
            for type in one.subAttribute("type")?.canonicalValues ?? [] {
                create(
                    "7643 7 \(one.name) of the canonical type \(type)",
                    "{'userName':'ann','\(one.name)':[{'\(key)':'QUJD','type':'\(type)'}]}",
                    gives: "{'userName':'ann','\(one.name)':[{'\(key)':'QUJD','type':'\(type)'}]}")
            }
        }
        for sub in ["formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"] {
            patch(
                "7643 4.1.2 addresses.\(sub) is changed by PATCH",
                "{'userName':'ann','addresses':[{'formatted':'F','streetAddress':'S','\(sub)':'Old'}]}"
                    .replacing("'\(sub)':'F',", with: "").replacing("'\(sub)':'S',", with: ""),
                [replace("addresses[\(sub) eq 'old'].\(sub)", "'New'")],
                gives: "{'addresses':[{'formatted':'F','streetAddress':'S','\(sub)':'New'}]}"
                    .replacing("'\(sub)':'F',", with: "").replacing("'\(sub)':'S',", with: ""))
        }
    }

    static var all: [ProtocolCase] { readWrite + readOnly + letterCase + returned + severalValues }
}
