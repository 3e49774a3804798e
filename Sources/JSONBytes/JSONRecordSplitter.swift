/// Cuts a JSON file into records that stand at given paths, as its bytes arrive.
///
/// Like ``JSONSplitter`` with several paths, at any depth, in one pass. A file is one document, several after one another
/// (JSON lines, a JSON sequence of RFC 7464, pages that were written behind each other) or an array of them. Where the paths
/// begin with a name and the documents do not have it, the documents themselves are the records: the bare array or the
/// lines that a tool made of them. What stands beside the records is checked strictly; of a record only the end is found.
package final class JSONRecordSplitter {
    package enum Step {
        /// Call ``fill(_:)``, then ``next()`` again.
        case needsBytes
        case element(Element)
        /// A document ended. Bare records are one document, however many lines they are.
        case document(Document)
        /// The text ended properly.
        case end
    }

    /// One record's bytes: valid until the next call of ``next()`` or ``fill(_:)``.
    package struct Element {
        /// Bytes from the start of the text.
        package let offset: Int
        package let bytes: UnsafeRawBufferPointer
        /// The paths that lead to it, by their index.
        package let paths: [Int]
    }

    package struct Document {
        /// What stands beside the records, as far as its keys were asked for. Nothing from within arrays.
        package var rest: JSONObject
        /// Paths whose collection was there, even if empty.
        package var opened: Set<Int>
        /// The document is a bare list of records: it has no place for marks.
        package var isBare: Bool
        /// Where it began.
        package var offset: Int
    }

    /// Most bytes of a value beside the records that is kept.
    package static let keptBytesMax = JSONSplitter.memberBytesMax

    private let declared: [[JSONRecordPath.Step]]
    private let kept: Set<String>
    private var paths: [[JSONRecordPath.Step]]
    private let window = ByteWindow()
    private var layout: Layout?
    private var frames: [Frame] = []
    private var phase = Phase.start
    private var pending: [State] = []
    private var document = Document(rest: JSONObject(), opened: [], isBare: false, offset: 0)
    private var isDocumentOver = false
    private var areLinesOver = false
    /// What is being scanned, from the window's pin on; `nil` between values.
    private var purpose: Purpose?
    private var scan = ValueScan(depthMax: JSONValue.depthMax)

    private enum Layout { case document(UInt8), lines, pages }
    private enum Phase { case start, between, value, firstElement, afterElement, firstKey, key, colon, afterMember }
    private enum Purpose { case element([Int]), key, member }
    private struct State {
        var path: Int
        var depth: Int
    }
    private struct Frame {
        var isArray: Bool
        var states: [State]
        /// The keys of an object so far, and what of it is kept.
        var keys: Set<String> = []
        var rest = JSONObject()
        var key = ""
        /// The elements of this array are documents.
        var holdsPages = false
        /// Within an array nothing is kept: it would grow with the records.
        var keeps: Bool
    }

    /// - Parameters:
    ///   - paths: where records are.
    ///   - kept: the keys beside the records whose values are wanted, at any level.
    ///   - isWithin: the text is one value from within a document, to which the paths apply as they are.
    package init(paths: [JSONRecordPath], kept: Set<String>, isWithin: Bool = false) {
        declared = paths.map(\.steps)
        self.paths = declared
        self.kept = kept
        if isWithin { layout = .document(UInt8(ascii: "{")) }
    }

    /// The records are the documents or the elements of a bare array: there is no place for marks. Known from the first.
    package var isBare: Bool { document.isBare }

    /// Takes bytes from `read`, which returns how many it wrote, 0 at the end of the file.
    package func fill<Failure: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        try window.fill(keepsPin: purpose != nil, read)
    }

    /// The next record or end of a document, in the order of the file.
    ///
    /// - Throws: ``JSONSplitter/Fault``; after it the splitter cannot go on.
    package func next() throws(JSONSplitter.Fault) -> Step {
        while true {
            if isDocumentOver {
                isDocumentOver = false
                return .document(takeDocument())
            }
            if let purpose {
                guard try scanOn(purpose) else { return .needsBytes }
                if let element = try finish(purpose) { return .element(element) }
                continue
            }
            window.skipWhiteSpace(alsoRecordMark: frames.isEmpty)
            guard window.index < window.end else {
                if !window.sawEnd { return .needsBytes }
                guard try isAtEnd() else { continue }
                return .end
            }
            if phase == .start && window.end - window.index < JSONSplitter.chunkBytes / 2 && !window.sawEnd {
                return .needsBytes
            }
            try step(window.bytes[window.index])
        }
    }

    private func takeDocument() -> Document {
        let taken = document
        document = Document(rest: JSONObject(), opened: [], isBare: false, offset: window.offset)
        return taken
    }

    /// `false`: the bare records were a document, which ends now.
    private func isAtEnd() throws(JSONSplitter.Fault) -> Bool {
        switch phase {
        case .start: throw fault(.empty, "the file is empty")
        case .between:
            guard case .lines? = layout, !areLinesOver else { return true }
            areLinesOver = true
            isDocumentOver = true
            return false
        default: throw fault(.unexpectedEnd, "the file ends in the middle: it was cut short")
        }
    }
}

