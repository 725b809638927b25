import CKernels

/// Pointers into an index for the length of one search; whoever uses it keeps the index alive.
struct IVFView {
    let kernels: UnsafePointer<ck_ivf_kernels>
    let sizes: IVFFormat.Sizes
    let tables: IVFTables.Pointers
    let offsets: UnsafePointer<UInt32>
    let vectors: UnsafePointer<Float>
    let codes: UnsafePointer<UInt8>
    let facts: UnsafePointer<Float>

    init(_ index: IVFIndex) {
        // Unwrapping cannot fail: each of these sections holds at least one number of at least one item.
        kernels = ck_ivf_current()
        sizes = index.layout.sizes
        tables = index.tables.pointers
        let sections = index.sections
        offsets = sections.values(.offsets, as: UInt32.self).baseAddress.unsafelyUnwrapped
        vectors = sections.values(.vectors, as: Float.self).baseAddress.unsafelyUnwrapped
        codes = sections.values(.codes, as: UInt8.self).baseAddress.unsafelyUnwrapped
        facts = sections.values(.blockFacts, as: Float.self).baseAddress.unsafelyUnwrapped
    }
}
