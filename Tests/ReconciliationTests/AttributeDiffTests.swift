import JSONBytes
import Reconciliation
import Testing

@Suite("Attribute differences")
struct AttributeDiffTests {
    private static let manager = DirectoryRecord.managerPath

    private func record(
        _ slots: [String: JSONValue], cleared: [String] = [], kind: Kind = .user, anchor: String? = "a1"
    ) -> DirectoryRecord {
        DirectoryRecord(
            id: "r1", kind: kind, anchor: anchor.map(Anchor.init), reference: nil, name: "n", active: true,
            attributes: Attributes(slots.map { .init(path: $0.key, value: $0.value) }), cleared: cleared, origin: .push)
    }

    private func account(_ slots: [String: JSONValue], kind: Kind = .user, externalId: String? = "a1") -> Account {
        Account(
            id: "u1", kind: kind, name: "n", externalId: externalId,
            attributes: Attributes(slots.map { .init(path: $0.key, value: $0.value) }))
    }

    private func diff(
        _ record: DirectoryRecord, _ account: Account, resolved: [String: ResolvedReference] = [:],
        onCreate: Set<String> = []
    ) -> AttributeDiff {
        AttributeDiff(record: record, account: account, resolved: resolved, onCreateOnly: onCreate)
    }

    @Test("what is unsaid keeps the account's value, what is cleared is a class of its own")
    func unsaid() {
        let account = account(["title": "T", "nickName": "N"])
        #expect(diff(record([:]), account).isEmpty)
        let cleared = diff(record([:], cleared: ["title", "absent"]), account)
        #expect(cleared.renames.isEmpty && cleared.updates.isEmpty)
        #expect(cleared.clears == [AttributeChange(path: "title", before: "T", after: nil)])
    }

    @Test("names and e-mail addresses are renames, a group's displayName too, a person's not")
    func renames() {
        let mail = #"emails[type eq "work"]"#
        let person = diff(
            record(["userName": "b", mail: ["value": "b@x"], "displayName": "B"]),
            account(["userName": "a", "displayName": "A"]))
        #expect(Set(person.renames.map(\.path)) == ["userName", mail])
        #expect(person.updates.map(\.path) == ["displayName"])
        let group = diff(
            record(["displayName": "B"], kind: .group), account(["displayName": "A"], kind: .group))
        #expect(group.renames.map(\.path) == ["displayName"])
    }

    @Test("a slot that is written at creation only is never compared")
    func onCreate() {
        let found = diff(
            record(["title": "new", "nickName": "new"]), account(["title": "old", "nickName": "old"]),
            onCreate: ["title"])
        #expect(found.updates.map(\.path) == ["nickName"])
        let reference = ResolvedReference(accountID: "u2", label: "Boss", identity: "anchor:b")
        #expect(diff(record([:]), account([:]), resolved: [Self.manager: reference], onCreate: [Self.manager]).isEmpty)
    }

    @Test("a reference that resolves is compared, one that does not is deferred")
    func references() {
        let boss = ResolvedReference(accountID: "u2", label: "Boss", identity: "anchor:b")
        let found = diff(record([:]), account([Self.manager: "u9"]), resolved: [Self.manager: boss])
        #expect(found.updates.map(\.after) == ["u2"] && found.updates.map(\.before) == ["u9"])
        #expect(found.updates.first?.afterIdentity == "anchor:b")
        #expect(diff(record([:]), account([Self.manager: "u2"]), resolved: [Self.manager: boss]).isEmpty)
        #expect(diff(record([:]), account([Self.manager: "u9"])).isEmpty)
    }

    @Test("the anchor is compared byte by byte, and a record without one says nothing")
    func anchors() {
        #expect(diff(record([:], anchor: nil), account([:])).isEmpty)
        #expect(diff(record([:], anchor: "A1"), account([:])).updates.map(\.path) == ["externalId"])
        let decomposed = diff(record([:], anchor: "\u{E9}"), account([:], externalId: "e\u{301}"))
        #expect(decomposed.updates.count == 1)
    }

    @Test("a name that only changed its normal form is no difference, one that changed letter case is")
    func normalForm() {
        #expect(diff(record(["userName": "\u{E9}"]), account(["userName": "e\u{301}"])).isEmpty)
        #expect(diff(record(["userName": "Ada"]), account(["userName": "ada"])).renames.count == 1)
    }
}

@Suite("Attributes")
struct AttributesTests {
    private static let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

    private static let resources: [JSONObject] = [
        [:],
        ["userName": "ada", "title": "T", "name": ["givenName": "Ada", "familyName": "L"]],
        ["emails": [["value": "h", "type": "home"], ["value": "w", "type": "work", "primary": true]]],
        ["emails": [["value": "w", "type": "work"], ["value": "w2", "type": "work"]]],
        ["emails": [["value": "bare"]], "roles": [["value": "a"], ["value": "b"]]],
        ["emails": [["value": "x", "type": #"od"d\"#]]],
        [
            enterprise: ["department": "Sales", "manager": ["value": "m", "displayName": "Boss"]],
            "addresses": [["type": "work", "locality": "Berlin"]],
        ],
        ["count": 1, "flag": true, "list": ["a", "b"]],
    ]

    @Test("taking a resource apart and putting it together again loses nothing")
    func roundTrip() {
        for resource in Self.resources {
            let attributes = Attributes(resource: resource)
            #expect(Attributes(resource: attributes.resource) == attributes)
            #expect(JSONValue.object(attributes.resource).canonical == JSONValue.object(resource).canonical)
            #expect(Attributes(json: attributes.json.object!) == attributes)
        }
    }

    @Test("empty values, passwords and what belongs to the server are no slots")
    func reserved() {
        let attributes = Attributes(resource: [
            "schemas": ["x"], "id": "1", "externalId": "e", "meta": ["a": "b"], "active": true, "password": "secret",
            "PassWord": "secret", "title": "", "nickName": .null, "emails": [], "groups": [["value": "g"]],
        ])
        #expect(attributes.isEmpty)
    }

    @Test("slots are found and changed by their path, whatever the order in which they came")
    func paths() {
        var attributes = Attributes([.init(path: "b", value: 2), .init(path: "a", value: 1)])
        #expect(attributes.slots.map(\.path) == ["a", "b"])
        attributes["ab"] = 3
        attributes["b"] = nil
        attributes["nothing"] = nil
        #expect(attributes.slots.map(\.path) == ["a", "ab"] && attributes["ab"] == 3 && attributes["b"] == nil)
    }

    @Test("a URN ends at its last colon")
    func urns() {
        #expect(Attributes.splitURN(Self.enterprise + ":department").urn == Self.enterprise)
        #expect(Attributes.splitURN(Self.enterprise + ":manager.value").rest == "manager.value")
        #expect(Attributes.splitURN("name.givenName").urn == nil)
        #expect(Attributes.typedSlot(#"emails[type eq "a\"b"]"#)?.type == #"a"b"#)
    }
}
