#ifndef TAGGUARD_H
#define TAGGUARD_H

#include <stddef.h>
#include <stdint.h>

/// Counts the attributes of each tag ahead of libxml2, which compares them pairwise before it shows them: 100,000 in one
/// tag take it seconds, a million a minute. Knows just enough of XML to tell tags from what only looks like one.
typedef struct {
    int state;
    uint32_t attributes;
    uint32_t seen;
    uint32_t tail;
} tagguard;

/// 0, or 1 when a tag has more than `most` attributes. Bytes may be UTF-8, an 8-bit encoding or UTF-16.
int tagguard_check(tagguard *guard, const uint8_t *bytes, size_t count, uint32_t most);

#endif
