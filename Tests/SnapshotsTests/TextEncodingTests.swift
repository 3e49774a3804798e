import Reconciliation
import Testing

@testable import Snapshots

@Suite("Encodings")
struct TextEncodingTests {
    static func text(_ bytes: [UInt8], _ encoding: TextEncoding, piece: Int) -> String? {
        var transcoder = Transcoder(encoding)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            guard part.withUnsafeBytes({ transcoder.take($0, into: &text) }) else { return nil }
        }
        return transcoder.isBetweenCharacters ? String(decoding: text, as: UTF8.self) : nil
    }

    @Test("bytes become the text that they mean, however they arrive", arguments: [1, 2, 3, 100])
    func meaning(piece: Int) {
        let words = "aé€田🚀"
        let little = words.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = words.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(Self.text(little, .utf16LittleEndian, piece: piece) == words)
        #expect(Self.text(big, .utf16BigEndian, piece: piece) == words)
        #expect(Self.text([0x61, 0xE9, 0x80, 0x96], .windows1252, piece: piece) == "aé€–")
        #expect(Self.text([0x61, 0xE9], .latin1, piece: piece) == "aé")
    }

    @Test("bytes that mean nothing are refused, and so is half a character at the end")
    func damage() {
        #expect(Self.text([0x81], .windows1252, piece: 1) == nil)
        #expect(Self.text([0x00, 0xDC], .utf16LittleEndian, piece: 2) == nil)
        #expect(Self.text([0x00, 0xD8, 0x41, 0x00], .utf16LittleEndian, piece: 2) == nil)
        #expect(Self.text([0x00, 0xD8], .utf16LittleEndian, piece: 2) == nil)
        #expect(Self.text([0x41], .utf16LittleEndian, piece: 1) == nil)
    }
}
