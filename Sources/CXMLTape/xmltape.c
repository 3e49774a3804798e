#include "CXMLTape.h"
#include "tagguard.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xmltape {
    xmlParserCtxtPtr parser;
    xmlSAXHandler handler;
    xmltape_limits limits;
    tagguard guard;
    xmltape_event *events;
    size_t event_count, event_room;
    uint8_t *bytes;
    size_t byte_count, byte_room;
    uint32_t depth;
    /// Bytes of character data since the last tag, over several pieces.
    size_t text_run;
    int code;
    int line, column;
    char message[256];
};

// MARK: Faults

static void say(xmltape *tape, int code, int line, int column, const char *message) {
    if (tape->code != XMLTAPE_OK) return;
    tape->code = code;
    tape->line = line;
    tape->column = column;
    snprintf(tape->message, sizeof tape->message, "%s", message);
    for (char *c = tape->message; *c; c++)
        if ((unsigned char)*c < 0x20) *c = ' ';
    size_t length = strlen(tape->message);
    while (length > 0 && tape->message[length - 1] == ' ') tape->message[--length] = 0;
}

static void stop(xmltape *tape, int code, const char *message) {
    say(tape, code, xmlSAX2GetLineNumber(tape->parser), xmlSAX2GetColumnNumber(tape->parser), message);
    xmlStopParser(tape->parser);
}

static int code_of(int error) {
    switch (error) {
    case XML_ERR_DOCUMENT_EMPTY:
    case XML_ERR_TAG_NOT_FINISHED:
    case XML_ERR_DOCUMENT_END: return XMLTAPE_CUT;
    case XML_ERR_INVALID_ENCODING:
    case XML_ERR_INVALID_CHAR:
    case XML_ERR_UNKNOWN_ENCODING:
    case XML_ERR_UNSUPPORTED_ENCODING:
    case XML_I18N_CONV_FAILED: return XMLTAPE_ENCODING;
    case XML_ERR_UNDECLARED_ENTITY:
    case XML_WAR_UNDECLARED_ENTITY:
    case XML_ERR_ENTITY_LOOP: return XMLTAPE_ENTITY;
    case XML_ERR_NO_MEMORY: return XMLTAPE_MEMORY;
    default: return XMLTAPE_SYNTAX;
    }
}

/// Namespace faults (an undeclared prefix) do not make a document unreadable; everything else above a warning does.
static void on_error(void *context, xmlErrorPtr error) {
    xmltape *tape = context;
    if (error->level < XML_ERR_ERROR || error->domain == XML_FROM_NAMESPACE) return;
    say(tape, code_of(error->code), error->line, error->int2, error->message ? error->message : "not well-formed");
}

// MARK: The tape

static uint32_t put(xmltape *tape, const xmlChar *text, size_t length) {
    if (tape->byte_count + length > tape->byte_room) {
        size_t room = tape->byte_room ? tape->byte_room : 1 << 18;
        while (room < tape->byte_count + length) room *= 2;
        uint8_t *larger = room > UINT32_MAX ? NULL : realloc(tape->bytes, room);
        if (!larger) {
            stop(tape, XMLTAPE_MEMORY, "out of memory");
            return UINT32_MAX;
        }
        tape->bytes = larger;
        tape->byte_room = room;
    }
    uint32_t at = (uint32_t)tape->byte_count;
    memcpy(tape->bytes + at, text, length);
    tape->byte_count += length;
    return at;
}

static xmltape_event *event(xmltape *tape, uint32_t kind) {
    if (tape->event_count == tape->event_room) {
        size_t room = tape->event_room ? tape->event_room * 2 : 1 << 12;
        xmltape_event *larger = realloc(tape->events, room * sizeof *larger);
        if (!larger) {
            stop(tape, XMLTAPE_MEMORY, "out of memory");
            return NULL;
        }
        tape->events = larger;
        tape->event_room = room;
    }
    xmltape_event *added = &tape->events[tape->event_count++];
    memset(added, 0, sizeof *added);
    added->kind = kind;
    added->depth = tape->depth;
    return added;
}

/// Exact for input in UTF-8; behind a converter libxml2 computes it, which costs more.
static int64_t position(xmltape *tape) {
    xmlParserInputPtr input = tape->parser->input;
    if (input->buf && input->buf->encoder) return xmlByteConsumed(tape->parser);
    return (int64_t)input->consumed + (input->cur - input->base);
}

