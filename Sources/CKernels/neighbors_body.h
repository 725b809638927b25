// The most similar rows of sixteen rows at a time for one instruction set; included between CK_BEGIN and CK_END, after
// dense_body.h.

/// Appends what of sixteen scores is above the row's threshold.
CK_INLINE void keep_above(vf scores[BV], int32_t first, int32_t last, int32_t own, ck_neighbor_list *list) {
    float plain[16];
    CK_UNROLL for (int v = 0; v < BV; v++) store(plain + v * VW, scores[v]);
    for (int l = 0; l < 16; l++) {
        int32_t row = first + l;
        if (plain[l] > list->threshold && row < last && row != own) ck_neighbor_append(list, plain[l], row);
    }
}

void CK(neighbors)(
    const float *panels, size_t dims, size_t queries, size_t start, size_t end, size_t row_count, ck_neighbor_list *lists) {
    const float *left = panels + queries * dims * 16;
    for (size_t panel = start; panel < end; panel++) {
        const float *right = panels + panel * dims * 16;
        for (int first = 0; first < 16; first += TILE_ROWS) {
            vf tile[TILE_ROWS][BV] = {};
            outer_accumulate(tile, left + first, 16, right, 16, dims);
            CK_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
                ck_neighbor_list *list = lists + first + i;
                vf threshold = splat(list->threshold);
                int any = 0;
                CK_UNROLL for (int v = 0; v < BV; v++) any |= __builtin_reduce_or(tile[i][v] > threshold);
                if (any)
                    keep_above(
                        tile[i], (int32_t)(panel * 16), (int32_t)row_count, (int32_t)(queries * 16) + first + i, list);
            }
        }
    }
}
