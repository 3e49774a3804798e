#include "tagguard.h"

#include <string.h>

enum { TEXT, OPEN, BANG, TAG, DOUBLE, SINGLE, INSTRUCTION, COMMENT, CDATA, DECLARATION };

/// The number of bytes before the next `wanted`, or all.
static size_t run(const uint8_t *bytes, size_t count, uint8_t wanted) {
    const uint8_t *hit = memchr(bytes, wanted, count);
    return hit ? (size_t)(hit - bytes) : count;
}

static void enter(tagguard *guard, int state) {
    guard->state = state;
    guard->seen = 0;
    guard->tail = 0;
}

/// Decides what `<!` begins, from the first two characters behind it.
static void after_bang(tagguard *guard, uint8_t byte) {
    guard->tail = guard->tail << 8 | byte;
    if (++guard->seen == 1 && byte == '[') return enter(guard, CDATA);
    if (guard->seen < 2) return;
    enter(guard, guard->tail == ('-' << 8 | '-') ? COMMENT : DECLARATION);
    if (guard->state == DECLARATION && byte == '>') enter(guard, TEXT);
}

/// Ends comments, CDATA and instructions at their own marks only. A comment's hyphens do not count twice: `<!-->` is not
/// a comment to XML either.
static void within(tagguard *guard, uint8_t byte) {
    uint32_t tail = guard->tail << 8 | byte;
    uint32_t two = tail & 0xFFFF, three = tail & 0xFFFFFF;
    int ends = guard->state == INSTRUCTION ? two == ('?' << 8 | '>')
        : guard->state == COMMENT          ? three == ('-' << 16 | '-' << 8 | '>')
        : guard->state == CDATA            ? three == (']' << 16 | ']' << 8 | '>')
                                           : byte == '>';
    guard->tail = tail;
    if (ends) enter(guard, TEXT);
}

int tagguard_check(tagguard *guard, const uint8_t *bytes, size_t count, uint32_t most) {
    for (size_t i = 0; i < count; i++) {
        switch (guard->state) {
        case TEXT: i += run(bytes + i, count - i, '<'); break;
        case DOUBLE: i += run(bytes + i, count - i, '"'); break;
        case SINGLE: i += run(bytes + i, count - i, '\''); break;
        default: break;
        }
        if (i == count) return 0;
        uint8_t byte = bytes[i];
        if (byte == 0) continue;
        switch (guard->state) {
        case TEXT: enter(guard, OPEN); break;
        case OPEN:
            guard->attributes = 0;
            enter(guard, byte == '!' ? BANG : byte == '?' ? INSTRUCTION : byte == '>' ? TEXT : TAG);
            break;
        case BANG: after_bang(guard, byte); break;
        case TAG:
            if (byte == '>') {
                enter(guard, TEXT);
            } else if (byte == '"' || byte == '\'') {
                if (++guard->attributes > most) return 1;
                guard->state = byte == '"' ? DOUBLE : SINGLE;
            }
            break;
        case DOUBLE:
        case SINGLE: guard->state = TAG; break;
        default: within(guard, byte); break;
        }
    }
    return 0;
}