// MARK: Events

/// libxml2 hands out an ampersand within an attribute as `&#38;` unless it may replace entities, which it may not here.
static size_t unescape_ampersands(uint8_t *text, size_t length) {
    size_t to = 0;
    for (size_t from = 0; from < length; to++) {
        text[to] = text[from];
        from += length - from >= 5 && memcmp(text + from, "&#38;", 5) == 0 ? 5 : 1;
    }
    return to;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nb_namespaces,
                     const xmlChar **namespaces, int nb_attributes, int nb_defaulted, const xmlChar **attributes) {
    (void)prefix, (void)uri, (void)nb_namespaces, (void)namespaces, (void)nb_defaulted;
    xmltape *tape = context;
    if (tape->code) return;
    tape->text_run = 0;
    if (++tape->depth > tape->limits.depth) return stop(tape, XMLTAPE_DEEP, "too many levels of elements");
    if ((uint32_t)nb_attributes > tape->limits.attributes)
        return stop(tape, XMLTAPE_ATTRIBUTES, "too many attributes in one element");
    size_t length = strlen((const char *)name);
    uint32_t at = put(tape, name, length);
    xmltape_event *start = tape->code ? NULL : event(tape, XMLTAPE_START);
    if (!start) return;
    start->text = at;
    start->text_length = (uint32_t)length;
    // A tag holds no other `<`: an attribute's value cannot.
    const xmlChar *cursor = tape->parser->input->cur, *base = tape->parser->input->base;
    int64_t byte = position(tape);
    while (cursor > base && *cursor != '<') cursor--, byte--;
    start->byte = byte;
    for (int i = 0; i < nb_attributes; i++) {
        const xmlChar **attribute = attributes + 5 * i;
        size_t value_length = (size_t)(attribute[4] - attribute[3]);
        if (value_length > tape->limits.text) return stop(tape, XMLTAPE_LONG, "an attribute is too long");
        size_t name_length = strlen((const char *)attribute[0]);
        uint32_t name_at = put(tape, attribute[0], name_length);
        uint32_t value_at = tape->code ? 0 : put(tape, attribute[3], value_length);
        xmltape_event *added = tape->code ? NULL : event(tape, XMLTAPE_ATTRIBUTE);
        if (!added) return;
        added->text = name_at;
        added->text_length = (uint32_t)name_length;
        added->value = value_at;
        added->value_length = (uint32_t)unescape_ampersands(tape->bytes + value_at, value_length);
    }
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    (void)name, (void)prefix, (void)uri;
    xmltape *tape = context;
    if (tape->code) return;
    tape->text_run = 0;
    xmltape_event *end = event(tape, XMLTAPE_END);
    if (!end) return;
    end->byte = position(tape);
    tape->depth--;
}

static void on_text(void *context, const xmlChar *text, int length) {
    xmltape *tape = context;
    if (tape->code) return;
    tape->text_run += (size_t)length;
    if (tape->text_run > tape->limits.text) return stop(tape, XMLTAPE_LONG, "a text is too long");
    uint32_t at = put(tape, text, (size_t)length);
    if (tape->code) return;
    if (tape->event_count > 0) {
        xmltape_event *last = &tape->events[tape->event_count - 1];
        if (last->kind == XMLTAPE_TEXT && last->text + last->text_length == at) {
            last->text_length += (uint32_t)length;
            return;
        }
    }
    xmltape_event *added = event(tape, XMLTAPE_TEXT);
    if (!added) return;
    added->text = at;
    added->text_length = (uint32_t)length;
}

// MARK: What is refused

static const char declarations[] = "declarations in a DOCTYPE are not read";
static const char references[] = "a reference to an entity other than &amp; &lt; &gt; &quot; &apos;";

