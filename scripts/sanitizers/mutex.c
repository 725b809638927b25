// Tells ThreadSanitizer what Synchronization.Mutex does when it has to wait.
//
// On Linux the mutex takes its lock by an atomic exchange in the caller's code, which the sanitizer sees; but when two threads
// meet, it goes through functions of libswiftSynchronization that were compiled without the sanitizer. To it such a lock has not
// happened, and what the lock guards looks like a race. This library, loaded before the other, stands in for those three
// functions: it calls them and then says "acquired", or says "released" and then calls them.
//
// The symbols are the mangled names of Swift 6.3: _MutexHandle._lockSlow(UInt32), ._tryLockSlow() and ._unlockSlow(). A method of a
// struct gets its self as the context of Swift's calling convention. scripts/sanitize proves on a program of its own that the
// annotation works before it trusts it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define CONTEXT __attribute__((swift_context))
#define SWIFT __attribute__((swiftcall))

typedef SWIFT void (*lock_function)(uint32_t, CONTEXT void *);
typedef SWIFT bool (*try_lock_function)(CONTEXT void *);
typedef SWIFT void (*unlock_function)(CONTEXT void *);
typedef void (*annotation)(void *);

static lock_function real_lock;
static try_lock_function real_try_lock;
static unlock_function real_unlock;
static annotation acquire, release;

__attribute__((constructor)) static void resolve(void) {
    real_lock = (lock_function)dlsym(RTLD_NEXT, LOCK);
    real_try_lock = (try_lock_function)dlsym(RTLD_NEXT, TRY_LOCK);
    real_unlock = (unlock_function)dlsym(RTLD_NEXT, UNLOCK);
    // Absent in the tools that start the tests, which are not sanitized.
    acquire = (annotation)dlsym(RTLD_DEFAULT, "__tsan_acquire");
    release = (annotation)dlsym(RTLD_DEFAULT, "__tsan_release");
}

static void require(const void *function) {
    if (function) return;
    fputs("mutex.c: libswiftSynchronization lacks a function this library stands in for; see scripts/sanitizers\n", stderr);
    abort();
}

SWIFT void segue_lock(uint32_t thread, CONTEXT void *mutex) __asm__(LOCK);
SWIFT void segue_lock(uint32_t thread, CONTEXT void *mutex) {
    require(real_lock);
    real_lock(thread, mutex);
    if (acquire) acquire(mutex);
}

SWIFT bool segue_try_lock(CONTEXT void *mutex) __asm__(TRY_LOCK);
SWIFT bool segue_try_lock(CONTEXT void *mutex) {
    require(real_try_lock);
    bool is_locked = real_try_lock(mutex);
    if (is_locked && acquire) acquire(mutex);
    return is_locked;
}

SWIFT void segue_unlock(CONTEXT void *mutex) __asm__(UNLOCK);
SWIFT void segue_unlock(CONTEXT void *mutex) {
    require(real_unlock);
    if (release) release(mutex);
    real_unlock(mutex);
}
