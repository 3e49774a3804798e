internal import CPCRE2
import Foundation

/// A regular expression of a scoping filter or a mapping (PCRE2 syntax, Unicode letters and classes, case-sensitive unless `(?i)` says
/// otherwise), compiled once and safe to use from any thread.
///
/// Both sides are compared after NFC. `$` is the very end of the value, not the place before a last line feed.
package struct Pattern: Sendable, Hashable {
    package let text: String
    /// A part of the value suffices; else the whole value has to match.
    package let find: Bool
    let code: Code

    package enum Outcome: Sendable, Equatable {
        case match, noMatch
        /// A limit was reached: neither a match nor none.
        case exhausted(String)
    }

    /// An expression that cannot be.
    package struct Fault: Error, Equatable {
        package var detail: String
        /// Where in the expression, in code points from 1.
        package var column: Int
    }

    /// The longest expression, in bytes; more is no condition that somebody can read.
    package static let bytesMax = 4096
    /// Steps of one match: some milliseconds. Expressions that fit names and addresses need some dozens.
    package static let matchStepsMax: UInt32 = 100_000
    /// Nested backtracking points of one match.
    static let matchDepthMax: UInt32 = 50_000
    /// Memory of one match in KiB.
    static let matchKibibytesMax: UInt32 = 8192

    /// - Throws: ``Fault`` for an expression that does not compile.
    package init(_ text: String, find: Bool) throws(Fault) {
        guard text.utf8.count <= Self.bytesMax else {
            throw Fault(detail: "it is longer than \(Self.bytesMax) bytes", column: 1)
        }
        self.text = text
        self.find = find
        code = try Code(text.precomposedStringWithCanonicalMapping, whole: !find)
    }

    package func match(_ value: String) -> Outcome { code.match(NormalizedText.of(value)) }

    package static func == (left: Pattern, right: Pattern) -> Bool {
        left.text == right.text && left.find == right.find
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(text)
        hasher.combine(find)
    }

    /// The compiled expression.
    final class Code: @unchecked Sendable {
        // Proof of safety: PCRE2 never writes to a compiled expression or a match context after they are made
        // (pcre2api, "Multithreading"); what a match writes to is made for that match alone. It is not compiled to machine
        // code, because that one knows no limit of depth, and whether it is there differs between machines: a dry run
        // on one has to say what the run on the other does.
        private let code: OpaquePointer
        private let context: OpaquePointer

        init(_ text: String, whole: Bool) throws(Fault) {
            var error: Int32 = 0
            var offset = 0
            var options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY
            if whole { options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED }
            let bytes = Array(text.utf8)
            let made = bytes.withUnsafeBufferPointer {
                pcre2_compile_8($0.baseAddress, $0.count, options, &error, &offset, nil)
            }
            guard let made else {
                let column = String(decoding: bytes.prefix(offset), as: UTF8.self).unicodeScalars.count + 1
                throw Fault(detail: Self.message(error), column: column)
            }
            guard let context = pcre2_match_context_create_8(nil) else { preconditionFailure("no memory") }
            pcre2_set_match_limit_8(context, Pattern.matchStepsMax)
            pcre2_set_depth_limit_8(context, Pattern.matchDepthMax)
            pcre2_set_heap_limit_8(context, Pattern.matchKibibytesMax)
            code = made
            self.context = context
        }

        deinit {
            pcre2_match_context_free_8(context)
            pcre2_code_free_8(code)
        }

        func match(_ value: String) -> Outcome {
            guard let data = pcre2_match_data_create_8(1, nil) else { preconditionFailure("no memory") }
            defer { pcre2_match_data_free_8(data) }
            var value = value
            let result = value.withUTF8 {
                pcre2_match_8(code, $0.baseAddress, $0.count, 0, PCRE2_NO_UTF_CHECK, data, context)
            }
            switch result {
            case PCRE2_ERROR_NOMATCH: return .noMatch
            case 0...: return .match
            case PCRE2_ERROR_MATCHLIMIT:
                return .exhausted("the expression needs more than \(Pattern.matchStepsMax) steps for this value")
            default: return .exhausted(Self.message(result))
            }
        }

        /// The first match from a byte on: the ranges of the whole and of each group; `nil` for none.
        func groups(in text: [UInt8], from start: Int) throws(Exhaustion) -> [Range<Int>?]? {
            guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else { preconditionFailure("no memory") }
            defer { pcre2_match_data_free_8(data) }
            let result = text.withUnsafeBufferPointer {
                pcre2_match_8(code, $0.baseAddress, $0.count, start, PCRE2_NO_UTF_CHECK, data, context)
            }
            if result == PCRE2_ERROR_NOMATCH { return nil }
            if result == PCRE2_ERROR_MATCHLIMIT {
                throw Exhaustion(
                    detail: "the expression needs more than \(Pattern.matchStepsMax) steps for this value")
            }
            guard result > 0, let ends = pcre2_get_ovector_pointer_8(data) else {
                throw Exhaustion(detail: Self.message(result))
            }
            return (0...groupCount).map { group in
                let (lower, upper) = (ends[2 * group], ends[2 * group + 1])
                // A group that took no part has the greatest number at both ends.
                return lower <= upper && upper <= text.count ? Int(lower)..<Int(upper) : nil
            }
        }

        var groupCount: Int {
            var count: UInt32 = 0
            _ = pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
            return Int(count)
        }

        /// A group that alone has this name.
        func group(named name: String) -> Int? {
            let number = Array(name.utf8.map { $0 } + [0]).withUnsafeBufferPointer {
                pcre2_substring_number_from_name_8(code, $0.baseAddress)
            }
            return number > 0 ? Int(number) : nil
        }

        private static func message(_ code: Int32) -> String {
            var buffer = [UInt8](repeating: 0, count: 256)
            let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
            return String(decoding: buffer.prefix(Int(max(0, length))), as: UTF8.self)
        }
    }
}

/// Text as scoping filters compare it.
enum NormalizedText {
    /// The value in NFC.
    static func of(_ text: String) -> String {
        isASCII(text) ? text : text.precomposedStringWithCanonicalMapping
    }

    static func scalars(_ text: String) -> [Unicode.Scalar] { Array(of(text).unicodeScalars) }

    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }
}
