import Foundation

/// Small text files that a person wrote: the job itself, and lists that it names.
enum JobText {
    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - bytesMax: the largest file that is read.
    ///   - place: where an error points: the file itself, or the key that names it.
    ///   - name: what the file is called in a cure, for example `a job file`.
    /// - Throws: ``JobFileError`` `.unreadable` for a file that is missing, not permitted, too large or no regular file,
    ///   `.syntax` where it is not UTF-8.
    static func read(
        _ path: String, bytesMax: Int, at place: JobPlace, called name: String, tooLarge cure: String
    ) throws(JobFileError) -> String {
        let prefix = place.file == path ? "" : "\(path): "
        func unreadable(_ detail: String, _ cure: String) -> JobFileError {
            JobFileError(.unreadable, place, prefix + detail, cure: cure)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw unreadable(String(cString: strerror(errno)), "name \(name) that exists and may be read")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable("this is not a regular file", "name \(name)")
        }
        var bytes = [UInt8](repeating: 0, count: min(bytesMax, Int(status.st_size)) + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Foundation.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if got < 0 { throw unreadable(String(cString: strerror(errno)), "see to the file and run again") }
            if got == 0 { break }
            count += got
            // A file that grows while it is read.
            if count == bytes.count, count <= bytesMax {
                bytes += [UInt8](repeating: 0, count: min(bytesMax + 1, 2 * count) - count)
            }
        }
        guard count <= bytesMax else { throw unreadable("the file is larger than \(bytesMax >> 20) MiB", cure) }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw JobFileError(.syntax, place, prefix + "the file is not UTF-8", cure: "save it as UTF-8")
        }
        return text
    }
}