static void on_entity_declaration(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                                  const xmlChar *system_id, xmlChar *content) {
    (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
    stop(context, XMLTAPE_ENTITY, declarations);
}

static void on_unparsed_declaration(void *context, const xmlChar *name, const xmlChar *public_id,
                                    const xmlChar *system_id, const xmlChar *notation) {
    (void)name, (void)public_id, (void)system_id, (void)notation;
    stop(context, XMLTAPE_ENTITY, declarations);
}

static void on_notation_declaration(void *context, const xmlChar *name, const xmlChar *public_id,
                                    const xmlChar *system_id) {
    (void)name, (void)public_id, (void)system_id;
    stop(context, XMLTAPE_ENTITY, declarations);
}

static void on_attribute_declaration(void *context, const xmlChar *element, const xmlChar *name, int type, int def,
                                     const xmlChar *value, xmlEnumerationPtr tree) {
    (void)element, (void)name, (void)type, (void)def, (void)value;
    xmlFreeEnumeration(tree);
    stop(context, XMLTAPE_ENTITY, declarations);
}

static void on_element_declaration(void *context, const xmlChar *name, int type, xmlElementContentPtr content) {
    (void)name, (void)type, (void)content;
    stop(context, XMLTAPE_ENTITY, declarations);
}

static xmlEntityPtr on_entity(void *context, const xmlChar *name) {
    (void)name;
    stop(context, XMLTAPE_ENTITY, references);
    return NULL;
}

static void on_reference(void *context, const xmlChar *name) {
    (void)name;
    stop(context, XMLTAPE_ENTITY, references);
}

static xmlParserInputPtr on_external(void *context, const xmlChar *public_id, const xmlChar *system_id) {
    (void)public_id, (void)system_id;
    stop(context, XMLTAPE_ENTITY, references);
    return NULL;
}

// MARK: Life

static pthread_once_t once = PTHREAD_ONCE_INIT;

xmltape *xmltape_create(xmltape_limits limits) {
    pthread_once(&once, xmlInitParser);
    xmltape *tape = calloc(1, sizeof *tape);
    if (!tape) return NULL;
    tape->limits = limits;
    xmlSAXHandler *handler = &tape->handler;
    handler->initialized = XML_SAX2_MAGIC;
    handler->startElementNs = on_start;
    handler->endElementNs = on_end;
    handler->characters = on_text;
    handler->ignorableWhitespace = on_text;
    handler->cdataBlock = on_text;
    handler->serror = on_error;
    handler->entityDecl = on_entity_declaration;
    handler->unparsedEntityDecl = on_unparsed_declaration;
    handler->notationDecl = on_notation_declaration;
    handler->attributeDecl = on_attribute_declaration;
    handler->elementDecl = on_element_declaration;
    handler->getEntity = on_entity;
    handler->getParameterEntity = on_entity;
    handler->reference = on_reference;
    handler->resolveEntity = on_external;
    tape->parser = xmlCreatePushParserCtxt(handler, tape, NULL, 0, NULL);
    if (!tape->parser) {
        free(tape);
        return NULL;
    }
    xmlCtxtUseOptions(tape->parser, XML_PARSE_NONET);
    return tape;
}

void xmltape_destroy(xmltape *tape) {
    if (tape->parser->myDoc) xmlFreeDoc(tape->parser->myDoc);
    xmlFreeParserCtxt(tape->parser);
    free(tape->events);
    free(tape->bytes);
    free(tape);
}

int xmltape_feed(xmltape *tape, const void *bytes, int32_t count, int last) {
    tape->event_count = 0;
    tape->byte_count = 0;
    if (tape->code) return tape->code;
    if (count > 0 && tagguard_check(&tape->guard, bytes, (size_t)count, tape->limits.attributes)) {
        stop(tape, XMLTAPE_ATTRIBUTES, "too many attributes in one element");
        return tape->code;
    }
    int error = xmlParseChunk(tape->parser, bytes, count, last);
    if (tape->code) return tape->code;
    if (error == XML_ERR_OK && (!last || tape->parser->wellFormed)) return XMLTAPE_OK;
    // A namespace fault leaves a code behind but no fatal state.
    if (tape->parser->wellFormed && !tape->parser->disableSAX && error != XML_ERR_DOCUMENT_END) return XMLTAPE_OK;
    int line = xmlSAX2GetLineNumber(tape->parser), column = xmlSAX2GetColumnNumber(tape->parser);
    say(tape, code_of(error), line, column, "not well-formed");
    return tape->code;
}

const xmltape_event *xmltape_events(const xmltape *tape, size_t *count) {
    *count = tape->event_count;
    return tape->events;
}

const uint8_t *xmltape_bytes(const xmltape *tape) { return tape->bytes; }
int32_t xmltape_error_line(const xmltape *tape) { return tape->line; }
int32_t xmltape_error_column(const xmltape *tape) { return tape->column; }
const char *xmltape_error_message(const xmltape *tape) { return tape->message; }
