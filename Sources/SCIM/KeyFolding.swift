import Foundation

/// Folds names to the key by which they are unique and found: the one place where "the same name" is defined.
package enum KeyFolding {
    /// The key of a `userName`, a group's name or an e-mail address: NFKC case folding (Unicode 3.13, NFKC_Casefold as far
    /// as Foundation offers it), so that letter case, NFC and NFD, full-width and ligature forms and zero-width characters
    /// name one account. ASCII is folded without Foundation.
    package static func fold(_ name: String) -> String {
        var ascii = true
        var lower = true
        for byte in name.utf8 {
            if byte >= 0x80 { ascii = false; break }
            if byte >= 0x41 && byte <= 0x5A { lower = false }
        }
        if ascii { return lower ? name : name.lowercased() }
        // Case folding can undo normalisation and the other way round, so both run until nothing moves.
        var folded = name
        for _ in 0..<4 {
            let next = step(folded)
            if next.utf8.elementsEqual(folded.utf8) { break }
            folded = next
        }
        return folded
    }

    private static func step(_ text: String) -> String {
        let visible = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }))
        var mapped = ""
        for scalar in visible.decomposedStringWithCompatibilityMapping.unicodeScalars {
            // Full folding of sharp s and final sigma goes by way of upper case.
            mapped += scalar.properties.uppercaseMapping.unicodeScalars.map(\.properties.lowercaseMapping).joined()
        }
        return mapped.precomposedStringWithCompatibilityMapping
    }
}
