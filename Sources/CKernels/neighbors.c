// Lists of the best so far, and the oracle of neighbors_body.h.
#include "kernels.h"

#include <stdlib.h>

/// Whether a comes before b: the higher score, among equals the lower row. No two rows of a list are the same, so this is a
/// total order and what is kept does not depend on the way it was found.
static int before(ck_neighbor a, ck_neighbor b) { return a.score > b.score || (a.score == b.score && a.row < b.row); }

/// Brings the element that is `place`-th best to that place, better ones before it (Hoare 1961, "Algorithm 65: Find",
/// doi:10.1145/366622.366647).
static void select_best(ck_neighbor *list, ptrdiff_t count, ptrdiff_t place) {
    ptrdiff_t low = 0, high = count - 1;
    while (low < high) {
        ck_neighbor pivot = list[place];
        ptrdiff_t i = low, j = high;
        do {
            while (before(list[i], pivot)) i++;
            while (before(pivot, list[j])) j--;
            if (i <= j) {
                ck_neighbor moved = list[i];
                list[i++] = list[j];
                list[j--] = moved;
            }
        } while (i <= j);
        if (j < place) low = i;
        if (place < i) high = j;
    }
}

void ck_neighbor_append(ck_neighbor_list *list, float score, int32_t row) {
    list->found[list->count++] = (ck_neighbor){score, row};
    if (list->count < list->capacity) return;
    select_best(list->found, (ptrdiff_t)list->count, (ptrdiff_t)list->wanted - 1);
    list->count = list->wanted;
    // Rows come in ascending order, so a later one of the same score would come after those that are there.
    list->threshold = list->found[list->wanted - 1].score;
}

static int compare(const void *a, const void *b) {
    return before(*(const ck_neighbor *)b, *(const ck_neighbor *)a) - before(*(const ck_neighbor *)a, *(const ck_neighbor *)b);
}

void ck_neighbors_finish(ck_neighbor_list *list) {
    qsort(list->found, list->count, sizeof(ck_neighbor), compare);
    if (list->count > list->wanted) list->count = list->wanted;
}

void ck_scalar_neighbors(
    const float *panels, size_t dims, size_t queries, size_t start, size_t end, size_t row_count, ck_neighbor_list *lists) {
    for (size_t panel = start; panel < end; panel++)
        for (size_t i = 0; i < 16; i++)
            for (size_t j = 0; j < 16; j++) {
                size_t row = panel * 16 + j;
                float score = 0;
                for (size_t d = 0; d < dims; d++)
                    score += panels[(queries * dims + d) * 16 + i] * panels[(panel * dims + d) * 16 + j];
                if (score > lists[i].threshold && row < row_count && row != queries * 16 + i)
                    ck_neighbor_append(&lists[i], score, (int32_t)row);
            }
}
