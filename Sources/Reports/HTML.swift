import Reconciliation

/// Markup in which a value cannot stand unescaped: literals are the markup, interpolated values are text.
///
///     let cell: HTML = "<td title=\"\(reason)\">\(name)</td>"
///
/// The only way around it is ``init(ofProgram:)``, which takes nothing but literals of the program. All markup is
/// well-formed XML too, so that a strict parser can test it.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    private(set) var markup: String

    init(stringLiteral value: String) { markup = value }
    init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }

    /// The program's own style sheet and script.
    init(ofProgram text: StaticString) { markup = text.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity * 2) }
        mutating func appendLiteral(_ literal: String) { markup += literal }
        mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
        mutating func appendInterpolation(_ text: String) { markup += HTML.escape(text) }
        mutating func appendInterpolation(_ number: Int) { markup += String(number) }
    }

    static func += (left: inout HTML, right: HTML) { left.markup += right.markup }
    static func + (left: HTML, right: HTML) -> HTML {
        var sum = left
        sum += right
        return sum
    }

    var isEmpty: Bool { markup.isEmpty }

    /// Text as it may stand between tags and in quoted attributes: the five characters of markup become references, and
    /// control, directional and other invisible characters are shown as ``SafeText`` shows them, not obeyed.
    static func escape(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && !isMarkup($0) }) { return text }
        var safe = ""
        for scalar in SafeText.message(text).unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    private static func isMarkup(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }
}

extension Sequence<HTML> {
    func joined(_ separator: HTML = "") -> HTML {
        var all: HTML = ""
        for (index, part) in enumerated() { all += index == 0 ? part : separator + part }
        return all
    }
}

/// JSON inside of a `<script>` element: as ``SafeText/json(_:)``, and nothing in it ends the element or begins markup.
enum ScriptJSON {
    static func text(_ json: String) -> String {
        var safe: [UInt8] = []
        safe.reserveCapacity(json.utf8.count + 16)
        for byte in SafeText.json(json).utf8 {
            switch byte {
            case UInt8(ascii: "<"): safe += "\\u003c".utf8
            case UInt8(ascii: ">"): safe += "\\u003e".utf8
            case UInt8(ascii: "&"): safe += "\\u0026".utf8
            default: safe.append(byte)
            }
        }
        return String(decoding: safe, as: UTF8.self)
    }
}

/// What a Content-Security-Policy says about an inline element: `'sha256-…'` of its text.
enum ContentHash {
    static func source(_ html: HTML) -> String { "'sha256-" + base64(hex: PlanDigest.sha256(html.markup)) + "'" }

    private static func base64(hex: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = hex.compactMap(\.hexDigitValue).flatMap { digit in (0..<4).map { digit >> (3 - $0) & 1 } }
        var text = ""
        for start in stride(from: 0, to: bits.count, by: 6) {
            let six = (0..<6).reduce(0) { $0 << 1 | (start + $1 < bits.count ? bits[start + $1] : 0) }
            text.append(digits[six])
        }
        return text + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }
}
