import JSONBytes

/// The values of a multi-valued attribute while operations are applied to them. At most one stays primary: a new primary
/// value demotes the old one (RFC 7644 3.5.2).
struct ValueList {
    private(set) var values: [JSONValue]
    let definition: AttributeDefinition

    init(values: [JSONValue], definition: AttributeDefinition) {
        self.values = values
        self.definition = definition
    }

    /// The whole attribute.
    mutating func apply(_ verb: Patch.Verb, _ value: JSONValue) throws(SCIMError) {
        switch verb {
        case .replace:
            values = []
            for entry in try entries(value) { add(entry, demoting: false) }
        case .add: for entry in try entries(value) { add(entry, demoting: true) }
        case .remove:
            let unwanted = try entries(value)
            if unwanted.isEmpty {
                values = []
            } else {
                values.removeAll { one in unwanted.contains { Self.same(one, $0) } }
            }
        }
    }

    /// One sub-attribute of every value; of a new value where there is none.
    mutating func apply(_ verb: Patch.Verb, sub: String, _ value: JSONValue) throws(SCIMError) {
        let isClearing = verb == .remove || PatchDocument.isEmpty(value)
        if values.isEmpty && !isClearing { values = [.object([:])] }
        for index in values.indices { change(index, sub: sub, isClearing ? nil : value) }
        dropEmpty()
    }

    /// The values that the filter chooses. Where it chooses none, add and replace create one that fulfils it, when the
    /// filter says how (`type eq "work"`): identity providers update addresses that are not there yet and take `noTarget`
    /// for a failure that stays.
    mutating func apply(
        _ verb: Patch.Verb, filter: Filter, sub: String?, _ value: JSONValue, _ unmatched: UnmatchedFilter = .creates
    ) throws(SCIMError) {
        var chosen = values.indices.filter { filter.matchesValue(values[$0]) }
        let isClearing = verb == .remove || PatchDocument.isEmpty(value)
        if isClearing {
            if let sub {
                for index in chosen { change(index, sub: sub, nil) }
            } else {
                for index in chosen.reversed() { values.remove(at: index) }
            }
            return dropEmpty()
        }
        if chosen.isEmpty {
            guard let seed = filter.seed, verb == .add || unmatched == .creates else {
                throw .bad(.noTarget, "No value of '\(definition.name)' fulfils '\(filter.description)'.")
            }
            values.append(.object(seed))
            chosen = [values.count - 1]
            if seed["primary"]?.bool == true { demoteAll(except: values.count - 1) }
        }
        for index in chosen {
            if let sub {
                change(index, sub: sub, value)
            } else {
                for member in try entry(value).members { change(index, sub: member.key, member.value) }
            }
        }
        dropEmpty()
    }

    private func entries(_ value: JSONValue) throws(SCIMError) -> [JSONObject] {
        var found: [JSONObject] = []
        for one in value.array ?? [value] where !PatchDocument.isEmpty(one) { found.append(try entry(one)) }
        return found
    }

    /// One value in the schema's spelling.
    private func entry(_ value: JSONValue) throws(SCIMError) -> JSONObject {
        guard let given = value.object else {
            throw .bad(.invalidValue, "Each value of '\(definition.name)' must be an object.")
        }
        var entry = JSONObject()
        for member in given.members { entry[definition.subAttribute(member.key)?.name ?? member.key] = member.value }
        return entry
    }

    /// Adds a value, or lays it over the one with the same `value` and `type`.
    private mutating func add(_ entry: JSONObject, demoting: Bool) {
        var target = values.count
        if let index = values.firstIndex(where: { Self.same($0, entry) }) {
            var merged = values[index].object ?? JSONObject()
            for member in entry.members { merged[member.key] = member.value }
            values[index] = .object(merged)
            target = index
        } else {
            values.append(.object(entry))
        }
        if demoting && entry["primary"]?.bool == true { demoteAll(except: target) }
    }

    private mutating func change(_ index: Int, sub: String, _ value: JSONValue?) {
        guard var object = values[index].object else { return }
        object.set(definition.subAttribute(sub)?.name ?? sub, value)
        values[index] = .object(object)
        if sub == "primary" && value?.bool == true { demoteAll(except: index) }
    }

    private mutating func demoteAll(except kept: Int) {
        for index in values.indices where index != kept {
            guard var object = values[index].object, object["primary"]?.bool == true else { continue }
            object["primary"] = false
            values[index] = .object(object)
        }
    }

    /// A value of which only its type and mark are left says nothing.
    private mutating func dropEmpty() {
        values.removeAll { value in
            guard let object = value.object else { return false }
            return object.members.allSatisfy {
                $0.key == "type" || $0.key == "primary" || PatchDocument.isEmpty($0.value)
            }
        }
    }

    /// Whether both stand for the same value: equal `value` and, where both say it, equal `type`; without a `value` equal
    /// in everything.
    private static func same(_ stored: JSONValue, _ given: JSONObject) -> Bool {
        guard let stored = stored.object else { return false }
        guard let left = stored["value"], let right = given["value"] else {
            return JSONValue.object(stored).canonical == JSONValue.object(given).canonical
        }
        guard left == right else { return false }
        guard let leftType = stored["type"], let rightType = given["type"] else { return true }
        return leftType == rightType
    }
}

extension Filter {
    /// The smallest value that fulfils the filter; `nil` unless it is made of `eq` joined by `and`.
    var seed: JSONObject? {
        switch self {
        case .compare(let path, .eq, let literal):
            guard let attribute = path.attribute, path.subAttribute == nil else { return nil }
            switch literal {
            case .string(let text): return [attribute: .string(text)]
            case .number(let text): return [attribute: .number(text)]
            case .bool(let bool): return [attribute: .bool(bool)]
            case .null: return nil
            }
        case .and(let left, let right):
            guard var seed = left.seed, let other = right.seed else { return nil }
            for member in other.members { seed[member.key] = member.value }
            return seed
        default: return nil
        }
    }
}
