#ifndef CXMLTAPE_H
#define CXMLTAPE_H

#include <stddef.h>
#include <stdint.h>

/// A push parser for XML that turns each piece of a document into a flat tape of events.
///
/// It never loads anything: no network, no external DTD, no entity. A bare DOCTYPE is passed over; a declaration in
/// one, or a reference to an entity other than the five of XML, is an error. So is a document that ends early.
typedef struct xmltape xmltape;

enum xmltape_kind {
    XMLTAPE_START = 1,      ///< text is the local name
    XMLTAPE_ATTRIBUTE = 2,  ///< text is the local name, value the value
    XMLTAPE_TEXT = 3,       ///< text is character data; neighbours come as one within a tape, CDATA and comments included
    XMLTAPE_END = 4         ///< text is empty
};

typedef struct {
    uint32_t kind;
    /// Of a start and its end: 1 for the root.
    uint32_t depth;
    /// Offsets and lengths in the tape's bytes.
    uint32_t text, text_length;
    uint32_t value, value_length;
    /// Bytes from the start of the document: of the `<` of a start, and past the `>` of an end.
    int64_t byte;
} xmltape_event;

typedef struct {
    uint32_t depth;       ///< most levels of elements
    uint32_t attributes;  ///< most attributes of one element
    uint32_t text;        ///< most bytes of character data between two tags, and of one attribute's value
} xmltape_limits;

enum xmltape_code {
    XMLTAPE_OK = 0,
    XMLTAPE_SYNTAX = 1,       ///< not well-formed
    XMLTAPE_CUT = 2,          ///< the document ends early, or is empty
    XMLTAPE_ENTITY = 3,       ///< a declaration in the DOCTYPE, or a reference to an entity
    XMLTAPE_DEEP = 4,         ///< beyond limits.depth
    XMLTAPE_ATTRIBUTES = 5,   ///< beyond limits.attributes
    XMLTAPE_LONG = 6,         ///< beyond limits.text
    XMLTAPE_ENCODING = 7,     ///< bytes that are not in the document's encoding
    XMLTAPE_MEMORY = 8        ///< out of memory
};

/// NULL when out of memory.
xmltape *_Nullable xmltape_create(xmltape_limits limits);
void xmltape_destroy(xmltape *_Nonnull tape);

/// Parses the next piece; `last` ends the document (the piece may be empty). The tape is emptied first. A code other than
/// XMLTAPE_OK is final; events before the fault stay on the tape but mean nothing.
int xmltape_feed(xmltape *_Nonnull tape, const void *_Nullable bytes, int32_t count, int last);

const xmltape_event *_Nullable xmltape_events(const xmltape *_Nonnull tape, size_t *_Nonnull count);
const uint8_t *_Nullable xmltape_bytes(const xmltape *_Nonnull tape);

/// Place and words of the fault, after a code other than XMLTAPE_OK. The message is never NULL and has no line break.
int32_t xmltape_error_line(const xmltape *_Nonnull tape);
int32_t xmltape_error_column(const xmltape *_Nonnull tape);
const char *_Nonnull xmltape_error_message(const xmltape *_Nonnull tape);

#endif
