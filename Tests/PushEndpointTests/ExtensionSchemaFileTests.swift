import SCIM
import Testing

@Suite("Files of extension schemas that are none")
struct ExtensionSchemaFileTests {
    private static func refusal(_ text: String) -> String {
        do {
            _ = try ExtensionSchemaFile.read(Array(text.utf8))
            return "accepted"
        } catch { return error.description }
    }

    @Test(
        "a file that cannot be is refused with place and cure",
        arguments: [
            ("", "line 1, column 1"), ("{", "line 1"), ("[]", "there is no schema"), ("7", "an object must stand here"),
            (#"{"schemas":[]}"#, "there is no schema"),
            (#"{"extends":"Robot","schemas":[]}"#, "column 2: 'extends' must be one of: User, Group"),
            (#"{"extend":"User","schemas":[]}"#, "column 2: 'extend' is not known here"),
            (#"{"required":"yes","schemas":[]}"#, "must be true or false"),
            (
                #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[]}"#,
                "'Resources' is not known"
            ),
            (#"{"schemas":[{"attributes":[]}]}"#, "'id' is missing"),
            (#"{"schemas":[{"id":"urn:x:y"}]}"#, "'attributes' is missing"),
            (#"{"schemas":[{"id":"urn:x:y","attributes":[]}]}"#, "no attribute in it"),
            (#"{"schemas":[{"id":"urn:ietf:params:scim:schemas:core:2.0:User","attributes":[]}]}"#, "RFC 7643"),
            (#"{"schemas":[{"id":"URN:IETF:x:y","attributes":[]}]}"#, "must be a URN"),
            (
                #"{"schemas":[{"id":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:USER","attributes":[]}]}"#,
                "RFC 7643"
            ),
            (#"{"schemas":[{"id":"acme","attributes":[]}]}"#, "must be a URN"),
            (#"{"schemas":[{"id":"urn:x:y[z]","attributes":[]}]}"#, "must be a URN"),
            (#"{"schemas":[{"id":"urn:x::y","attributes":[]}]}"#, "must be a URN"),
            (#"{"schemas":[{"id":7,"attributes":[]}]}"#, "a text must stand here"),
            (#"{"schemas":[{"id":"urn:x:y","id":"urn:x:z","attributes":[]}]}"#, "line 1"),
            (
                #"{"schemas":[{"id":"urn:x:y","attributes":[{"name":"a"}]},{"id":"urn:X:y","attributes":[{"name":"a"}]}]}"#,
                "twice"
            ),
            (
                #"{"schemas":[{"id":"urn:x:y","attributes":[{"name":"a"}]},{"id":"urn:x:y:z","attributes":[{"name":"a"}]}]}"#,
                "would also read"
            ),
            (
                #"{"schemas":[{"id":"urn:x:y","schemas":["urn:z"],"attributes":[{"name":"a"}]}]}"#,
                "'schemas' of a Schema"
            ),
        ])
    func refusedFiles(_ text: String, _ part: String) {
        #expect(Self.refusal(text).contains(part), "\(Self.refusal(text))")
    }

    @Test(
        "an attribute that cannot be is refused, at its place",
        arguments: [
            (#"{"name":"a b"}"#, "no name of an attribute"), (#"{"name":"1a"}"#, "no name"),
            (#"{"name":""}"#, "no name"), (#"{"name":"$ref"}"#, "no name"),
            (#"{"name":"ä"}"#, "no name"), (#"{"name":"a.b"}"#, "no name"), (#"{"name":"a\u0000"}"#, "control"),
            (#"{"name":"a"},{"name":"A"}"#, "twice"), (#"{"type":"string"}"#, "'name' is missing"),
            (#"{"name":"a","type":"text"}"#, "'type' must be one of"),
            (#"{"name":"a","typ":"string"}"#, "'typ' is not known"),
            (#"{"name":"a","multiValued":1}"#, "true or false"),
            (#"{"name":"a","mutability":"sometimes"}"#, "readOnly, readWrite"),
            (#"{"name":"a","mutability":"writeOnly"}"#, "no secret is kept"),
            (#"{"name":"a","uniqueness":"server"}"#, #"say "uniqueness": "none""#),
            (#"{"name":"a","canonicalValues":"x"}"#, "a list must stand here"),
            (#"{"name":"a","canonicalValues":[1]}"#, "a text must"),
            (#"{"name":"a","type":"complex"}"#, "needs 'subAttributes'"),
            (#"{"name":"a","subAttributes":[{"name":"b"}]}"#, "only a complex"),
            (
                #"{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex","subAttributes":[{"name":"c"}]}]}"#,
                "cannot be complex"
            ),
            (
                #"{"name":"a","type":"complex","subAttributes":[{"name":"type","type":"integer"}]}"#,
                "'type' must be a string"
            ),
            (#"{"name":"a","type":"complex","subAttributes":[{"name":"b","multiValued":true}]}"#, "one value here"),
            (#"{"name":"members"}"#, "choose another name"), (#"{"name":"Password"}"#, "choose another name"),
            ("7", "an object must"),
        ])
    func refusedAttributes(_ attribute: String, _ part: String) {
        let text = ExtensionSchemaTests.small(attribute)
        #expect(
            Self.refusal(text).contains(part) && Self.refusal(text).hasPrefix("line 1, column"), "\(Self.refusal(text))"
        )
    }

    @Test("the place is that of the value, in lines and characters")
    func place() {
        let text =
            "{\n  \"schemas\": [{\n    \"id\": \"urn:x:y\", \"attributes\": [{\"name\": \"a\"},\n    {\"name\": \"é b\"}]}]}"
        #expect(Self.refusal(text).hasPrefix("line 4, column 6: 'é b'"), "\(Self.refusal(text))")
    }

    @Test("the limits hold just at and just above")
    func limits() {
        func attributes(_ count: Int) -> String { (0..<count).map { #"{"name":"a\#($0)"}"# }.joined(separator: ",") }
        func schemas(_ count: Int) -> String {
            let list = (0..<count).map { #"{"id":"urn:x:y\#($0)","attributes":[{"name":"a"}]}"# }
            return #"{"schemas":[\#(list.joined(separator: ","))]}"#
        }
        #expect(Self.refusal(ExtensionSchemaTests.small(attributes(200))) == "accepted")
        #expect(Self.refusal(ExtensionSchemaTests.small(attributes(201))).contains("at most 200"))
        #expect(Self.refusal(schemas(8)) == "accepted" && Self.refusal(schemas(9)).contains("more than 8"))
        let file = ExtensionSchemaTests.small(#"{"name":"a"}"#)
        let full = file + String(repeating: " ", count: ExtensionSchemaFile.bytesMax - file.utf8.count)
        #expect(Self.refusal(full) == "accepted" && Self.refusal(full + " ").contains("longer than 65536 bytes"))
        #expect(
            Self.refusal(ExtensionSchemaTests.small(#"{"name":"\#(String(repeating: "a", count: 257))"}"#)).contains(
                "no name"))
    }
}
