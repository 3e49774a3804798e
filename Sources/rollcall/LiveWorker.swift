import Foundation
import Provisioning
import Reconciliation
import Reports
import Storage

extension ServeWorker {
    /// A worker on a thread of its own that drains what the endpoint accepts; failures go to standard error, one line each.
    static func live(_ store: Store) -> ServeWorker {
        let worker = Worker(
            store: store,
            environment: RunEnvironment(now: { Machine.now }, makeID: { Machine.newID() }))
        return ServeWorker(
            wake: { worker.wake() },
            run: { turned in
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        Thread {
                            worker.run(
                                report: { _ in },
                                failed: {
                                    Failure.say(
                                        "rollcall: the worker: " + SafeText.message("\($0)") + "\n", to: STDERR_FILENO)
                                }, turned: turned)
                            continuation.resume()
                        }.start()
                    }
                } onCancel: {
                    worker.stop()
                }
            })
    }
}
