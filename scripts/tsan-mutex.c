// Shows ThreadSanitizer what Synchronization.Mutex does when a lock is contended.
//
// The quick paths of `lock` and `unlock` are inlined, and so instrumented; the slow ones, where the kernel hands the lock
// over, are in the standard library, which is not. A thread that had to wait then seems never to have taken the lock,
// and everything behind the mutex is reported as a "Swift access race". This file, linked into the programs under test,
// stands before the slow paths and tells of the hand-over. It hides nothing else.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*lock_slow)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*unlock_slow)(SELF void *handle);

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void effnet_lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK_SLOW);
SWIFT void effnet_unlock_slow(SELF void *handle) __asm__(UNLOCK_SLOW);

static lock_slow original_lock;
static unlock_slow original_unlock;

__attribute__((constructor)) static void find_originals(void) {
    original_lock = (lock_slow)dlsym(RTLD_NEXT, LOCK_SLOW);
    original_unlock = (unlock_slow)dlsym(RTLD_NEXT, UNLOCK_SLOW);
}

SWIFT void effnet_lock_slow(uint32_t thread, SELF void *handle) {
    original_lock(thread, handle);
    __tsan_acquire(handle);
}

SWIFT void effnet_unlock_slow(SELF void *handle) {
    __tsan_release(handle);
    original_unlock(handle);
}
