#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Turns the paths and patterns of a job into files.
enum SourcePaths {
    /// The files of the patterns, in the order of the patterns and by name within one; each path once.
    ///
    /// - Throws: ``SnapshotError`` `.missing` for a pattern without hits.
    static func resolve(_ patterns: [String]) throws(SnapshotError) -> [String] {
        var paths: [String] = []
        for pattern in patterns {
            for path in try resolve(pattern) where !paths.contains(path) { paths.append(path) }
        }
        return paths
    }

    private static func resolve(_ pattern: String) throws(SnapshotError) -> [String] {
        var status = stat()
        let isPattern = pattern.utf8.contains { "*?[".utf8.contains($0) }
        if !isPattern || lstat(pattern, &status) == 0 { return [pattern] }
        let hits = matches(pattern)
        if hits.isEmpty {
            throw SnapshotError(
                .missing, file: pattern,
                detail: "no file has such a name; check the pattern and that the export has run")
        }
        return hits
    }

    /// Paths that match a pattern, sorted by their bytes.
    static func matches(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, GLOB_NOSORT, nil, &result) == 0 else { return [] }
        var paths: [String] = []
        for index in 0..<Int(result.gl_pathc) {
            if let path = result.gl_pathv[index] { paths.append(String(cString: path)) }
        }
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The members file of one group. A reference that is more than one path component names no file.
    static func membersFile(_ template: String, group: String) -> String? {
        if group.isEmpty || group == "." || group == ".." { return nil }
        if group.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) { return nil }
        return template.replacing("{group}", with: group)
    }
}
