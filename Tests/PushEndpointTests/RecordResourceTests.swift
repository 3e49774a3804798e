import JSONBytes
import Reconciliation
import SCIM
import Testing

@Suite struct RecordResourceTests {
    private let urn = Schemas.enterpriseURN

    private var person: JSONObject {
        [
            "userName": "ann", "externalId": "7", "active": false, "name": ["givenName": "Ann"],
            "emails": [["type": "work", "value": "a@x"], ["value": "b@x"], ["type": "work", "value": "c@x"]],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": [
                "department": "S", "manager": ["value": "m"],
            ],
        ]
    }

    @Test("a record says what its resource said")
    func roundTrip() {
        let record = DirectoryRecord(id: "1", kind: .user, resource: person)
        #expect(record.name == "ann" && record.anchor == Anchor("7") && record.active == false && record.version == 1)
        #expect(record.references == [RecordReference(path: urn + ":manager.value", target: .record(id: "m"))])
        #expect(record.attributes[urn + ":manager.value"] == nil)
        let resource = record.resource
        #expect(resource["schemas"] == [.string(Schemas.userURN), .string(urn)] && resource["id"] == "1")
        #expect(record.replacing(resource: resource) == record)
        #expect(record.replacing(resource: person) == record)
    }

    @Test("what a push leaves out is cleared, and what it says again is not")
    func clearing() {
        let record = DirectoryRecord(id: "1", kind: .user, resource: person)
        let bare = record.replacing(resource: ["userName": "ann"])
        #expect(bare.version == 2 && bare.anchor == nil && bare.active == nil && bare.references.isEmpty)
        #expect(
            bare.cleared == [
                "emails", #"emails[type eq "work"]"#, "name.givenName", urn + ":department", urn + ":manager.value",
            ])
        let back = bare.replacing(resource: ["userName": "ann", "name": ["givenName": "A"]])
        #expect(back.version == 3 && !back.cleared.contains("name.givenName") && back.cleared.contains("emails"))
    }

    @Test("a manager that a snapshot named stays the source's own key until a push names another")
    func managerOfSnapshot() {
        var record = DirectoryRecord(id: "1", kind: .user, resource: ["userName": "ann"])
        record.references = [RecordReference(path: urn + ":manager.value", target: .source(key: "k9"))]
        var resource = record.resource
        #expect(record.replacing(resource: resource) == record)
        resource["title"] = "x"
        #expect(record.replacing(resource: resource).references == record.references)
        let other: JSONObject = [
            "userName": "ann",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": ["manager": ["value": "m"]],
        ]
        #expect(record.replacing(resource: other).references.map(\.target) == [.record(id: "m")])
    }

    @Test("a push leaves alone what only a snapshot can say")
    func foreignAttributes() {
        var record = DirectoryRecord(id: "1", kind: .user, resource: ["userName": "ann", "title": "x"])
        record.attributes["urn:acme:2.0:User:badge"] = "17"
        let next = record.replacing(resource: ["userName": "ann"])
        #expect(next.attributes["urn:acme:2.0:User:badge"] == "17" && next.cleared == ["title"])
    }
}