// MARK: - Structure

extension JSONRecordSplitter {
    private func step(_ byte: UInt8) throws(JSONSplitter.Fault) {
        switch phase {
        case .start:
            if window.takeMark() { return }
            if layout == nil { try begin(byte) } else { try beginAnother(byte) }
        case .between: try beginAnother(byte)
        case .value: try startValue(byte)
        case .firstElement where byte == UInt8(ascii: "]"), .afterElement where byte == UInt8(ascii: "]"):
            window.index += 1
            close()
        case .firstElement:
            prepareElement()
            try startValue(byte)
        case .afterElement:
            try take(byte, UInt8(ascii: ","), "a comma or the end of the array", then: .value)
            prepareElement()
        case .firstKey where byte == UInt8(ascii: "}"), .afterMember where byte == UInt8(ascii: "}"):
            window.index += 1
            close()
        case .firstKey, .key:
            guard byte == UInt8(ascii: "\"") else { throw unexpected(byte, "a key in quotes") }
            startScan(.key)
        case .colon: try take(byte, UInt8(ascii: ":"), "a colon after the key", then: .value)
        case .afterMember: try take(byte, UInt8(ascii: ","), "a comma or the end of the object", then: .key)
        }
    }

    /// Finds out what the file is from its first bytes.
    private func begin(_ byte: UInt8) throws(JSONSplitter.Fault) {
        let names = Set(declared.compactMap { if case .name(let name)? = $0.first { name } else { nil } })
        let isOfLists = names.isEmpty
        switch byte {
        case UInt8(ascii: "["):
            let first = window.firstValue(from: window.index + 1)
            let holdsPages =
                isOfLists ? first.byte == UInt8(ascii: "[") : first.byte == UInt8(ascii: "{") && first.has(names)
            layout = holdsPages ? .pages : .document(byte)
            if !holdsPages && !isOfLists { paths = declared.map { _ in [.elements] } }
        case UInt8(ascii: "{"):
            let first = window.firstValue(from: window.index)
            let isLines = isOfLists || (first.isFollowed && !first.has(names))
            layout = isLines ? .lines : .document(byte)
            if isLines { paths = declared.map { _ in [] } }
        default: throw unexpected(byte, "a JSON object or array")
        }
        try beginAnother(byte)
    }

    private func beginAnother(_ byte: UInt8) throws(JSONSplitter.Fault) {
        switch layout {
        case .pages?:
            guard phase == .start, byte == UInt8(ascii: "[") else {
                throw unexpected(byte, "nothing more", .trailingBytes)
            }
            window.index += 1
            frames.append(Frame(isArray: true, states: [], holdsPages: true, keeps: false))
            phase = .firstElement
            return
        case .document(let first)? where byte != first: throw unexpected(byte, "another document like the first")
        case .lines? where byte != UInt8(ascii: "{"): throw unexpected(byte, "a record")
        default: break
        }
        beginDocument()
        try startValue(byte)
    }

    private func beginDocument() {
        pending = paths.indices.map { State(path: $0, depth: 0) }
        if case .lines? = layout {
            document.isBare = true
            document.opened = Set(paths.indices)
        } else {
            document.offset = window.offset
            document.isBare = paths.allSatisfy { $0.first == .elements }
        }
    }

    private func prepareElement() {
        guard let frame = frames.last else { return }
        if frame.holdsPages {
            beginDocument()
        } else {
            pending = frame.states.compactMap { state in
                paths[state.path][state.depth] == .elements ? State(path: state.path, depth: state.depth + 1) : nil
            }
        }
    }

    private func take(
        _ byte: UInt8, _ wanted: UInt8, _ words: String, then next: Phase
    ) throws(JSONSplitter.Fault) {
        guard byte == wanted else { throw unexpected(byte, words) }
        window.index += 1
        phase = next
    }

