import JSONBytes

// The limits of a connection's last accepted run as they are kept in the database, for the drain.

extension GateLimits {
    package var json: JSONObject {
        var object: JSONObject = [
            "shrinkPercent": .integer(shrinkPercent), "shrinkFloor": .integer(shrinkFloor),
            "groupSize": .integer(groupSize), "groupPercent": .integer(groupPercent),
            "churnPercent": .integer(churnPercent), "churnFloor": .integer(churnFloor),
            "updatedPercent": .integer(updatedPercent), "updatedFloor": .integer(updatedFloor),
            "canaries": .array(canaries.map(JSONValue.string)),
            "classes": .object(
                JSONObject(
                    ChangeClass.allCases.compactMap { item in
                        classes[item].map { JSONObject.Member(key: item.rawValue, value: .object($0.json)) }
                    })),
        ]
        object.put("editLeavers", editLeavers.map { .integer($0) })
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        self.init()
        shrinkPercent = Int(try object.number("shrinkPercent"))
        shrinkFloor = Int(try object.number("shrinkFloor"))
        groupSize = Int(try object.number("groupSize"))
        groupPercent = Int(try object.number("groupPercent"))
        churnPercent = Int(try object.number("churnPercent"))
        churnFloor = Int(try object.number("churnFloor"))
        updatedPercent = Int(try object.number("updatedPercent"))
        updatedFloor = Int(try object.number("updatedFloor"))
        canaries = (object["canaries"]?.array ?? []).compactMap(\.string)
        editLeavers = object.optionalNumber("editLeavers").map(Int.init)
        classes = [:]
        for member in object["classes"]?.object?.members ?? [] {
            guard let key = ChangeClass(rawValue: member.key), let value = member.value.object else {
                throw CodingFailure(key: "classes")
            }
            classes[key] = try ClassLimit(json: value)
        }
    }
}

extension ClassLimit {
    var json: JSONObject {
        var object: JSONObject = [:]
        object.put("count", count.map { .integer($0) })
        object.put("percent", percent.map { .integer($0) })
        switch floor {
        case .number(let number): object["floor"] = .integer(number)
        case .numberOrThird(let number): object["floorOrThird"] = .integer(number)
        }
        return object
    }

    init(json object: JSONObject) throws(CodingFailure) {
        let floor: Floor
        if let number = object.optionalNumber("floorOrThird") {
            floor = .numberOrThird(Int(number))
        } else {
            floor = .number(Int(try object.number("floor")))
        }
        self.init(
            count: object.optionalNumber("count").map(Int.init),
            percent: object.optionalNumber("percent").map(Int.init),
            floor: floor)
    }
}
