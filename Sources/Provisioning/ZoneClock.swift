import Foundation

/// The clock on the wall of a place, by the IANA time zone data that Foundation carries.
///
/// On Linux the data is compiled into the program's Foundation (`TimeZone.timeZoneDataVersion` says which release); the machine's
/// `tzdata` is not asked.
package struct ZoneClock: Sendable, Equatable {
    /// The zone's IANA name.
    package let name: String
    private let zone: TimeZone

    package static let utc = ZoneClock("UTC")!

    /// - Parameter name: `Area/Place`, or `UTC`. Abbreviations such as `EST` and `CET` are no place: they do not say whether its
    ///   clocks change. `nil` for those and for what is not known.
    package init?(_ name: String) {
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        self.name = name
        self.zone = zone
    }

    package static var dataVersion: String { TimeZone.timeZoneDataVersion }

    /// Zones whose name is near to one that is not known, by their last part.
    static func similar(to name: String) -> String? {
        let wanted = name.split(separator: "/").last.map { $0.lowercased() } ?? name.lowercased()
        let known = TimeZone.knownTimeZoneIdentifiers
        let scored = known.map { zone in
            (zone, Table.distance(zone.split(separator: "/").last!.lowercased(), wanted))
        }
        guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= max(1, wanted.utf8.count / 3) else { return nil }
        return best.0
    }

    /// Seconds that the wall is ahead of UTC at an instant (seconds since 1970).
    func offset(at seconds: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
    }

    /// What the wall shows: seconds since 1970-01-01 00:00 on that wall.
    func wall(at seconds: Int) -> Int { seconds + offset(at: seconds) }

    /// A day and a night: no zone has two changes of clocks within two of them.
    private static let day = 86_400

    /// The instants at which the wall shows a time: one; two where clocks go back over it, the earlier first; none where they
    /// go forward over it.
    func instants(ofWall wall: Int) -> [Int] {
        let offsets = Set([offset(at: wall - Self.day), offset(at: wall + Self.day)])
        return offsets.map { wall - $0 }.filter { self.wall(at: $0) == wall }.sorted()
    }

    /// The first instant after the gap that swallows a time of the wall.
    func endOfGap(around wall: Int) -> Int {
        let (before, after) = (offset(at: wall - Self.day), offset(at: wall + Self.day))
        // The change lies between the two readings of the time; the first instant with the later offset is it.
        var (low, high) = (wall - max(before, after), wall - min(before, after))
        while low < high {
            let middle = low + (high - low) / 2
            if offset(at: middle) == after { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
