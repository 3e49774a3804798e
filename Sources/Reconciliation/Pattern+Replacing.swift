internal import CPCRE2

/// What `Replace` needs of an expression: every match with its groups.
extension Pattern {
    /// The most matches in one value; names and addresses have some dozens of characters.
    package static let matchesMax = 1000

    /// Every match in a value.
    struct Matches: Sendable, Equatable {
        /// The value's bytes after NFC: what the ranges mean.
        var text: [UInt8]
        /// From left to right, without overlaps: the ranges of the whole match and of each group, `nil` for a group that took
        /// no part.
        var found: [[Range<Int>?]]
    }

    /// A limit was reached: neither matches nor none.
    struct Exhaustion: Error, Equatable { var detail: String }

    /// Every match from left to right; after an empty one the next character, as .NET goes on.
    ///
    /// - Throws: ``Exhaustion`` where one match needs too many steps, or there are more than ``matchesMax``.
    func matches(in value: String) throws(Exhaustion) -> Matches {
        var matches = Matches(text: Array(NormalizedText.of(value).utf8), found: [])
        var position = 0
        while position <= matches.text.count {
            guard let groups = try code.groups(in: matches.text, from: position) else { break }
            guard let whole = groups.first ?? nil, whole.lowerBound >= position else {
                throw Exhaustion(detail: "the expression matches before the place where the last match ended")
            }
            guard matches.found.count < Self.matchesMax else {
                throw Exhaustion(detail: "the expression matches more than \(Self.matchesMax) times in this value")
            }
            matches.found.append(groups)
            position = whole.upperBound
            if whole.isEmpty {
                repeat { position += 1 } while position < matches.text.count && matches.text[position] & 0xC0 == 0x80
            }
        }
        return matches
    }

    /// A group by its name or number; `nil` where the expression has no such group. 0 is the whole match.
    func group(_ name: String) -> Int? {
        if let number = Int(name) { return (0...code.groupCount).contains(number) ? number : nil }
        return code.group(named: name)
    }
}
