// As much of a C library as a plugin without one needs; with the WASI SDK leave this file out.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern unsigned char __heap_base;

enum { PAGE = 65536, ALIGNED = 16, HEAD = 16 };

static uintptr_t next;

_Noreturn void abort(void) { __builtin_trap(); }

// Each piece has its size before it, for `realloc`.
void *malloc(size_t size) {
    uintptr_t at = (next == 0 ? (uintptr_t)&__heap_base : next);
    at = (at + ALIGNED - 1) / ALIGNED * ALIGNED + HEAD;
    if (size > SIZE_MAX / 2 || at > SIZE_MAX / 2) {
        abort();
    }
    uintptr_t end = at + size, has = __builtin_wasm_memory_size(0) * PAGE;
    if (end > has && __builtin_wasm_memory_grow(0, (end - has + PAGE - 1) / PAGE) == SIZE_MAX) {
        abort();
    }
    *(size_t *)(at - HEAD) = size;
    next = end;
    return (void *)at;
}

void *realloc(void *old, size_t size) {
    size_t kept = old == NULL ? 0 : *(size_t *)((char *)old - HEAD);
    if (size <= kept) {
        return old;
    }
    void *made = malloc(size);
    return kept == 0 ? made : memcpy(made, old, kept);
}

void free(void *old) { (void)old; }

void *memcpy(void *to, const void *from, size_t count) {
    for (size_t at = 0; at < count; at += 1) {
        ((char *)to)[at] = ((const char *)from)[at];
    }
    return to;
}

void *memset(void *to, int value, size_t count) {
    for (size_t at = 0; at < count; at += 1) {
        ((char *)to)[at] = (char)value;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t count) {
    const unsigned char *left = one, *right = other;
    for (size_t at = 0; at < count; at += 1) {
        if (left[at] != right[at]) {
            return left[at] < right[at] ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t count = 0;
    while (text[count] != '\0') {
        count += 1;
    }
    return count;
}
