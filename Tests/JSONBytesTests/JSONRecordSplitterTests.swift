import Testing

@testable import JSONBytes

@Suite("Records at paths")
struct JSONRecordSplitterTests {
    struct Cut: Equatable {
        var records: [String] = []
        var paths: [[Int]] = []
        var rests: [String] = []
        var opened: [Set<Int>] = []
        var isBare = false
    }

    static func cut(_ text: String, _ paths: [String], kept: Set<String> = [], piece: Int = 7) throws -> Cut {
        let splitter = JSONRecordSplitter(paths: try paths.map { try JSONRecordPath(parsing: $0) }, kept: kept)
        let bytes = Array(text.utf8)
        var position = 0
        var cut = Cut()
        while true {
            switch try splitter.next() {
            case .needsBytes:
                splitter.fill { buffer in
                    let count = min(piece, buffer.count, bytes.count - position)
                    for index in 0..<count { buffer[index] = bytes[position + index] }
                    position += count
                    return count
                }
            case .element(let element):
                let text = String(decoding: element.bytes, as: UTF8.self)
                #expect(Array(bytes[element.offset..<element.offset + element.bytes.count]) == Array(element.bytes))
                cut.records.append(text)
                cut.paths.append(element.paths)
            case .document(let document):
                cut.rests.append(JSONValue.object(document.rest).text)
                cut.opened.append(document.opened)
                cut.isBare = document.isBare
            case .end: return cut
            }
        }
    }

    @Test("records are found at any depth, and only asked-for keys are kept beside them")
    func depth() throws {
        let text = #"{"a":{"n":2,"x":9,"items":[{"i":1},{"i":2}]},"g":{"items":[]},"more":false,"big":{"n":1}}"#
        let cut = try Self.cut(text, ["$.a.items[*]", "$.g.items[*]"], kept: ["n", "more"])
        #expect(cut.records == [#"{"i":1}"#, #"{"i":2}"#])
        #expect(cut.paths == [[0], [0]] && cut.opened == [[0, 1]])
        #expect(cut.rests == [#"{"a":{"n":2},"more":false}"#])
    }

    @Test("two paths in one document are read in one pass")
    func twoPaths() throws {
        let cut = try Self.cut(#"{"groups":[{"g":1}],"users":[{"u":1}]}"#, ["$.users[*]", "$.groups[*]"])
        #expect(cut.records == [#"{"g":1}"#, #"{"u":1}"#] && cut.paths == [[1], [0]])
    }

    @Test(
        "pages are documents: in an array, one after another, or as a JSON sequence",
        arguments: [
            #"[{"v":[1,2],"n":"a"},{"v":[3],"n":null}]"#, #"{"v":[1,2],"n":"a"} {"v":[3],"n":null}"#,
            "\u{1E}{\"v\":[1,2],\"n\":\"a\"}\n\u{1E}{\"v\":[3],\"n\":null}\n",
        ])
    func pages(text: String) throws {
        let cut = try Self.cut(text, ["$.v[*]"], kept: ["n"])
        #expect(cut.records == ["1", "2", "3"] && cut.rests == [#"{"n":"a"}"#, #"{"n":null}"#] && !cut.isBare)
    }

    @Test(
        "bare records are taken as they are",
        arguments: [
            (#"[{"a":1},{"a":2}]"#, "$.users[*]"), ("{\"a\":1}\r\n{\"a\":2}\n", "$.users[*]"),
            (#"[{"a":1},{"a":2}]"#, "$[*]"), ("{\"a\":1}\n{\"a\":2}", "$[*]"), (#"[[{"a":1}],[{"a":2}]]"#, "$[*]"),
            (#"[{"a":1}] [{"a":2}]"#, "$[*]"), ("\u{FEFF}[{\"a\":1},{\"a\":2}]", "$[*]"),
        ])
    func bare(text: String, path: String) throws {
        let cut = try Self.cut(text, [path])
        #expect(cut.records == [#"{"a":1}"#, #"{"a":2}"#] && cut.isBare && cut.opened.allSatisfy { $0 == [0] })
    }

    @Test("one object is one bare record; an empty list has none")
    func few() throws {
        #expect(try Self.cut(#"{"a":1}"#, ["$[*]"]).records == [#"{"a":1}"#])
        #expect(try Self.cut("[]", ["$[*]"]).records == [])
        #expect(try Self.cut("[]", ["$.users[*]"]).records == [])
    }

    @Test("values of an object, steps behind a list, and a list of one that a tool collapsed")
    func steps() throws {
        #expect(try Self.cut(#"{"u":{"a":{"i":1},"b":{"i":2}}}"#, ["$.u.*"]).records == [#"{"i":1}"#, #"{"i":2}"#])
        #expect(try Self.cut(#"{"e":[{"node":{"i":1},"c":"x"},{"c":"y"}]}"#, ["$.e[*].node"]).records == [#"{"i":1}"#])
        #expect(try Self.cut(#"{"u":{"i":1}}"#, ["$.u[*]"]).records == [#"{"i":1}"#])
    }

    @Test("a document without the place of the records says so")
    func notOpened() throws {
        let cut = try Self.cut(#"{"error":"x"}"#, ["$.users[*]"], kept: ["error"])
        #expect(cut.records == [] && cut.opened == [[]] && cut.rests == [#"{"error":"x"}"#])
    }

    @Test(
        "damage beside the records is found",
        arguments: [
            (#"{"u":[1,2"#, JSONSyntaxError.Code.unexpectedEnd), (#"{"u":[1,]}"#, .unexpectedByte),
            (#"{"a":1,"a":2}"#, .duplicateKey),
            (#"{"u":[1]}x"#, .unexpectedByte), (#"[{"u":[1]}] {}"#, .trailingBytes), ("", .empty),
            (#"{"u":[1 2]}"#, .unexpectedByte),
            (#"{"a":xyz,"u":[]}"#, .unexpectedByte), ("x", .unexpectedByte), (#"{"u":[1]"#, .unexpectedEnd),
        ])
    func damage(text: String, code: JSONSyntaxError.Code) {
        let fault = #expect(throws: JSONSplitter.Fault.self) { try Self.cut(text, ["$.u[*]"]) }
        #expect(fault?.code == code)
    }

    @Test("how the bytes arrive does not matter", arguments: [1000, 4099, 65_536, 200_000])
    func pieces(piece: Int) throws {
        let records = (0..<6000).map {
            #"{"id":\#($0),"name":"x\"\#($0)","tail":"\#(String(repeating: "é", count: $0 % 90))"}"#
        }
        let text = #"{"total":6000,"data":{"users":["# + records.joined(separator: ",\n ") + "]}}"
        let cut = try Self.cut(text, ["$.data.users[*]"], kept: ["total"], piece: piece)
        #expect(cut.records == records && cut.rests == [#"{"total":6000}"#])
    }
}
