// Transposes and many horizontal sums at once, by butterflies: at distance d, lanes whose bit d differs change places between
// two vectors. Included between CK_BEGIN and CK_END.

#define CK_LOW(l, d) (((l) & (d)) == 0 ? (l) : VW + (l) - (d))
#define CK_HIGH(l, d) (((l) & (d)) == 0 ? (l) + (d) : VW + (l))
#if VW == 16
#define CK_LANES(f, d)                                                                                                  \
    f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), f(6, d), f(7, d), f(8, d), f(9, d), f(10, d), f(11, d),       \
        f(12, d), f(13, d), f(14, d), f(15, d)
#elif VW == 8
#define CK_LANES(f, d) f(0, d), f(1, d), f(2, d), f(3, d), f(4, d), f(5, d), f(6, d), f(7, d)
#else
#define CK_LANES(f, d) f(0, d), f(1, d), f(2, d), f(3, d)
#endif
#define CK_SHUFFLE(f, a, b, d) __builtin_shufflevector(a, b, CK_LANES(f, d))

#define CK_EXCHANGE(rows, d)                                                                                            \
    CK_UNROLL for (int i = 0; i < VW; i++) {                                                                            \
        if (i & (d)) continue;                                                                                          \
        vf low = CK_SHUFFLE(CK_LOW, rows[i], rows[i + (d)], d);                                                         \
        rows[i + (d)] = CK_SHUFFLE(CK_HIGH, rows[i], rows[i + (d)], d);                                                 \
        rows[i] = low;                                                                                                  \
    }

/// to[c][r] = from[r][c] for a block of 16 × 16.
CK_INLINE void transpose_block(const float *from, size_t fromStride, float *to, size_t toStride) {
    for (int v = 0; v < BV; v++)
        for (int u = 0; u < BV; u++) {
            vf rows[VW];
            CK_UNROLL for (int i = 0; i < VW; i++) rows[i] = load(from + (size_t)(v * VW + i) * fromStride + u * VW);
            CK_EXCHANGE(rows, 1)
            CK_EXCHANGE(rows, 2)
#if VW >= 8
            CK_EXCHANGE(rows, 4)
#endif
#if VW >= 16
            CK_EXCHANGE(rows, 8)
#endif
            CK_UNROLL for (int i = 0; i < VW; i++) store(to + (size_t)(u * VW + i) * toStride + v * VW, rows[i]);
        }
}

#define CK_FOLD(rows, count, d)                                                                                         \
    CK_UNROLL for (int i = 0; i < (count); i++)                                                                         \
        rows[i] = CK_SHUFFLE(CK_LOW, rows[2 * i], rows[2 * i + 1], d) + CK_SHUFFLE(CK_HIGH, rows[2 * i], rows[2 * i + 1], d);

/// Lane i of the result is the sum of the lanes of rows[i]; rows is destroyed.
CK_INLINE vf sum_each(vf rows[VW]) {
    CK_FOLD(rows, VW / 2, 1)
    CK_FOLD(rows, VW / 4, 2)
#if VW >= 8
    CK_FOLD(rows, VW / 8, 4)
#endif
#if VW >= 16
    CK_FOLD(rows, VW / 16, 8)
#endif
    return rows[0];
}
