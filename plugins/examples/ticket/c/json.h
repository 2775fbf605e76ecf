// As much of JSON as a plugin needs: the value of a member, and texts that are put together.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// A part of a text. It belongs to somebody else.
typedef struct {
    const char *ptr;
    size_t len;
} span;

// A text that grows.
typedef struct {
    char *ptr;
    size_t len, room;
} buffer;

#define END ((span){NULL, 0})

static inline span text(const char *literal) { return (span){literal, strlen(literal)}; }

static inline bool equal(span some, const char *literal) {
    return some.len == strlen(literal) && memcmp(some.ptr, literal, some.len) == 0;
}

static inline void append(buffer *to, span some) {
    if (some.len == 0) {
        return;
    }
    if (to->len + some.len > to->room) {
        to->room = 2 * (to->len + some.len);
        to->ptr = realloc(to->ptr, to->room);
    }
    memcpy(to->ptr + to->len, some.ptr, some.len);
    to->len += some.len;
}

static inline void append_text(buffer *to, const char *literal) { append(to, text(literal)); }

static inline void append_all(buffer *to, const span *parts) {
    for (; parts->ptr != NULL; parts += 1) {
        append(to, *parts);
    }
}

static inline bool is_white(char letter) { return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t'; }

static inline const char *past_white(const char *at, const char *end) {
    while (at < end && is_white(*at)) {
        at += 1;
    }
    return at;
}

// The end of a string that begins with its quotation mark.
static inline const char *past_string(const char *at, const char *end) {
    for (at += 1; at < end && *at != '"'; at += 1) {
        if (*at == '\\') {
            at += 1;
        }
    }
    return at < end ? at + 1 : end;
}

// The end of any value: a string, or all that stands between its brackets, or up to the next comma.
static inline const char *past_value(const char *at, const char *end) {
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = past_string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth += 1;
            at += 1;
        } else if (depth > 0 && (*at == '}' || *at == ']')) {
            depth -= 1;
            at += 1;
        } else if (depth == 0 && (*at == ',' || *at == '}' || *at == ']' || is_white(*at))) {
            return at;
        } else {
            at += 1;
            continue;
        }
        if (depth == 0) {
            return at;
        }
    }
    return end;
}

// The value of a member of an object, as it is written; nothing when there is none.
static inline span member(span object, const char *name) {
    const char *end = object.ptr + object.len;
    const char *at = object.ptr == NULL ? end : past_white(object.ptr, end);
    if (at == end || *at != '{') {
        return END;
    }
    for (at = past_white(at + 1, end); at < end && *at == '"'; at = past_white(at + 1, end)) {
        const char *after = past_string(at, end);
        span key = {at + 1, (size_t)(after - at) - 2};
        at = past_white(after, end);
        if (at == end || *at != ':') {
            return END;
        }
        at = past_white(at + 1, end);
        after = past_value(at, end);
        if (equal(key, name)) {
            return (span){at, (size_t)(after - at)};
        }
        at = past_white(after, end);
        if (at == end || *at != ',') {
            return END;
        }
    }
    return END;
}

// What stands between the quotation marks of a string, with its escapes: it can be put into another string as it is.
static inline span quoted(span value) {
    return value.len < 2 || value.ptr[0] != '"' ? END : (span){value.ptr + 1, value.len - 2};
}

// The same without the escapes of slashes, which some writers escape.
static inline span unescaped(span value) {
    span from = quoted(value);
    buffer made = {0};
    for (size_t at = 0; at < from.len; at += 1) {
        if (from.ptr[at] == '\\' && at + 1 < from.len && from.ptr[at + 1] == '/') {
            continue;
        }
        append(&made, (span){from.ptr + at, 1});
    }
    return (span){made.ptr, made.len};
}