    /// A value whose place is ``pending``: a record, a container on the way to one, or something beside them.
    private func startValue(_ byte: UInt8) throws(JSONSplitter.Fault) {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"):
            throw unexpected(byte, "a value")
        case 0..<0x20, 0x7F...: throw unexpected(byte, "a value")
        default: break
        }
        var states = pending
        if byte == UInt8(ascii: "{") {
            for index in states.indices where next(states[index]) == .elements {
                document.opened.insert(states[index].path)
                states[index].depth += 1
            }
        }
        let records = states.filter { $0.depth == paths[$0.path].count }
        if !records.isEmpty {
            for record in records { document.opened.insert(record.path) }
            return startScan(.element(records.map(\.path)))
        }
        let isArray = byte == UInt8(ascii: "[")
        states = states.filter { state in
            switch next(state) {
            case .elements?: isArray
            case .name?, .members?: byte == UInt8(ascii: "{")
            case nil: false
            }
        }
        if states.isEmpty { return startScan(.member) }
        for state in states where paths[state.path][state.depth...].dropFirst().allSatisfy(Self.isName) {
            if next(state) != nil, !Self.isName(paths[state.path][state.depth]) { document.opened.insert(state.path) }
        }
        window.index += 1
        let keeps = !isArray && (frames.last.map { $0.keeps || $0.holdsPages } ?? true)
        frames.append(Frame(isArray: isArray, states: states, keeps: keeps))
        phase = isArray ? .firstElement : .firstKey
    }

    private static func isName(_ step: JSONRecordPath.Step) -> Bool { if case .name = step { true } else { false } }

    private func next(_ state: State) -> JSONRecordPath.Step? {
        state.depth < paths[state.path].count ? paths[state.path][state.depth] : nil
    }

    private func close() {
        let closed = frames.removeLast()
        if let parent = frames.last, !parent.holdsPages {
            if !parent.isArray, parent.keeps, !closed.rest.isEmpty {
                frames[frames.count - 1].rest[parent.key] = .object(closed.rest)
            }
        } else if !closed.isArray {
            document.rest = closed.rest
        }
        endValue()
    }

    /// What comes after a value depends on what it stands in.
    private func endValue() {
        if let frame = frames.last {
            phase = frame.isArray ? .afterElement : .afterMember
            isDocumentOver = frame.holdsPages
            return
        }
        phase = .between
        if case .document? = layout { isDocumentOver = true }
    }

    private func startScan(_ purpose: Purpose) {
        self.purpose = purpose
        window.pin = window.index
        scan = ValueScan(depthMax: JSONValue.depthMax)
    }
}

// MARK: - Values

extension JSONRecordSplitter {
    /// `false`: more bytes are needed.
    private func scanOn(_ purpose: Purpose) throws(JSONSplitter.Fault) -> Bool {
        let outcome = scan.advance(window.filled, &window.index, isLast: window.sawEnd)
        let limit = if case .key = purpose { Self.keptBytesMax } else { JSONSplitter.elementBytesMax }
        if window.index - window.pin > limit {
            throw fault(.tooLong, "a value longer than \(limit) bytes", at: window.pin)
        }
        switch outcome {
        case .end: return true
        case .tooDeep: throw fault(.tooDeep, "more than \(JSONValue.depthMax) levels of arrays and objects")
        case .more:
            if !window.sawEnd { return false }
            throw fault(.unexpectedEnd, "the file ends in the middle of a value: it was cut short", at: window.end)
        }
    }

    private func finish(_ purpose: Purpose) throws(JSONSplitter.Fault) -> Element? {
        let bytes = window.pinned
        self.purpose = nil
        switch purpose {
        case .element(let paths):
            let offset = window.pinOffset
            endValue()
            return Element(offset: offset, bytes: bytes, paths: paths)
        case .key: try finishKey(bytes)
        case .member:
            let value = try parse(bytes)
            if let frame = frames.last, frame.keeps, kept.contains(frame.key) {
                if bytes.count > Self.keptBytesMax {
                    throw fault(.tooLong, "a value longer than \(Self.keptBytesMax) bytes", at: window.pin)
                }
                frames[frames.count - 1].rest[frame.key] = value
            }
            endValue()
        }
        return nil
    }

    private func finishKey(_ bytes: UnsafeRawBufferPointer) throws(JSONSplitter.Fault) {
        let key = try parse(bytes).string ?? ""
        let index = frames.count - 1
        guard frames[index].keys.insert(key).inserted else {
            throw fault(
                .duplicateKey, "the key \(JSONValue.string(key).text) occurs twice in one object", at: window.pin)
        }
        if frames[index].keys.count > JSONSplitter.membersMax && !frames[index].states.contains(where: isOfMembers) {
            throw fault(.tooLong, "more than \(JSONSplitter.membersMax) keys beside the records", at: window.pin)
        }
        frames[index].key = key
        pending = frames[index].states.compactMap { state in
            switch next(state) {
            case .name(key)?, .members?: State(path: state.path, depth: state.depth + 1)
            default: nil
            }
        }
        phase = .colon
    }

    private func isOfMembers(_ state: State) -> Bool { next(state) == .members }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONSplitter.Fault) -> JSONValue {
        do { return try JSONValue(parsing: bytes) } catch {
            throw fault(error.code, error.detail, at: window.pin + error.offset)
        }
    }

    private func unexpected(
        _ byte: UInt8, _ wanted: String, _ code: JSONSyntaxError.Code = .unexpectedByte
    ) -> JSONSplitter.Fault {
        fault(byte < 0x20 ? .controlCharacter : code, "\(JSONByte.name(byte)) where \(wanted) is expected")
    }

    private func fault(
        _ code: JSONSyntaxError.Code, _ detail: String, at position: Int? = nil
    ) -> JSONSplitter.Fault {
        JSONSplitter.Fault(code: code, offset: window.base + (position ?? window.index), detail: detail)
    }
}
