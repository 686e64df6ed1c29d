internal import CIntrinsics
internal import Glibc

/// Starts a detached thread of our own. CPU work never runs on Swift's cooperative pool.
func startThread(_ body: @Sendable @escaping () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @Sendable @escaping () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let failure = pthread_create(
        &thread,
        nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        },
        box.toOpaque()
    )
    guard failure == 0 else {
        box.release()
        return
    }
    pthread_detach(thread)
}

/// One turn of a spin loop.
@inline(__always)
func spinPause() { effnet_pause() }
