/// What a record or an account stands for.
package enum Kind: String, Sendable, Hashable, CaseIterable {
    case user, group
}

/// The source's immutable identifier of a person or group (SCIM `externalId`, RFC 7643 3.1): exact text, compared byte by
/// byte, never folded.
package struct Anchor: Sendable, Hashable, CustomStringConvertible {
    package let value: String

    package init(_ value: String) { self.value = value }

    package var description: String { value }

    package static func == (left: Anchor, right: Anchor) -> Bool { left.value.utf8.elementsEqual(right.value.utf8) }
    package func hash(into hasher: inout Hasher) { for byte in value.utf8 { hasher.combine(byte) } }
}

/// A moment in time, in milliseconds since 1970-01-01T00:00:00Z. The clock is always passed in.
package struct Instant: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
    package static func + (left: Instant, right: Duration) -> Instant {
        Instant(milliseconds: left.milliseconds + right.milliseconds)
    }
    package static func - (left: Instant, right: Duration) -> Instant {
        Instant(milliseconds: left.milliseconds - right.milliseconds)
    }
    package static func - (left: Instant, right: Instant) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// Where in its source a record stands, so that a person can open the file there.
package struct Place: Sendable, Hashable {
    /// The file's name as the job gave it; empty for a push.
    package var file: String
    /// Bytes from the start of the file to the record's first and past its last byte.
    package var bytes: Range<Int>

    package init(file: String, bytes: Range<Int>) {
        self.file = file
        self.bytes = bytes
    }
}
