import JSONBytes
import Testing

@Suite struct JSONSplitterTests {
    struct Split: Equatable {
        var elements: [String] = []
        var offsets: [Int] = []
        var members = ""
        var shape: JSONSplitter.Shape?
        var hasRecords = false
    }

    /// Splits a text that arrives in pieces of at most `piece` bytes.
    private func split(_ text: String, pieces piece: Int, lines: Bool = true) throws(JSONSplitter.Fault) -> Split {
        let splitter = JSONSplitter(recordKey: "value", allowsLines: lines)
        var rest = Array(text.utf8)[...]
        var split = Split()
        while true {
            switch try splitter.next() {
            case .needsBytes:
                splitter.fill { buffer in
                    let next = rest.prefix(min(piece, buffer.count))
                    buffer.copyBytes(from: next)
                    rest = rest.dropFirst(next.count)
                    return next.count
                }
            case .element(let element):
                split.elements.append(String(decoding: element.bytes, as: UTF8.self))
                split.offsets.append(element.offset)
            case .end:
                split.members = splitter.members.text
                (split.shape, split.hasRecords) = (splitter.shape, splitter.hasRecords)
                return split
            }
        }
    }

    @Test("records are found wherever the pieces end", arguments: [1, 2, 3, 7, 64, 1 << 20])
    func pieces(piece: Int) throws {
        let text = #"""
            {"a" : {"value":[1]}, "value": [ {"x":"]}\"\\","y":[{}]} , 17, "s\"]", null ,[ [ ] ],{}
            ] , "b":"é\u0000" , "c":-1.50 }
            """#
        let split = try split(text, pieces: piece)
        #expect(split.elements == [#"{"x":"]}\"\\","y":[{}]}"#, "17", #""s\"]""#, "null", "[ [ ] ]", "{}"])
        #expect(split.members == #"{"a":{"value":[1]},"b":"é\u0000","c":-1.50}"#)
        #expect(split.shape == .object)
        let bytes = Array(text.utf8)
        for (element, offset) in zip(split.elements, split.offsets) {
            #expect(bytes[offset...].starts(with: element.utf8))
        }
    }

    @Test("arrays, lines and objects without records are told apart")
    func shapes() throws {
        #expect(try split("[{},{}]", pieces: 1).shape == .array)
        #expect(try split("\u{FEFF} [{}]", pieces: 1).offsets == [5])
        let lines = try split("{\"a\":1}\n{\"b\":2}\r\n", pieces: 1)
        #expect(lines.shape == .lines)
        #expect(lines.elements == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(throws: JSONSplitter.Fault.self) { try split("{}\n{}", pieces: 9, lines: false) }
        #expect(throws: JSONSplitter.Fault.self) { try split("{}\n{}\n17", pieces: 9) }
        #expect(throws: JSONSplitter.Fault.self) { try split("{}\n{}\n{", pieces: 9) }
        let other = try split(#"{"value":{},"x":[1,2]}"#, pieces: 1)
        #expect(other.hasRecords == false)
        #expect(other.members == #"{"value":{},"x":[1,2]}"#)
    }

    @Test("records longer than a piece come whole")
    func longRecords() throws {
        let long = "{\"t\":\"" + String(repeating: "ä\\\"", count: 300_000) + "\"}"
        let split = try split("[\(long),{\"u\":1},\(long)]", pieces: 100_000)
        #expect(split.elements == [long, "{\"u\":1}", long])
    }

    @Test("a fault is at its byte of the file, however far in", arguments: [5, 1 << 20])
    func faults(piece: Int) {
        let records = (0..<50_000).map { "{\"id\":\($0)}" }.joined(separator: ",")
        let text = "[\(records) {}]"
        let fault = #expect(throws: JSONSplitter.Fault.self) { try split(text, pieces: piece) }
        #expect(fault?.offset == text.utf8.count - 3)
        #expect(fault?.code == .unexpectedByte)
    }
}
