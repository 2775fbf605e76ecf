// Shows a ticket's title and state in place of its link. No SDK and no C library: what wit-bindgen makes of the interface.

#include "json.h"
#include "ticket.h"

#define LINK "https://tickets.example.com/tickets/"
#define API "https://tickets.example.com/api/tickets/"

typedef lark_callback_plugin_http_error_t http_error_t;
typedef exports_lark_callback_plugin_handler_event_t event_t;
typedef exports_lark_callback_plugin_handler_outcome_t outcome_t;
typedef exports_lark_callback_plugin_handler_failure_t failure_t;

static ticket_string_t lent(span text) { return (ticket_string_t){(uint8_t *)text.ptr, text.len}; }
static span of(ticket_string_t text) { return (span){(char *)text.ptr, text.len}; }

// What is returned to the host is freed after the call, so it has memory of its own.
static ticket_string_t given(const char *text) {
    ticket_string_t own;
    ticket_string_dup(&own, text);
    return own;
}

void exports_lark_callback_plugin_handler_describe(exports_lark_callback_plugin_handler_description_t *ret) {
    static const char *const TYPES[] = {"url.preview.get"};
    ret->name = given("ticket");
    ret->version = given("0.1.0");
    ret->event_types.len = 1;
    ret->event_types.ptr = malloc(sizeof(ticket_string_t));
    ret->event_types.ptr[0] = given(TYPES[0]);
    ret->wants.len = 1;
    ret->wants.ptr = malloc(sizeof(exports_lark_callback_plugin_handler_want_t));
    ret->wants.ptr[0].kind = given("http");
    ret->wants.ptr[0].value = given("GET " API "*");
    ret->wants.ptr[0].reason = given("to read a ticket's title");
    ret->finishes_late = false;
    ret->attributes.ptr = NULL;
    ret->attributes.len = 0;
}

// The digits after the address of the tickets; none for another link.
static span ticket_id(span url) {
    const size_t skipped = sizeof(LINK) - 1;
    if (url.len < skipped || memcmp(url.ptr, LINK, skipped) != 0) {
        return (span){NULL, 0};
    }
    span id = {url.ptr + skipped, 0};
    while (skipped + id.len < url.len && id.ptr[id.len] >= '0' && id.ptr[id.len] <= '9') {
        id.len += 1;
    }
    return id;
}

// The whole body of a response, or false when it broke off.
static bool body_of(lark_callback_plugin_http_borrow_response_t response, buffer *body, http_error_t *error) {
    for (;;) {
        ticket_list_u8_t part;
        if (!lark_callback_plugin_http_method_response_read(response, 64 * 1024, &part, error)) {
            return false;
        }
        if (part.len == 0) {
            return true;
        }
        append(body, (span){(char *)part.ptr, part.len});
        ticket_list_u8_free(&part);
    }
}

// Reads a ticket: its HTTP status and its body, or 0 and why there is none.
static uint16_t read_ticket(span id, buffer *body) {
    buffer url = {0};
    append_text(&url, API);
    append(&url, id);
    ticket_tuple2_string_string_t timeout = {lent(text("timeout-ms")), lent(text("1500"))};
    lark_callback_plugin_http_request_t request = {
        .method = lent(text("GET")),
        .url = lent((span){url.ptr, url.len}),
        .attributes = {&timeout, 1},
    };
    lark_callback_plugin_http_own_response_t response;
    http_error_t error;
    if (!lark_callback_plugin_http_send(&request, &response, &error)) {
        append(body, of(error.val.failed)); // every case has a text
        return 0;
    }
    lark_callback_plugin_http_borrow_response_t borrowed = lark_callback_plugin_http_borrow_response(response);
    uint16_t status = lark_callback_plugin_http_method_response_status(borrowed);
    if (!body_of(borrowed, body, &error)) {
        body->len = 0;
        append(body, of(error.val.failed));
        status = 0;
    }
    lark_callback_plugin_http_response_drop_own(response);
    return status;
}

// A title in two languages; its parts are JSON already.
static void reply(outcome_t *ret, const span *chinese, const span *english) {
    buffer json = {0};
    append_text(&json, "{\"inline\":{\"title\":\"");
    append_all(&json, chinese);
    append_text(&json, "\",\"i18n_title\":{\"en_us\":\"");
    append_all(&json, english);
    append_text(&json, "\"}}}");
    ret->reply.tag = LARK_CALLBACK_PLUGIN_TYPES_REPLY_JSON;
    ret->reply.val.json = lent((span){json.ptr, json.len});
}

bool exports_lark_callback_plugin_handler_handle(event_t *event, outcome_t *ret, failure_t *err) {
    (void)err;
    ret->tasks.ptr = NULL;
    ret->tasks.len = 0;
    span id = ticket_id(unescaped(member(member(of(event->payload), "context"), "url")));
    if (id.len == 0) {
        ret->reply.tag = LARK_CALLBACK_PLUGIN_TYPES_REPLY_PASS; // another plugin's link
        return true;
    }
    buffer body = {0};
    uint16_t status = read_ticket(id, &body);
    span ticket = {body.ptr, body.len};
    span title = quoted(member(ticket, "title")), state = quoted(member(ticket, "state"));
    if (status == 404) {
        reply(ret, (span[]){text("工单 "), id, text("（不存在）"), END}, (span[]){text("Ticket "), id, text(" (not found)"), END});
    } else if (status == 200 && title.len > 0 && state.len > 0) {
        span shown = text(equal(state, "open") ? "处理中" : "已关闭");
        reply(ret, (span[]){text("工单 "), id, text("："), title, text("（"), shown, text("）"), END},
              (span[]){text("Ticket "), id, text(": "), title, text(" ("), state, text(")"), END});
    } else {
        // A link without its title is better than none.
        ticket_string_t said = lent(status == 0 ? ticket : text("no title: the service did not send a ticket"));
        lark_callback_plugin_log_write(LARK_CALLBACK_PLUGIN_LOG_LEVEL_WARN, &said);
        reply(ret, (span[]){text("工单 "), id, END}, (span[]){text("Ticket "), id, END});
    }
    return true;
}

bool exports_lark_callback_plugin_handler_run(exports_lark_callback_plugin_handler_task_t *task, outcome_t *ret, failure_t *err) {
    (void)task;
    (void)ret;
    err->tag = LARK_CALLBACK_PLUGIN_TYPES_FAILURE_PERMANENT;
    err->val.permanent = given("this plugin has no tasks");
    return false;
}
