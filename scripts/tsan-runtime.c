// Shows ThreadSanitizer what Swift's runtime does to hand memory from one thread to another. The runtime is not
// instrumented; this file, linked into the programs under test, stands before its functions and tells of the hand-over.
// It hides nothing else.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

void __tsan_acquire(void *address);
void __tsan_release(void *address);

// The function of the runtime that the one of the same name stands before. Libraries may call that before any
// constructor of the program runs.
#define ORIGINAL(variable, symbol)                                                                                    \
    ({                                                                                                                \
        if (!__atomic_load_n(&variable, __ATOMIC_RELAXED))                                                            \
            __atomic_store_n(&variable, (__typeof__(variable))dlsym(RTLD_NEXT, symbol), __ATOMIC_RELAXED);            \
        __atomic_load_n(&variable, __ATOMIC_RELAXED);                                                                 \
    })

// Synchronization.Mutex: the quick paths of `lock` and `unlock` are inlined, and so instrumented; the slow ones, where
// the kernel hands the lock over, are not. A thread that had to wait then seems never to have taken the lock, and
// everything behind the mutex is reported as a "Swift access race".
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void (*lock_slow)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*unlock_slow)(SELF void *handle);

SWIFT void effnet_lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK_SLOW);
SWIFT void effnet_unlock_slow(SELF void *handle) __asm__(UNLOCK_SLOW);

SWIFT void effnet_lock_slow(uint32_t thread, SELF void *handle) {
    static lock_slow original;
    ORIGINAL(original, LOCK_SLOW)(thread, handle);
    __tsan_acquire(handle);
}

SWIFT void effnet_unlock_slow(SELF void *handle) {
    static unlock_slow original;
    __tsan_release(handle);
    ORIGINAL(original, UNLOCK_SLOW)(handle);
}

// Copy on write: a thread that gives up its reference to a buffer has done with it, and the one that then finds its own
// to be the only one may write in place.
typedef void (*release)(void *object);
typedef bool (*is_unique)(const void *object);

void swift_release(void *object) {
    static release original;
    if (object) __tsan_release(object);
    ORIGINAL(original, "swift_release")(object);
}

bool swift_isUniquelyReferenced_nonNull_native(const void *object) {
    static is_unique original;
    bool unique = ORIGINAL(original, "swift_isUniquelyReferenced_nonNull_native")(object);
    if (unique) __tsan_acquire((void *)object);
    return unique;
}
