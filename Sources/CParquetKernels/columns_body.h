// Plain loops over columns, compiled once for each instruction set: the compiler vectorises them. The including file
// opens the target before and defines FUNCTION(name).

static uint32_t FUNCTION(max32)(const uint32_t *in, size_t count) {
    uint32_t greatest = 0;
    for (size_t i = 0; i < count; i++) greatest = in[i] > greatest ? in[i] : greatest;
    return greatest;
}

static void FUNCTION(min_max_i32)(const int32_t *in, size_t count, int32_t *least, int32_t *greatest) {
    int32_t low = in[0], high = in[0];
    for (size_t i = 1; i < count; i++) {
        low = in[i] < low ? in[i] : low;
        high = in[i] > high ? in[i] : high;
    }
    *least = low;
    *greatest = high;
}

static void FUNCTION(min_max_i64)(const int64_t *in, size_t count, int64_t *least, int64_t *greatest) {
    int64_t low = in[0], high = in[0];
    for (size_t i = 1; i < count; i++) {
        low = in[i] < low ? in[i] : low;
        high = in[i] > high ? in[i] : high;
    }
    *least = low;
    *greatest = high;
}

static void FUNCTION(gather32)(const uint32_t *table, const uint32_t *codes, uint32_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = table[codes[i]];
}

static void FUNCTION(gather64)(const uint64_t *table, const uint32_t *codes, uint64_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = table[codes[i]];
}

static uint64_t FUNCTION(sum_lengths)(const uint32_t *offsets, const uint32_t *codes, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += offsets[codes[i] + 1] - offsets[codes[i]];
    return sum;
}

// MARK: delta blocks

enum { FUNCTION(miniblock) = 32, FUNCTION(block) = 128 };

static uint8_t *FUNCTION(put_varint64)(uint8_t *out, uint64_t value) {
    while (value >= 0x80) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    return out;
}

// Zigzag over 64 bits, also of 32-bit differences: what a reader that widens sees as the same number.
static uint8_t *FUNCTION(put_least)(uint8_t *out, int64_t least) {
    return FUNCTION(put_varint64)(out, ((uint64_t)least << 1) ^ (uint64_t)(least >> 63));
}

static size_t FUNCTION(delta_encode_block32)(const uint32_t *in, size_t count, uint32_t previous, uint8_t *out) {
    uint32_t delta[FUNCTION(block)] = {0};
    uint8_t *start = out;
    int32_t least = INT32_MAX;
    delta[0] = in[0] - previous;
    for (size_t i = 1; i < count; i++) delta[i] = in[i] - in[i - 1];
    for (size_t i = 0; i < count; i++) least = (int32_t)delta[i] < least ? (int32_t)delta[i] : least;
    for (size_t i = 0; i < count; i++) delta[i] -= (uint32_t)least;
    out = FUNCTION(put_least)(out, least);
    uint8_t *widths = out;
    out += FUNCTION(block) / FUNCTION(miniblock);
    for (size_t first = 0; first < FUNCTION(block); first += FUNCTION(miniblock)) {
        uint32_t bits = 0;
        for (size_t i = 0; i < FUNCTION(miniblock); i++) bits |= delta[first + i];
        unsigned width = bits == 0 ? 0 : 32 - (unsigned)__builtin_clz(bits);
        widths[first / FUNCTION(miniblock)] = (uint8_t)width;
        if (first >= count) continue; // a miniblock past the end has no body
        pq_pack32_groups(delta + first, 1, width, out);
        out += FUNCTION(miniblock) / 8 * width;
    }
    return (size_t)(out - start);
}

static size_t FUNCTION(delta_encode_block64)(const uint64_t *in, size_t count, uint64_t previous, uint8_t *out) {
    uint64_t delta[FUNCTION(block)] = {0};
    uint8_t *start = out;
    int64_t least = INT64_MAX;
    delta[0] = in[0] - previous;
    for (size_t i = 1; i < count; i++) delta[i] = in[i] - in[i - 1];
    for (size_t i = 0; i < count; i++) least = (int64_t)delta[i] < least ? (int64_t)delta[i] : least;
    for (size_t i = 0; i < count; i++) delta[i] -= (uint64_t)least;
    out = FUNCTION(put_least)(out, least);
    uint8_t *widths = out;
    out += FUNCTION(block) / FUNCTION(miniblock);
    for (size_t first = 0; first < FUNCTION(block); first += FUNCTION(miniblock)) {
        uint64_t bits = 0;
        for (size_t i = 0; i < FUNCTION(miniblock); i++) bits |= delta[first + i];
        unsigned width = bits == 0 ? 0 : 64 - (unsigned)__builtin_clzll(bits);
        widths[first / FUNCTION(miniblock)] = (uint8_t)width;
        if (first >= count) continue;
        if (width <= 32) {
            uint32_t narrow[FUNCTION(miniblock)];
            for (size_t i = 0; i < FUNCTION(miniblock); i++) narrow[i] = (uint32_t)delta[first + i];
            pq_pack32_groups(narrow, 1, width, out);
        } else {
            pq_pack64(delta + first, FUNCTION(miniblock), width, out);
        }
        out += FUNCTION(miniblock) / 8 * width;
    }
    return (size_t)(out - start);
}
