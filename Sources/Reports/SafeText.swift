/// Makes text from outside harmless on a terminal: names and values come from people who may want to be read as somebody
/// else, or to forge a line of a report.
package enum SafeText {
    /// The text on one line: control characters, line separators, directional marks and other invisible format characters
    /// are shown as `\n`, `\t` or `\u{202E}`, and the backslash as `\\`. Joiners of scripts and emoji stay.
    ///
    /// Plain ASCII costs one pass over its bytes.
    package static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }) { return text }
        return escaped(text) { $0 == "\\" ? "\\\\" : isHostile($0) ? escape($0) : nil }
    }

    /// A message of ours with text from outside in it, on one line: as ``line(_:)``, and the backslash stays, since some of
    /// that text is escaped already.
    package static func message(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        return escaped(text) { isHostile($0) ? escape($0) : nil }
    }

    /// JSON text as it may be shown on a terminal: what JSON lets stand and a terminal would obey becomes `\u202e`. The
    /// meaning stays the same, since such characters occur within strings only.
    package static func json(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x7F }) { return text }
        return escaped(text) { scalar in
            guard isHostile(scalar) else { return nil }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }
    }

    private static func escaped(_ text: String, by escape: (Unicode.Scalar) -> String?) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let replacement = escape(scalar) {
                safe.append(contentsOf: replacement.unicodeScalars)
            } else {
                safe.append(scalar)
            }
        }
        return String(safe)
    }

    /// Whether a terminal or a reader may be misled by it.
    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: false
        case 0x200C, 0x200D: false
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
            default: false
            }
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
        }
    }
}
