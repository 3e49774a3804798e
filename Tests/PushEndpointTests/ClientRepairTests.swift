import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

private let enterprise = Schemas.enterpriseURN

/// The payloads of the quirks: the broken one on the left, the repaired one on the right.
@Suite("Repairs")
struct ClientRepairTests {
    private func object(_ text: String) throws -> JSONObject { try #require(try JSONValue(parsing: text).object) }

    private func repaired(_ client: Client, _ text: String) throws -> JSONObject {
        let body = try object(text)
        return body.spelling(of: "Operations") == nil
            ? try client.repairs.resource(body, .user) : try client.repairs.patch(body, .user)
    }

    @Test(
        "what Entra breaks is repaired for Entra and for anybody",
        arguments: [
            (
                #"{"Operations":[{"op":"Replace","path":"active","value":"False"}]}"#,
                #"{"Operations":[{"op":"Replace","path":"active","value":false}]}"#
            ),
            (
                #"{"Operations":[{"op":"Replace","path":"active","value":[{"value":"False"}]}]}"#,
                #"{"Operations":[{"op":"Replace","path":"active","value":false}]}"#
            ),
            (
                #"{"Operations":[{"op":"Add","path":"\#(enterprise):manager","value":"3f2a"}]}"#,
                #"{"Operations":[{"op":"Add","path":"\#(enterprise):manager","value":{"value":"3f2a"}}]}"#
            ),
            (
                #"{"operations":[{"OP":"Add","Path":"\#(enterprise):manager","Value":""}]}"#,
                #"{"operations":[{"OP":"Add","Path":"\#(enterprise):manager","Value":""}]}"#
            ),
            (
                #"{"active":"True","roles":[{"primary":"True","value":"r"}],"\#(enterprise)":{"manager":"3f2a"}}"#,
                #"{"active":true,"roles":[{"primary":true,"value":"r"}],"\#(enterprise)":{"manager":{"value":"3f2a"}}}"#
            ),
        ] as [(String, String)])
    func entra(broken: String, fixed: String) throws {
        for client in [Client.entra, .tolerant] { #expect(try repaired(client, broken) == object(fixed)) }
    }

    @Test(
        "what OneLogin breaks is repaired for OneLogin and for anybody",
        arguments: [
            (
                #"{"urn:scim:schemas:extension:enterprise:1.0":{"department":"S","manager":{"managerId":"3f2a"}}}"#,
                #"{"\#(enterprise)":{"department":"S","manager":{"value":"3f2a"}}}"#
            ),
            (
                #"{"urn:scim:schemas:extension:enterprise:2.0:User":{"division":"D"}}"#,
                #"{"\#(enterprise)":{"division":"D"}}"#
            ),
            (
                #"{"Operations":[{"op":"replace","path":"URN:scim:schemas:extension:enterprise:1.0:department","value":"S"}]}"#,
                #"{"Operations":[{"op":"replace","path":"\#(enterprise):department","value":"S"}]}"#
            ),
            (
                #"{"emails":{"value":"a@x","primary":"true"}}"#, #"{"emails":[{"value":"a@x","primary":true}]}"#
            ),
            (#"{"urn:scim:schemas:other:1.0":{"a":"b"}}"#, #"{"urn:scim:schemas:other:1.0":{"a":"b"}}"#),
        ] as [(String, String)])
    func oneLogin(broken: String, fixed: String) throws {
        for client in [Client.oneLogin, .tolerant] { #expect(try repaired(client, broken) == object(fixed)) }
    }

    @Test(
        "what separates nothing at the end of a query is dropped",
        arguments: [
            ("filter=a&", "filter=a"), ("filter=a?", "filter=a"), ("filter=a&?", "filter=a"), ("?&?", ""), ("", ""),
            ("filter=a%3F", "filter=a%3F"), ("?filter=a&count=1", "?filter=a&count=1"),
        ] as [(String, String)])
    func queries(broken: String, fixed: String) {
        #expect(OneLoginQuirks.repairedQuery(broken) == fixed)
    }

    @Test(
        "text booleans are repaired for everybody who is repaired at all",
        arguments: [
            (#"{"active":"false"}"#, #"{"active":false}"#),
            (
                #"{"Operations":[{"op":"replace","value":{"active":"TRUE"}}]}"#,
                #"{"Operations":[{"op":"replace","value":{"active":true}}]}"#
            ),
            (#"{"title":"true","active":"maybe"}"#, #"{"title":"true","active":"maybe"}"#),
        ] as [(String, String)])
    func booleans(broken: String, fixed: String) throws {
        for client in Client.all where client.name != "rfc" {
            #expect(try repaired(client, broken) == object(fixed), "\(client.name)")
        }
    }

    @Test(
        "a body as the RFC has it goes through every client untouched",
        arguments: [
            #"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","active":true,
             "emails":[{"value":"a@x","primary":true}],"\#(enterprise)":{"manager":{"value":"1"}},"x":[1,[2],null]}
            """#,
            #"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
             {"op":"add","path":"emails","value":[{"type":"work","value":"a@x"}]},
             {"op":"remove","path":"members[value eq \"true\"]"},{"op":"replace","value":{"name":{"givenName":"A"}}}]}
            """#,
        ])
    func untouched(text: String) throws {
        for client in Client.all {
            #expect(try repaired(client, text) == object(text), "\(client.name)")
            #expect(
                client.repairs.query("filter=userName%20eq%20%22a%22&count=1")
                    == "filter=userName%20eq%20%22a%22&count=1")
        }
    }

    @Test(
        "only the old name behind 32 hexadecimal digits, for somebody inactive, says that they were deleted",
        arguments: [
            ("0123456789abcdefABCDEF0123456789ann", "ann", false, true),
            ("0123456789abcdefABCDEF0123456789ANN", "ann", false, true),
            ("0123456789abcdefABCDEF0123456789ann", "ann", true, false),
            ("0123456789abcdefABCDEF0123456789ann", "ann", nil, false),
            ("0123456789abcdefABCDEF0123456789bob", "ann", false, false),
            ("0123456789abcdefABCDEF012345678ann", "ann", false, false),
            ("g123456789abcdefABCDEF0123456789ann", "ann", false, false),
            ("0123456789abcdefABCDEF0123456789", "", false, false),
            ("0123456789abcdefABCDEF01234567é9ann", "ann", false, false),
            ("ann", "ann", false, false),
        ] as [(String, String, Bool?, Bool)])
    func tombstones(next: String, name: String, active: Bool?, isIgnored: Bool) {
        var resource: JSONObject = ["userName": .string(next), "title": "x"]
        resource["active"] = active.map(JSONValue.bool)
        let kept = EntraQuirks.keepingName(resource, of: name)
        #expect(kept["userName"] == .string(isIgnored ? name : next) && kept["title"] == "x")
    }

    @Test(
        "the letter of the RFC refuses what the others repair",
        arguments: [
            #"{"Operations":[{"op":"replace","path":"title","value":"x"}]}"#,
            #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Add","path":"title","value":"x"}]}"#,
            #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members","value":[]}]}"#,
            #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","value":{"emails":{"value":"x"}}}]}"#,
            #"{"userName":"a"}"#, #"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"emails":"a@x"}"#,
        ])
    func strict(text: String) {
        #expect(throws: SCIMError.self) { try repaired(.rfc, text) }
    }
}
