import Foundation

extension ExpressionFunction {
    static let texts: [ExpressionFunction] = [
        ExpressionFunction("Append", "source, suffix", 2...2, "The source with the suffix after it.") {
            call throws(ExpressionFailure) in .of(try call.text(0) + call.text(1))
        },
        ExpressionFunction("ConvertToBase64", "source", 1...1, "The text in UTF-16 (little-endian) as Base64.") {
            call throws(ExpressionFailure) in
            let bytes = try call.text(0).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            return .of(Data(bytes).base64EncodedString())
        },
        ExpressionFunction("ConvertToUTF8Hex", "source", 1...1, "The text's bytes in UTF-8 as hexadecimal digits.") {
            call throws(ExpressionFailure) in
            .of(try call.text(0).utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined())
        },
        ExpressionFunction("CStr", "value", 1...1, "A number or truth value as text; truth is True or False.") {
            call throws(ExpressionFailure) in .of(try call.text(0))
        },
        ExpressionFunction(
            "InStr", "text, part, [start], [compareType]", 2...4,
            "Where the part first stands in the text, from 1; 0 if nowhere. vbTextCompare does not count letter case."
        ) { call throws(ExpressionFailure) in
            let ignoresCase = try call.text(3) == "vbtextcompare"
            func characters(_ text: String) -> [Character] { Array(ignoresCase ? text.lowercased() : text) }
            let (text, part) = (characters(try call.text(0)), characters(try call.text(1)))
            let start = call.isOmitted(2) ? 1 : try call.position(2)
            guard start >= 1 else { throw call.failure("start is \(start); the first character is 1") }
            guard !part.isEmpty, start <= text.count else { return .number(0) }
            let found = text[(start - 1)...].firstRange(of: part)
            return .number(Int64(found.map { $0.lowerBound + 1 } ?? 0))
        },
        ExpressionFunction(
            "Left", "source, count", 2...2,
            "The first characters. All of them when there are fewer, or the count is negative."
        ) { call throws(ExpressionFailure) in
            let (text, count) = (try call.text(0), try call.position(1))
            return .of(count < 0 ? text : String(text.prefix(count)))
        },
        ExpressionFunction("Len", "source", 1...1, isEntras: false, "How many characters the text has.") {
            call throws(ExpressionFailure) in .number(Int64(try call.text(0).count))
        },
        ExpressionFunction(
            "Mid", "source, start, length", 3...3, "Characters from a position on; the first is 1."
        ) { call throws(ExpressionFailure) in
            let (text, start, length) = (try call.text(0), try call.position(1), try call.position(2))
            guard start >= 1 else { throw call.failure("start is \(start); the first character is 1") }
            guard length >= 0 else { throw call.failure("length is \(length)") }
            return .of(String(text.dropFirst(start - 1).prefix(length)))
        },
        ExpressionFunction(
            "NormalizeDiacritics", "source", 1...1,
            "The text with letters in place of accented ones: ä a, ß ss, æ ae, ø oe, ł l. Other scripts stay as they are."
        ) { call throws(ExpressionFailure) in .of(Diacritics.normalized(try call.text(0))) },
        ExpressionFunction(
            "PCase", "source, [separators]", 1...2,
            "Each word with a capital and small letters after it; words end at the separators, else at anything but letters, digits and apostrophes."
        ) { call throws(ExpressionFailure) in
            let separators = call.isOmitted(1) ? nil : Set(try call.text(1))
            var text = ""
            var begins = true
            for character in try call.text(0) {
                let isSeparator =
                    separators?.contains(character)
                    ?? !(character.isLetter || character.isNumber || character == "'" || character == "’")
                text += begins && !isSeparator ? character.uppercased() : character.lowercased()
                begins = isSeparator
            }
            return .of(text)
        },
        ExpressionFunction("Right", "source, count", 2...2, isEntras: false, "The last characters, as Left the first.")
        {
            call throws(ExpressionFailure) in
            let (text, count) = (try call.text(0), try call.position(1))
            return .of(count < 0 ? text : String(text.suffix(count)))
        },
        ExpressionFunction("StripSpaces", "source", 1...1, "The text without its space characters (U+0020).") {
            call throws(ExpressionFailure) in .of(try call.text(0).filter { $0 != " " })
        },
        ExpressionFunction(
            "ToLower", "source, [culture]", 1...2, "Small letters, by the rules that hold for all languages.",
            check: Self.cultureProblem
        ) { call throws(ExpressionFailure) in .of(try call.text(0).lowercased()) },
        ExpressionFunction(
            "ToUpper", "source, [culture]", 1...2, "Capital letters, by the rules that hold for all languages.",
            check: Self.cultureProblem
        ) { call throws(ExpressionFailure) in .of(try call.text(0).uppercased()) },
        ExpressionFunction("Trim", "source", 1...1, isEntras: false, "The text without white space at both ends.") {
            call throws(ExpressionFailure) in .of(try call.text(0).trimmingSpaces)
        },
        ExpressionFunction(
            "Word", "source, number, delimiters", 3...3,
            "The word of this number, from 1; words end at any of the delimiters, and empty ones do not count."
        ) { call throws(ExpressionFailure) in
            let (text, number, delimiters) = (try call.text(0), try call.position(1), Set(try call.text(2)))
            let words = text.split { delimiters.contains($0) }
            return number >= 1 && number <= words.count ? .of(String(words[number - 1])) : .empty
        },
    ]

    /// Turkish, Azerbaijani and Lithuanian have letter cases of their own, which would make two names of one.
    private static let cultureProblem: @Sendable ([MappingExpression.Node]) -> String? = { nodes in
        guard nodes.count > 1, case .text(let culture) = nodes[1] else { return nil }
        let language = culture.lowercased().prefix { $0 != "-" }
        return ["tr", "az", "lt"].contains(String(language)) ? "the culture \(culture) is not supported" : nil
    }
}

/// Latin letters without their accents, by the table of Entra's NormalizeDiacritics.
enum Diacritics {
    private static let letters: [Unicode.Scalar: String] = [
        "æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE", "ß": "ss", "ı": "i", "ł": "l", "Ł": "L",
    ]

    /// Marks are taken from Latin letters only: those of other scripts, such as Japanese voicing marks, are letters there.
    static func normalized(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var normalized = String.UnicodeScalarView()
        var followsLatin = false
        for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
            if scalar.properties.generalCategory == .nonspacingMark {
                if !followsLatin { normalized.append(scalar) }
            } else if let letter = letters[scalar] {
                normalized.append(contentsOf: letter.unicodeScalars)
                followsLatin = true
            } else {
                normalized.append(scalar)
                followsLatin = scalar.isASCII && scalar.properties.isAlphabetic
            }
        }
        return String(normalized).precomposedStringWithCanonicalMapping
    }
}
