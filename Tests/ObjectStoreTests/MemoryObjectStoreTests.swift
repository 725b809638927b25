import ObjectStore
import ServiceKit
import Synchronization
import Testing

struct MemoryObjectStoreTests {
    @Test func passesTheSharedSuite() throws {
        try ObjectStoreSuite(store: MemoryObjectStore()).run()
    }

    @Test func aFaultBeforeTheEffectPreventsIt() throws {
        let store = MemoryObjectStore()
        store.injectFault { call in
            if call.kind == .put, call.moment == .before { throw ObjectStoreError(.unavailable, "down") }
        }
        #expect(throws: ObjectStoreError.self) { try store.put("a", [1]) }
        store.injectFault(nil)
        #expect(try store.getIfPresent("a") == nil)
    }

    @Test func aFaultAfterTheEffectIsALostReply() throws {
        let store = MemoryObjectStore()
        store.injectFault { call in
            if call.kind == .putIfAbsent, call.moment == .after { throw ObjectStoreError(.unavailable, "timeout") }
        }
        #expect(throws: ObjectStoreError.self) { _ = try store.putIfAbsent("a", [1]) }
        store.injectFault(nil)
        #expect(try store.get("a") == [1])
    }

    @Test func theClockStampsObjects() throws {
        let store = MemoryObjectStore(clock: ManualWallClock(42))
        try store.put("a", [1])
        #expect(try store.info("a").modifiedAt == 42)
    }
}
