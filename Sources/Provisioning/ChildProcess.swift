import Foundation

/// Another program, run to its end under a time limit: its words go to it as they are, no shell reads them.
enum ChildProcess {
    /// Bytes of its output that are kept, for an error message.
    static let outputBytesMax = 4096

    struct Ended: Equatable {
        /// The exit status; `nil` when a signal or the time limit ended it.
        var status: Int32?
        /// The beginning of what it printed, to either output.
        var output: String
        var isTimedOut = false
    }

    struct Failed: Error { var description: String }

    /// Runs a program.
    ///
    /// It gets a process group of its own, so that a signal to us is not one to it, and so that the time limit ends its children,
    /// too. It inherits no file of ours and no signal that we ignore.
    ///
    /// - Parameters:
    ///   - input: what it may read.
    ///   - limit: after which it is killed.
    static func run(
        _ words: [String], environment: [String: String], input: [UInt8], limit: Duration
    ) throws(Failed) -> Ended {
        let stdin = try unlinkedFile(input)
        defer { close(stdin) }
        var pipe: [Int32] = [-1, -1]
        guard Foundation.pipe(&pipe) == 0 else { throw failed("no pipe") }
        pipe.forEach(Self.closeOnExec)
        defer { close(pipe[0]) }
        let pid: pid_t
        do throws(Failed) { pid = try spawn(words, environment, stdin: stdin, output: pipe[1]) } catch {
            close(pipe[1])
            throw error
        }
        close(pipe[1])
        return wait(for: pid, output: pipe[0], until: .now + limit)
    }

    private static func spawn(
        _ words: [String], _ environment: [String: String], stdin: Int32, output: Int32
    ) throws(Failed) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var argv = words.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0.key + "=" + $0.value) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words[0], &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw Failed(description: "\(words[0]): \(String(cString: strerror(code)))") }
        return pid
    }

    /// Milliseconds between two looks at a program that says nothing.
    private static let lookMilliseconds: Int32 = 20

    private static func wait(for pid: pid_t, output: Int32, until deadline: ContinuousClock.Instant) -> Ended {
        var kept: [UInt8] = []
        var isOpen = true
        while true {
            var status: Int32 = 0
            let found = waitpid(pid, &status, WNOHANG)
            if found == pid || (found < 0 && errno == ECHILD) {
                // A grandchild that keeps the output open is not waited for.
                while isOpen, take(output, &kept, milliseconds: 0) == .some(true) {}
                let isExit = found == pid && status & 0x7f == 0
                return Ended(status: isExit ? (status >> 8) & 0xff : nil, output: text(kept))
            }
            if ContinuousClock.now >= deadline {
                kill(-pid, SIGKILL)
                while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
                return Ended(status: nil, output: text(kept), isTimedOut: true)
            }
            if isOpen {
                if take(output, &kept, milliseconds: lookMilliseconds) == nil { isOpen = false }
            } else {
                usleep(UInt32(lookMilliseconds) * 1000)
            }
        }
    }

    /// Reads what is there: `true` for something, `false` for nothing yet, `nil` at the end.
    private static func take(_ output: Int32, _ kept: inout [UInt8], milliseconds: Int32) -> Bool? {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return false }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = read(output, &chunk, chunk.count)
        guard count > 0 else { return nil }
        kept += chunk[..<count].prefix(outputBytesMax - kept.count)
        return true
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func unlinkedFile(_ bytes: [UInt8]) throws(Failed) -> Int32 {
        var path = Array((NSTemporaryDirectory() + "/rollcall-XXXXXX").utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { throw failed("no temporary file") }
        unlink(path)
        closeOnExec(file)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                close(file)
                throw failed("the temporary file cannot be written")
            }
            rest = rest.dropFirst(count)
        }
        lseek(file, 0, SEEK_SET)
        return file
    }

    private static func closeOnExec(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }

    private static func failed(_ what: String) -> Failed {
        Failed(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
