import Crypto
import JSONBytes
import Reconciliation

extension SnapshotReader {
    /// The group's members file goes into its hash and is checked again at the end.
    ///
    /// - Parameters:
    ///   - reference: what stands for `{group}` in the template.
    ///   - name: how an error calls the group.
    func addMembersFile(
        of reference: String, called name: String, to hash: inout SHA256, _ groups: SourceFile
    ) throws(SnapshotError) {
        guard let template = specification.members,
            let path = SourcePaths.membersFile(template, group: reference)
        else {
            throw SnapshotError(
                .members, file: groups.path,
                detail: "a group has no id that could name its members file; export the property id")
        }
        let file: SourceFile
        do {
            file = try SourceFile(path: path)
            try file.open()
        } catch {
            throw SnapshotError(
                .members, file: path,
                detail: "the members of group \(JSONValue.string(name).text) cannot be read: \(error.detail)")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bufferPointer: bytes)
            digest.update(bytes)
        }
        file.close()
        membersFiles.append(file)
    }

    /// The members of one file; `nil` when it says that there are more.
    func members(_ file: SourceFile) throws(SnapshotError) -> [MemberReference]? {
        let export = try JSONExport(file, recordKey: "value", allowsLines: false, digest: nil)
        var members: [MemberReference] = []
        while let element = try export.next() {
            guard let object = try export.object(element.bytes, offset: element.offset) else {
                throw SnapshotError(
                    .syntax, file: file, offset: element.offset, detail: "a member is not an object; correct the export"
                )
            }
            if let member = EntraGraphMapping.member(object) { members.append(member) }
        }
        let marks = try JSONFileMarks(entraGraph: export, kind: specification.kind)
        let isCut = marks.hasNext || marks.total.map { $0 > marks.elements } ?? false
        return isCut ? nil : members
    }
}
