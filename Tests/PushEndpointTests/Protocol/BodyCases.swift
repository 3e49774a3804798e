import Testing

/// What a body's bytes must be: one JSON object (RFC 8259, RFC 7644 3.12 `invalidSyntax`), in a media type of RFC 7644 3.8.
enum BodyCases {
    @CaseList static var bytes: [ProtocolCase] {
        for text in [
            "", " ", "{", "}", "{'userName'}", "{'userName':}", "{'userName':'ann'", "{'userName':'ann',}",
            "{,'userName':'ann'}", "{userName:'ann'}", "[]", "[{'userName':'ann'}]", "'ann'", "7", "true", "null",
            "{'userName':'ann'} x", "{'userName':'ann'}{}", "{'userName':'ann'},", "{'userName':ann}",
            "{'userName':'ann','x':NaN}", "{'userName':'ann','x':01}", "{'userName':'ann','x':1.}",
            "{'userName':'ann','x':+1}", "{'userName':'ann','x':0x1}", "{'userName':'ann','x':.5}",
            "{'userName':'ann','userName':'bob'}", "{'userName':'ann','name':{'givenName':'a','givenName':'b'}}",
            "{'userName':'ann','USERNAME':'bob'}", "{'userName':'ann','name':{'givenName':'a','GivenName':'b'}}",
            "{'userName':'ann','emails':[{'value':'a','VALUE':'b'}]}", "{'userName':'ann','{U}:userName':'bob'}",
            "{'userName':'\\ud800'}", "{'userName':'\\udc00\\ud800'}", "{'userName':'\\u12'}", "{'userName':'\\x'}",
            "{'userName':'a\tb'}", "{'userName':'a\nb'}", "{'userName':'ann'} // me", "/* me */ {'userName':'ann'}",
            "<user/>",
        ] {
            bytesRefused("8259 2 no JSON object: \(text.debugDescription)", Array(json(text).utf8))
        }
        bytesRefused(
            "8259 8.1 bytes that are not UTF-8", Array("{\"userName\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8))
        bytesRefused("8259 8.1 an overlong form", Array("{\"userName\":\"".utf8) + [0xC0, 0xAF] + Array("\"}".utf8))
        bytesRefused(
            "8259 8.1 a surrogate in UTF-8", Array("{\"userName\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8))
        bytesRefused(
            "8259 8.1 UTF-8 that is cut off", Array("{\"userName\":\"ann".utf8) + [0xE2, 0x82] + Array("\"}".utf8))
        bytesRefused("8259 8.1 UTF-16", "{\"userName\":\"ann\"}".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
        bytesRefused("8259 8.1 a byte order mark", [0xEF, 0xBB, 0xBF] + Array("{\"userName\":\"ann\"}".utf8))
        bytesRefused("8259 2 a NUL byte after the object", Array("{\"userName\":\"ann\"}".utf8) + [0])
        bytesRefused("8259 9 nesting beyond the limit", nested(70))
        bytesRefused("8259 9 nesting without end", Array(repeating: UInt8(ascii: "["), count: 100_000))
        create(
            "8259 9 nesting within the limit in an attribute that no schema has",
            String(decoding: nested(60), as: UTF8.self), gives: "{'userName':'ann'}")
        create(
            "8259 2 white space around and inside", " \t\r\n{ 'userName' : 'ann' , 'title' :\n'T' } \n",
            gives: "{'userName':'ann','title':'T'}")
        create("8259 7 escapes in names and values", "{'user\\u004eame':'\\u0061nn'}", gives: "{'userName':'ann'}")
    }

    private static func nested(_ levels: Int) -> [UInt8] {
        Array(
            ("{\"userName\":\"ann\",\"x\":" + String(repeating: "[", count: levels)
                + String(repeating: "]", count: levels) + "}").utf8)
    }

    @CaseList static var mediaTypes: [ProtocolCase] {
        for type in [
            "application/scim+json", "application/json", "application/scim+json; charset=utf-8",
            "application/json;charset=UTF-8", "APPLICATION/SCIM+JSON",
        ] {
            scenario(
                "7644 3.8 a body of \(type) is read", [],
                send("POST", "/Users", "{'userName':'ann'}", headers: ["content-type": type], 201))
        }
        for type in [
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "application/scim", "absent",
        ] {
            scenario(
                "7644 3.8 a body whose type is \(type) is refused", [],
                refused("POST", "/Users", "{'userName':'ann'}", headers: ["content-type": type], 415, nil))
        }
        for accept in [
            "application/scim+json", "application/json", "*/*", "application/*",
            "application/scim+json, application/json;q=0.5",
            "text/html", "absent",
        ] {
            scenario(
                "7644 3.8 Accept \(accept) is answered with scim+json", [given("it", person)],
                get(
                    "/Users/{it}", headers: ["accept": accept], 200, .changed("{}"),
                    answers: ["content-type": "application/scim+json"]))
        }
    }

    static var all: [ProtocolCase] { bytes + mediaTypes }
}
