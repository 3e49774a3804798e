import JSONBytes
import Testing

@Suite struct JSONParserTests {
    @Test(
        "a JSON text comes back as it was written",
        arguments: [
            #"{"a":1,"b":[true,false,null],"c":{"d":"é😀"}}"#, "17", "-0", "1.50", "1e400", "-12.5E+3", #""""#, "[]",
            "{}",
            #"{"id":123456789012345678901234567890}"#, #"["\u0000","\"\\\n"]"#, "[[[]]]",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
    }

    @Test("escapes mean their characters")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""\ud83d\ude80\u00e9\/\b\f\n\r\t""#).string == "🚀é/\u{8}\u{C}\n\r\t")
        #expect(try JSONValue(parsing: " [ 1 , 2 ] \r\n\t").array?.count == 2)
    }

    @Test(
        "what RFC 8259 does not allow is refused at its place",
        arguments: [
            ("", .empty, 0), (" \n", .empty, 2), ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,]", .unexpectedByte, 3),
            (#"{"a":1,}"#, .unexpectedByte, 7), ("[1 2]", .unexpectedByte, 3), ("{a:1}", .unexpectedByte, 1),
            (#"{"a" 1}"#, .unexpectedByte, 5), ("[1] x", .trailingBytes, 4), ("{}{}", .trailingBytes, 2),
            ("\u{FEFF}{}", .byteOrderMark, 0), (#"{"a":1,"a":2}"#, .duplicateKey, 7),
            (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
            (#"{"\u00e9":1,"e\u0301":2}"#, .duplicateKey, 12), ("01", .badNumber, 0), ("+1", .unexpectedByte, 0),
            ("[.5]", .unexpectedByte, 1), ("[1.]", .badNumber, 1), ("[1e]", .badNumber, 1), ("-", .unexpectedEnd, 1),
            ("NaN", .unexpectedByte, 0), ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte, 0),
            ("truex", .trailingBytes, 4),
            (#"["\ud800"]"#, .loneSurrogate, 2), (#"["\udc00"]"#, .loneSurrogate, 2),
            (#"["\ud800\u0041"]"#, .loneSurrogate, 2),
            (#"["\x"]"#, .badEscape, 2), (#"["\u12g4"]"#, .badEscape, 2), (#"["\u12"#, .unexpectedEnd, 6),
            ("[\"a\nb\"]", .controlCharacter, 3),
            ("[\u{0}]", .controlCharacter, 1), ("\"abc", .unexpectedEnd, 4), ("// x", .unexpectedByte, 0),
            ("['a']", .unexpectedByte, 1),
        ] as [(String, JSONSyntaxError.Code, Int)])
    func refused(text: String, code: JSONSyntaxError.Code, offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
        #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
    }

    @Test(
        "bytes that are not UTF-8 are refused at the first bad one",
        arguments: [[0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80], [0xFF], [0xE2, 0x82]]
            as [[UInt8]])
    func invalidUTF8(bad: [UInt8]) {
        for escape in [[], Array(#"\n"#.utf8)] as [[UInt8]] {
            let text = Array("{\"n\":\"é".utf8) + bad + escape + Array("\"}".utf8)
            let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
            #expect(error?.code == .invalidUTF8)
            #expect(error?.offset == 8)
            #expect(error?.column == 8)
        }
    }

    @Test("an error names line and column in characters")
    func place() {
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "{\n \"é\": x}") }
        #expect(error?.line == 2)
        #expect(error?.column == 7)
        #expect(error?.description == "line 2, column 7: 'x' where a value is expected")
    }

    @Test("depth is allowed up to the limit and refused above it")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try JSONValue(parsing: nested(64))
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(65)) }
        #expect(error?.code == .tooDeep)
        let giant = #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: String(repeating: "[{\"a\":", count: 1_000_000))
        }
        #expect(giant?.code == .tooDeep)
        _ = try JSONValue(parsing: nested(3), depthMax: 3)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(3), depthMax: 2) }
    }

    @Test("a duplicate key is found in objects of any size")
    func manyKeys() throws {
        let keys = (0..<500).map { "\"k\($0)\":\($0)" }
        let object = try JSONValue(parsing: "{" + keys.joined(separator: ",") + "}").object
        #expect(object?.count == 500)
        for repeated in [0, 23, 24, 25, 499] {
            let text = "{" + keys.joined(separator: ",") + ",\"k\(repeated)\":0}"
            let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
            #expect(error?.code == .duplicateKey)
        }
    }

    @Test("a text cut anywhere is refused")
    func truncation() {
        let text = Array(#"{"a":[1.5e3,"x\u00e9\"y",true,null],"b":{"c":"ü"}}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text[..<length])) }
        }
    }
}
