import JSONBytes
import Testing

@testable import SCIM

private let urn = Schemas.enterpriseURN

private let person: JSONObject = [
    "userName": "ann", "externalId": "7", "active": true, "name": ["givenName": "Ann", "familyName": "Lee"],
    "emails": [
        ["type": "work", "value": "a@x.example", "primary": true], ["type": "home", "value": "b@x.example"],
    ],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": ["department": "Sales"],
]

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

private func patched(
    _ operations: String, _ resource: JSONObject = person, _ type: ResourceType = .user
) throws -> PatchResult {
    let body = try json(#"{"Operations":\#(operations)}"#)
    return try Patch(parsing: body.object!).apply(to: resource, type: type)
}

private func same(_ left: JSONObject, _ right: JSONObject) -> Bool {
    JSONValue.object(left).canonical == JSONValue.object(right).canonical
}

@Suite struct PatchTests {
    @Test(
        "an operation changes what it names and nothing else",
        arguments: [
            (#"[{"op":"Replace","path":"title","value":"Boss"}]"#, "title", #""Boss""#),
            (
                #"[{"op":"add","path":"NAME.givenname","value":"Anna"}]"#, "name",
                #"{"givenName":"Anna","familyName":"Lee"}"#
            ),
            (
                #"[{"op":"replace","path":"name","value":{"givenName":"A"}}]"#, "name",
                #"{"givenName":"A","familyName":"Lee"}"#
            ),
            (#"[{"op":"remove","path":"name.givenName"}]"#, "name", #"{"familyName":"Lee"}"#),
            (#"[{"op":"replace","path":"name.givenName","value":""}]"#, "name", #"{"familyName":"Lee"}"#),
            (
                #"[{"op":"add","value":{"name.givenName":"A","displayName":"X"}}]"#, "name",
                #"{"givenName":"A","familyName":"Lee"}"#
            ),
            (#"[{"op":"replace","path":"externalId","value":"8"}]"#, "externalId", #""8""#),
            (#"[{"op":"remove","path":"title"}]"#, "title", "null"),
            (#"[{"op":"add","path":"nickName","value":"a"},{"op":"remove","path":"nickName"}]"#, "nickName", "null"),
            (
                #"[{"op":"add","path":"emails","value":[{"type":"other","value":"c@x.example","primary":true}]}]"#,
                "emails",
                #"""
                [{"type":"work","value":"a@x.example","primary":false},{"type":"home","value":"b@x.example"},
                 {"type":"other","value":"c@x.example","primary":true}]
                """#
            ),
            (
                #"[{"op":"add","path":"emails","value":{"type":"home","value":"b@x.example","display":"B"}}]"#,
                "emails",
                #"""
                [{"type":"work","value":"a@x.example","primary":true},
                 {"type":"home","value":"b@x.example","display":"B"}]
                """#
            ),
            (
                #"[{"op":"replace","path":"emails","value":[{"value":"z@x.example"}]}]"#, "emails",
                #"[{"value":"z@x.example"}]"#
            ),
            (
                #"[{"op":"remove","path":"emails[type eq \"work\"]"}]"#, "emails",
                #"[{"type":"home","value":"b@x.example"}]"#
            ),
            (
                #"[{"op":"remove","path":"emails","value":[{"value":"a@x.example"}]}]"#, "emails",
                #"[{"type":"home","value":"b@x.example"}]"#
            ),
            (
                #"[{"op":"replace","path":"emails[type eq \"home\"].value","value":"h@x.example"}]"#, "emails",
                #"[{"type":"work","value":"a@x.example","primary":true},{"type":"home","value":"h@x.example"}]"#
            ),
            (
                #"[{"op":"replace","path":"emails[type eq \"home\"]","value":{"primary":true}}]"#, "emails",
                #"[{"type":"work","value":"a@x.example","primary":false},{"type":"home","value":"b@x.example","primary":true}]"#
            ),
            (#"[{"op":"remove","path":"emails"}]"#, "emails", "null"),
            (
                #"[{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1"}]"#, "phoneNumbers",
                #"[{"type":"mobile","value":"+1"}]"#
            ),
            (
                #"[{"op":"Add","path":"roles[primary eq \"True\"].value","value":"r"}]"#, "roles",
                #"[{"primary":true,"value":"r"}]"#
            ),
            (
                #"[{"op":"add","value":{"phoneNumbers[type eq \"work\"].value":"+2"}}]"#, "phoneNumbers",
                #"[{"type":"work","value":"+2"}]"#
            ),
        ])
    func changes(_ operations: String, _ attribute: String, _ expected: String) throws {
        let result = try patched(operations).resource
        let value = try json(expected)
        #expect((result[attribute] ?? .null).canonical == value.canonical)
        for member in person.members where member.key != attribute {
            #expect(result[member.key]?.canonical == member.value.canonical, "\(member.key)")
        }
    }

    @Test(
        "extension attributes are reached by URN, as key, as path and as object",
        arguments: [
            #"[{"op":"replace","path":"\#(urn):department","value":"IT"}]"#,
            #"[{"op":"replace","value":{"\#(urn):department":"IT"}}]"#,
            #"[{"op":"replace","value":{"\#(urn)":{"department":"IT"}}}]"#,
            #"[{"op":"replace","path":"\#(urn)","value":{"department":"IT"}}]"#,
            #"[{"op":"replace","path":"\#(urn.uppercased()):Department","value":"IT"}]"#,
        ])
    func extensions(_ operations: String) throws {
        #expect(try patched(operations).resource[urn] == ["department": "IT"])
    }

    @Test(
        "the manager is set by value, kept when said again, and cleared by an empty text",
        arguments: [
            (#"{"value":"m1"}"#, #"{"department":"Sales","manager":{"value":"m1"}}"#),
            (#"{"value":""}"#, #"{"department":"Sales"}"#), (#""""#, #"{"department":"Sales"}"#),
            ("null", #"{"department":"Sales"}"#),
        ])
    func manager(_ value: String, _ expected: String) throws {
        let result = try patched(#"[{"op":"add","path":"\#(urn):manager","value":\#(value)}]"#).resource
        #expect(try result[urn]?.canonical == json(expected).canonical)
    }

    @Test(
        "what cannot be is refused with its reason",
        arguments: [
            (#"[{"op":"replace","path":"shoeSize","value":1}]"#, "invalidPath"),
            (#"[{"op":"replace","path":"name.x","value":"y"}]"#, "invalidPath"),
            (#"[{"op":"replace","path":"emails[type eq]","value":"y"}]"#, "invalidPath"),
            (#"[{"op":"remove"}]"#, "noTarget"),
            (#"[{"op":"replace","path":"emails[value co \"q\"].value","value":"y"}]"#, "noTarget"),
            (#"[{"op":"replace","path":"id","value":"y"}]"#, "mutability"),
            (#"[{"op":"remove","path":"userName"}]"#, "mutability"),
            (#"[{"op":"replace","path":"groups","value":[]}]"#, "mutability"),
            (#"[{"op":"replace","path":"active","value":"x"}]"#, "invalidValue"),
            (#"[{"op":"replace","path":"userName","value":""}]"#, "invalidValue"),
            (#"[{"op":"replace","path":"title","value":1}]"#, "invalidValue"),
            (#"[{"op":"move","path":"title","value":1}]"#, "invalidSyntax"), (#"[]"#, "invalidSyntax"),
            (#"[1]"#, "invalidSyntax"),
            (#"[{"op":"add","path":"title"}]"#, "invalidValue"), (#"[{"op":"add","value":"x"}]"#, "invalidValue"),
            (
                #"[{"op":"add","path":"emails","value":[{"value":"p","primary":true},{"value":"q","primary":true}]}, {"op":"replace","path":"emails","value":[{"value":"p","primary":true},{"value":"q","primary":true}]}]"#,
                "invalidValue"
            ),
            (
                #"[{"op":"replace","path":"title","value":"fine"},{"op":"replace","path":"nope","value":"x"}]"#,
                "invalidPath"
            ),
        ])
    func refuses(_ operations: String, _ kind: String) {
        let error = #expect(throws: SCIMError.self) { try patched(operations) }
        #expect(error?.status == 400 && error?.kind?.rawValue == kind, "\(String(describing: error))")
    }

    @Test(
        "unknown and read-only attributes are ignored where they were not asked for by path",
        arguments: [
            #"[{"op":"replace","value":{"id":"x","meta":{},"groups":[{"value":"g"}],"admin":true,"urn:x:y":{"z":1}}}]"#,
            #"[{"op":"add","path":"urn:vendor:2.0:User:flag","value":true}]"#,
            #"[{"op":"replace","path":"password","value":"secret"}]"#,
            #"[{"op":"replace","path":"schemas","value":["a"]}]"#,
        ])
    func ignores(_ operations: String) throws { #expect(same(try patched(operations).resource, person)) }

    @Test(
        "member operations are taken out of the request, in order",
        arguments: [
            (
                #"[{"op":"Add","path":"members","value":[{"$ref":null,"value":"a"},{"value":"b"}]}]"#,
                [MemberOperation.add(["a", "b"])]
            ),
            (#"[{"op":"Remove","path":"members","value":[{"value":"a"}]}]"#, [.remove(["a"])]),
            (#"[{"op":"remove","path":"members[value eq \"a\"]"}]"#, [.remove(["a"])]),
            (#"[{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}]"#, [.remove(["a", "b"])]),
            (#"[{"op":"remove","path":"members"}]"#, [.removeAll]),
            (#"[{"op":"replace","path":"members","value":[]}]"#, [.replace([])]),
            (#"[{"op":"replace","value":{"members":[{"value":"c"}],"displayName":"G"}}]"#, [.replace(["c"])]),
            (#"[{"op":"replace","value":{"id":"1","displayName":"G"}}]"#, []),
        ])
    func members(_ operations: String, _ expected: [MemberOperation]) throws {
        let result = try patched(operations, ["displayName": "G"], .group)
        #expect(result.members == expected)
        #expect(same(result.resource, ["displayName": "G"]))
    }

    @Test("members that are no ids are refused", arguments: [#"[{"value":1}]"#, #"[{}]"#, #"[""]"#, "7"])
    func badMembers(_ value: String) {
        #expect(throws: SCIMError.self) {
            try patched(#"[{"op":"add","path":"members","value":\#(value)}]"#, ["displayName": "G"], .group)
        }
    }

    @Test("several member operations amount to what they do one after the other")
    func memberChange() {
        #expect(MemberChange([]) == nil)
        #expect(MemberChange([.add(["a", "b"]), .remove(["a"])]) == .delta(add: ["b"], remove: ["a"]))
        #expect(MemberChange([.remove(["a"]), .add(["a"])]) == .delta(add: ["a"], remove: []))
        #expect(MemberChange([.add(["x"]), .replace(["a"]), .add(["b"]), .remove(["a"])]) == .replace(["b"]))
        #expect(MemberChange([.removeAll]) == .replace([]))
    }

    @Test("operations and members have limits")
    func limits() throws {
        func many(_ count: Int) -> JSONObject {
            ["Operations": .array(Array(repeating: ["op": "replace", "path": "title", "value": "x"], count: count))]
        }
        _ = try Patch(parsing: many(Patch.operationsMax))
        let error = #expect(throws: SCIMError.self) { try Patch(parsing: many(Patch.operationsMax + 1)) }
        #expect(error?.status == 413)
        func members(_ count: Int) throws -> PatchResult {
            let ids = (0..<count).map { JSONValue.string(String($0)) }
            let body: JSONObject = ["Operations": [["op": "add", "path": "members", "value": .array(ids)]]]
            return try Patch(parsing: body).apply(to: ["displayName": "G"], type: .group)
        }
        _ = try members(Patch.membersMax)
        #expect(throws: SCIMError.self) { try members(Patch.membersMax + 1) }
    }
}

@Suite struct ResourceRulesTests {
    @Test(
        "a body that its schema refuses is refused with the attribute's name",
        arguments: [
            (#"{}"#, "userName"), (#"{"userName":""}"#, "userName"), (#"{"userName":null}"#, "userName"),
            (#"{"userName":5}"#, "userName"),
            (#"{"userName":["a"]}"#, "userName"), (#"{"userName":"a\u0000"}"#, "userName"),
            (#"{"userName":"a\u202eb"}"#, "userName"),
            (#"{"userName":"\u200b "}"#, "userName"), (#"{"userName":"a\r\nb"}"#, "userName"),
            (#"{"userName":"a","externalId":7}"#, "externalId"),
            (#"{"userName":"a","active":1.5}"#, "active"), (#"{"userName":"a","name":"x"}"#, "name"),
            (#"{"userName":"a","emails":["x"]}"#, "emails"),
            (#"{"userName":"a","emails":[{"value":{}}]}"#, "emails.value"), (#"{"userName":"a","\#(urn)":[]}"#, urn),
        ])
    func refuses(_ body: String, _ name: String) throws {
        let object = try #require(try json(body).object)
        let error = #expect(throws: SCIMError.self) { try ResourceRules.parse(object, type: .user) }
        #expect(error?.status == 400 && error?.kind == .invalidValue && error?.detail.contains("'\(name)'") == true)
    }

    @Test("a body is spelled as its schema has it, without what is empty, read-only, unknown or secret")
    func spelling() throws {
        let body = try #require(
            try json(
                #"""
                {"schemas":["x"],"USERNAME":"Ann","id":"mine","meta":{},"password":"p","roles":[],"title":"","nickName":null,
                 "admin":true,"Emails":[{"VALUE":"a@x","$extra":1},{"type":"home"}],"groups":[{"value":"g"}],
                 "\#(urn)":{"department":"S","manager":{"value":"m","displayName":"no","$ref":"no"}}}
                """#
            ).object)
        let result = try ResourceRules.parse(body, type: .user)
        let expected = try #require(
            try json(
                #"{"userName":"Ann","emails":[{"value":"a@x"},{"type":"home"}],"\#(urn)":{"department":"S","manager":{"value":"m"}}}"#
            ).object)
        #expect(same(result.resource, expected))
        #expect(result.members.isEmpty)
    }

    @Test("a group needs a name and gives its members apart")
    func group() throws {
        let result = try ResourceRules.parse(["displayName": "G", "members": [["value": "a"]]], type: .group)
        #expect(result == PatchResult(resource: ["displayName": "G"], members: [.replace(["a"])]))
        #expect(throws: SCIMError.self) { try ResourceRules.parse(["members": []], type: .group) }
    }

    @Test("a name may be as long as the limit and no longer")
    func nameLimit() throws {
        let max = ResourceRules.nameBytesMax
        _ = try ResourceRules.parse(["userName": .string(String(repeating: "a", count: max))], type: .user)
        #expect(throws: SCIMError.self) {
            try ResourceRules.parse(["userName": .string(String(repeating: "a", count: max + 1))], type: .user)
        }
    }

    @Test("an error's status is a text")
    func errorBody() {
        #expect(SCIMError.bad(.invalidPath, "x").body["status"] == "400")
        #expect(SCIMError.bad(.invalidPath, "x").body["scimType"] == "invalidPath")
    }

    @Test("pages are clamped, and words are refused")
    func paging() throws {
        #expect(try Paging(startIndex: nil, count: nil) == Paging(startIndex: "1", count: "100"))
        #expect(try Paging(startIndex: "-5", count: "-1").startIndex == 1)
        #expect(try Paging(startIndex: "0", count: "-1").count == 0)
        #expect(try Paging(startIndex: "0", count: "100000").count == Paging.countMax)
        #expect(throws: SCIMError.self) { try Paging(startIndex: "x", count: nil) }
    }

    @Test(
        "an answer shows the attributes that were asked for",
        arguments: [
            ("userName", nil, ["id", "userName"]), (nil, "emails,name", ["id", "userName", "u"]),
            ("emails.value", nil, ["id", "emails"]),
            (nil, "id,userName", ["id", "name", "emails", "u"]), (nil, nil, ["id", "userName", "name", "emails", "u"]),
            (urn + ":department", nil, ["id", "u"]), ("nothing", nil, ["id"]),
        ] as [(String?, String?, [String])])
    func selection(_ attributes: String?, _ excluded: String?, _ keys: [String]) {
        let full: JSONObject = [
            "id": "1", "userName": "a", "name": ["givenName": "x"], "emails": [["value": "v", "type": "work"]],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": ["department": "d"],
        ]
        let shown = AttributeSelection(attributes: attributes, excluded: excluded, type: .user).applied(to: full)
        #expect(shown.members.map { $0.key == urn ? "u" : $0.key } == keys)
    }
}
