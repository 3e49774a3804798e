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
    ///
    /// - Throws: ``SCIMError`` 400 `invalidValue` where an operation gives two primary values.
    mutating func apply(_ verb: Patch.Verb, _ value: JSONValue) throws(SCIMError) {
        // RFC 7644 3.5.2.2 knows no value here; Entra sends one and means these values and no others.
        if verb == .remove {
            let unwanted = try entries(value)
            let isAll = value.isNull || value == .string("")
            values = isAll ? [] : values.filter { one in !unwanted.contains { isSame(one.object, $0) } }
            return
        }
        var given = ValueList(values: [], definition: definition)
        for entry in try entries(value) { given.add(entry, demoting: false) }
        try given.refuseSeveralPrimary(among: given.values.indices)
        if verb == .replace {
            values = given.values
        } else {
            for entry in given.values.compactMap(\.object) { add(entry, demoting: true) }
        }
    }

    /// One sub-attribute of every value; of a new value where there is none.
    mutating func apply(_ verb: Patch.Verb, sub: String, _ value: JSONValue) throws(SCIMError) {
        let isClearing = verb == .remove || PatchDocument.isEmpty(value)
        if values.isEmpty && !isClearing { values = [.object([:])] }
        let chosen = Array(values.indices)
        if !isClearing { try refuseSeveralPrimary(by: [sub: value], chosen) }
        for index in chosen { change(index, sub: sub, isClearing ? nil : value) }
        dropEmpty()
    }

    /// The values that the filter chooses. A value that replaces a chosen one is laid over it: a client that sends
    /// `{"value": …}` to `emails[type eq "work"]` does not mean that it shall lose its type.
    ///
    /// Where the filter chooses none, remove has nothing to do, since what shall be gone is gone. Add and replace answer
    /// `noTarget` (RFC 7644 3.5.2.3), save for a filter that says what kind of value is meant, by `type` or `primary`: then
    /// they create it. Identity providers update addresses that are not there yet and take `noTarget` for a failure that
    /// stays. A filter by `value` means one that is there.
    /// - Parameter unmatched: `refuses` makes a replace answer `noTarget` whatever the filter says.
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
        let changes: JSONObject = if let sub { [sub: value] } else { try entry(value) }
        try refuseSeveralPrimary(by: changes, chosen)
        for index in chosen {
            for member in changes.members { change(index, sub: member.key, member.value) }
        }
        dropEmpty()
    }

    /// At most one value is primary (RFC 7643 2.4): an operation that would mark several does not say which.
    private func refuseSeveralPrimary(by changes: JSONObject, _ chosen: [Int]) throws(SCIMError) {
        if changes["primary"]?.bool == true && chosen.count > 1 { throw severalPrimary }
    }

    private func refuseSeveralPrimary(among indices: Range<Int>) throws(SCIMError) {
        if indices.count(where: { values[$0].object?["primary"]?.bool == true }) > 1 { throw severalPrimary }
    }

    private var severalPrimary: SCIMError {
        .bad(.invalidValue, "'\(definition.name)' can have one primary value; the operation gives several.")
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

    /// Adds a value, or lays it over the same one. What differs in letter case only, where that does not count, stays as it
    /// is spelled.
    private mutating func add(_ entry: JSONObject, demoting: Bool) {
        var target = values.count
        if let index = values.firstIndex(where: { isSame($0.object, entry) }) {
            var merged = values[index].object ?? JSONObject()
            for member in entry.members where !isSame(member.key, merged[member.key], member.value) {
                merged[member.key] = member.value
            }
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
    private func isSame(_ stored: JSONObject?, _ given: JSONObject) -> Bool {
        guard let stored else { return false }
        guard let left = stored["value"], let right = given["value"] else {
            return JSONValue.object(stored).canonical == JSONValue.object(given).canonical
        }
        guard isSame("value", left, right) else { return false }
        guard let leftType = stored["type"], let rightType = given["type"] else { return true }
        return isSame("type", leftType, rightType)
    }

    /// Whether two values of a sub-attribute are equal by its `caseExact`.
    private func isSame(_ sub: String, _ left: JSONValue?, _ right: JSONValue) -> Bool {
        if case .string(let a)? = left, case .string(let b) = right, definition.subAttribute(sub)?.isCaseExact == false
        {
            return KeyFolding.fold(a) == KeyFolding.fold(b)
        }
        return left == right
    }
}

extension Filter {
    /// The smallest value of the kind that the filter means; `nil` unless it names `type` and `primary` alone, by `eq`
    /// joined by `and`.
    var seed: JSONObject? {
        switch self {
        case .compare(let path, .eq, let literal):
            guard let attribute = path.attribute, path.subAttribute == nil, ["type", "primary"].contains(attribute)
            else { return nil }
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
