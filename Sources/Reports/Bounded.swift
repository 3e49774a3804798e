/// The first so many of a stream, and how many there were: what a page shows while its memory stays flat.
struct Bounded<Element> {
    let limit: Int
    private(set) var items: [Element] = []
    private(set) var total = 0

    init(_ limit: Int) { self.limit = limit }

    var isEmpty: Bool { total == 0 }
    /// Those that are counted and not kept.
    var more: Int { total - items.count }

    mutating func add(_ element: Element) {
        total += 1
        if items.count < limit { items.append(element) }
    }

    /// Keeps the first by `areInOrder` instead of the first that came. Amortised O(log limit).
    mutating func add(_ element: Element, keepingFirstBy areInOrder: (Element, Element) -> Bool) {
        total += 1
        items.append(element)
        if items.count >= 2 * limit { settle(by: areInOrder) }
    }

    mutating func settle(by areInOrder: (Element, Element) -> Bool) {
        items.sort(by: areInOrder)
        if items.count > limit { items.removeLast(items.count - limit) }
    }
}

extension Bounded: Sendable where Element: Sendable {}
