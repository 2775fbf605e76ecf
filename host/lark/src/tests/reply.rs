//! The bodies of answers.

use super::super::Schema;
use super::super::reply::{CARD_FAILED, EVENT_ACKNOWLEDGED, ReplyError, callback_body, callback_failed, challenge};

const CLICK: &str = "card.action.trigger";
const RAW: &str = r#"{"type":"raw","data":{"config":{},"elements":[{"a":"}"}]}}"#;
const TEMPLATE: &str = r#"{"type":"template","data":{"template_id":"AAq"}}"#;
const TOAST: &str = r#"{"type":"info","content":"done","i18n":{"zh_cn":"好"}}"#;

#[track_caller]
fn is_passed_on(event_type: &str, reply: &str) {
    assert_eq!(callback_body(event_type, Schema::V2, Some(reply)).as_deref(), Ok(reply));
}

#[track_caller]
fn is_refused(event_type: &str, reply: &str, error: ReplyError) {
    assert_eq!(callback_body(event_type, Schema::V2, Some(reply)), Err(error));
}

#[track_caller]
fn becomes_flat(reply: &str, body: &str) {
    assert_eq!(callback_body(CLICK, Schema::CardV1, Some(reply)).as_deref(), Ok(body));
}

#[test]
fn nothing_to_say_is_an_empty_object() {
    for (event_type, schema) in [
        (CLICK, Schema::V2),
        (CLICK, Schema::CardV1),
        ("url.preview.get", Schema::V2),
    ] {
        assert_eq!(callback_body(event_type, schema, None).as_deref(), Ok("{}"));
    }
}

#[test]
fn reply_to_a_click_is_passed_on_as_it_was_written() {
    is_passed_on(CLICK, "{}");
    is_passed_on(CLICK, " { } ");
    is_passed_on(CLICK, &format!(r#"{{"toast":{TOAST},"card":{RAW},"new":1}}"#));
    is_passed_on(CLICK, &format!(r#"{{"card":{TEMPLATE}}}"#));
    is_passed_on(CLICK, r#"{"toast":{"content":"only text"}}"#);
    for kind in ["info", "success", "warning", "error"] {
        is_passed_on(CLICK, &format!(r#"{{"toast":{{"type":"{kind}","content":"a"}}}}"#));
    }
}

#[test]
fn reply_that_lark_would_refuse_is_refused_with_what_to_do() {
    for reply in ["", "null", "[]", "[null,null]", "\"{}\"", "{", "{}{}"] {
        is_refused(CLICK, reply, ReplyError::Object);
        is_refused("url.preview.get", reply, ReplyError::Object);
    }
    for (reply, twice) in [
        (r#"{"card":null,"card":null}"#, "card"),
        (r#"{"toast":{"content":"a","content":"b"}}"#, "toast.content"),
        (
            r#"{"card":{"type":"template","data":{"template_id":"a","template_id":"b"}}}"#,
            "card.data.template_id",
        ),
    ] {
        is_refused(CLICK, reply, ReplyError::Twice(twice.to_owned()));
    }
    for bare in [
        r#"{"elements":[]}"#,
        r#"{"schema":"2.0","body":{}}"#,
        r#"{"i18n_elements":{}}"#,
        TEMPLATE,
    ] {
        is_refused(CLICK, bare, ReplyError::BareCard);
    }
    is_refused(CLICK, r#"{"toast":"done"}"#, ReplyError::NotObject("toast"));
    is_refused(
        CLICK,
        r#"{"toast":{"i18n":"done"}}"#,
        ReplyError::NotObject("toast.i18n"),
    );
    is_refused(CLICK, r#"{"toast":{"content":1}}"#, ReplyError::ToastContent);
    is_refused(CLICK, r#"{"toast":{"type":"warn"}}"#, ReplyError::ToastType);
    is_refused(CLICK, r#"{"toast":{"type":1}}"#, ReplyError::ToastType);
    is_refused(CLICK, r#"{"card":"{}"}"#, ReplyError::NotObject("card"));
    is_refused(CLICK, r#"{"card":{"data":{}}}"#, ReplyError::CardType);
    is_refused(CLICK, r#"{"card":{"type":"card","data":{}}}"#, ReplyError::CardType);
    is_refused(CLICK, r#"{"card":{"type":"raw"}}"#, ReplyError::CardData);
    is_refused(CLICK, r#"{"card":{"type":"raw","data":"{}"}}"#, ReplyError::CardData);
    for data in [
        "{}",
        r#"{"template_id":null}"#,
        r#"{"template_id":""}"#,
        r#"{"template_id":1}"#,
    ] {
        let template = format!(r#"{{"card":{{"type":"template","data":{data}}}}}"#);
        is_refused(CLICK, &template, ReplyError::TemplateId);
        is_refused("url.preview.get", &template, ReplyError::TemplateId);
    }
}

#[test]
fn the_reply_to_something_else_is_refused() {
    let told = |event_type: &str, reply: &str| {
        let refused = callback_body(event_type, Schema::V2, Some(reply)).unwrap_err();
        refused.to_string()
    };
    assert_eq!(
        told(CLICK, r#"{"inline":{"title":"a"}}"#),
        "`inline` belongs to the reply to a link preview; the reply to a click has `toast` and `card`"
    );
    assert_eq!(
        told("url.preview.get", &format!(r#"{{"toast":{TOAST}}}"#)),
        "`toast` belongs to the reply to a click; the reply to a link preview has `inline` and `card`"
    );
    is_passed_on(CLICK, &format!(r#"{{"toast":{TOAST},"inline":{{}}}}"#));
    is_passed_on(CLICK, r#"{"inline":null}"#);
    is_passed_on("url.preview.get", r#"{"inline":{"title":"a"},"toast":{}}"#);
}

#[test]
fn null_stands_for_a_part_that_is_not_there_but_for_nothing_inside_it() {
    is_passed_on(CLICK, r#"{"toast":null,"card":null}"#);
    is_passed_on("url.preview.get", r#"{"inline":null,"card":null}"#);
    becomes_flat(r#"{"toast":null,"card":null}"#, "{}");
    is_refused(
        CLICK,
        r#"{"toast":{"type":null,"content":null}}"#,
        ReplyError::ToastType,
    );
    is_refused(
        CLICK,
        r#"{"toast":{"type":"info","content":null}}"#,
        ReplyError::ToastContent,
    );
    is_refused(CLICK, r#"{"toast":{"i18n":null}}"#, ReplyError::NotObject("toast.i18n"));
    is_refused(CLICK, r#"{"card":{"type":null,"data":{}}}"#, ReplyError::CardType);
    is_refused(CLICK, r#"{"card":{"type":"raw","data":null}}"#, ReplyError::CardData);
}

#[test]
fn toast_without_a_text_that_can_be_shown_is_refused() {
    for toast in [
        "{}",
        r#"{"type":"info"}"#,
        r#"{"type":"info","content":" "}"#,
        r#"{"content":"","i18n":{}}"#,
        r#"{"i18n":{"zh_cn":"","en_us":"\u00a0"}}"#,
    ] {
        is_refused(CLICK, &format!(r#"{{"toast":{toast}}}"#), ReplyError::EmptyToast);
    }
    is_passed_on(CLICK, r#"{"toast":{"content":"","i18n":{"zh_cn":"好"}}}"#);
    is_refused(
        CLICK,
        r#"{"toast":{"content":"a","i18n":{"zh_cn":7}}}"#,
        ReplyError::NotStrings("toast.i18n"),
    );
}

#[test]
fn misspelt_field_is_told_the_nearest_one() {
    for (event_type, reply, name, nearest) in [
        (CLICK, r#"{"tost":{"type":"info","content":"hi"}}"#, "tost", "toast"),
        (CLICK, r#"{"Toast":{}}"#, "Toast", "toast"),
        (CLICK, r#"{"toast":{"contnet":"hi"}}"#, "toast.contnet", "toast.content"),
        (CLICK, r#"{"cards":{}}"#, "cards", "card"),
        (CLICK, r#"{"card":{"typ":"raw","data":{}}}"#, "card.typ", "card.type"),
        ("url.preview.get", r#"{"inlin":{}}"#, "inlin", "inline"),
        (
            "url.preview.get",
            r#"{"inline":{"titel":"a"}}"#,
            "inline.titel",
            "inline.title",
        ),
    ] {
        let error = callback_body(event_type, Schema::V2, Some(reply)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{name}` is not a field of a reply; the nearest one is `{nearest}`")
        );
    }
}

#[test]
fn card_has_thirty_kilobytes_and_a_whole_reply_sixty_four() {
    let card = |bytes: usize| {
        let text = "x".repeat(bytes - r#"{"a":""}"#.len());
        format!(r#"{{"card":{{"type":"raw","data":{{"a":"{text}"}}}}}}"#)
    };
    is_passed_on(CLICK, &card(30 << 10));
    for event_type in [CLICK, "url.preview.get"] {
        is_refused(
            event_type,
            &card((30 << 10) + 1),
            ReplyError::TooLarge {
                place: "`card.data`",
                bytes: (30 << 10) + 1,
                bytes_max: 30 << 10,
            },
        );
    }
    let whole = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - r#"{"a":""}"#.len()));
    is_passed_on("profile.view.get", &whole(64 << 10));
    for event_type in [CLICK, "url.preview.get", "profile.view.get", "oauth_redirect"] {
        let refused = callback_body(event_type, Schema::V2, Some(&whole((64 << 10) + 1))).unwrap_err();
        assert!(
            refused.to_string().starts_with("the reply has 65537 bytes"),
            "{refused}"
        );
    }
}

#[test]
fn card_that_lark_would_refuse_is_refused_with_its_place() {
    let card = r#"{"card":{"type":"raw","data":{"schema":"2.0","body":{"elements":[{"tag":"form","name":"a","elements":[]}]}}}}"#;
    for event_type in [CLICK, "url.preview.get"] {
        let error = callback_body(event_type, Schema::V2, Some(card)).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"`card.data.body.elements[0]` has no button with "form_action_type": "submit""#
        );
    }
    // A template is filled by Lark.
    is_passed_on(
        CLICK,
        r#"{"card":{"type":"template","data":{"template_id":"AAq","body":{"elements":{}}}}}"#,
    );
}

#[test]
fn half_an_emoji_is_sent_as_an_unreadable_character() {
    let reply = callback_body(
        CLICK,
        Schema::V2,
        Some(r#"{"toast":{"content":"so \ud83d, \ud83d\ude00"}}"#),
    );
    assert_eq!(reply.unwrap(), r#"{"toast":{"content":"so \ufffd, \ud83d\ude00"}}"#);
    becomes_flat(r#"{"toast":{"content":"\udc00"}}"#, r#"{"toast":{"content":"\ufffd"}}"#);
}

#[test]
fn flat_card_gets_the_card_itself_with_the_toast_beside_it() {
    becomes_flat("{}", "{}");
    becomes_flat(
        &format!(r#"{{"card":{RAW}}}"#),
        r#"{"config":{},"elements":[{"a":"}"}]}"#,
    );
    becomes_flat(&format!(r#"{{"card":{TEMPLATE}}}"#), TEMPLATE);
    becomes_flat(&format!(r#"{{"toast":{TOAST}}}"#), &format!(r#"{{"toast":{TOAST}}}"#));
    becomes_flat(
        &format!(r#"{{"card":{{"type":"raw","data":{{ }}}},"toast":{TOAST}}}"#),
        &format!(r#"{{"toast":{TOAST}}}"#),
    );
    becomes_flat(
        &format!(r#"{{"card":{{"type":"raw","data":{{"a":{{}}}}}},"toast":{TOAST}}}"#),
        &format!(r#"{{"a":{{}},"toast":{TOAST}}}"#),
    );
}

#[test]
fn reply_to_a_preview_has_inline_and_card() {
    is_passed_on(
        "url.preview.get",
        &format!(r#"{{"inline":{{"title":"T"}},"card":{TEMPLATE}}}"#),
    );
    is_refused("url.preview.get", r#"{"inline":"T"}"#, ReplyError::NotObject("inline"));
    is_refused(
        "url.preview.get",
        r#"{"card":{"type":"raw","data":[]}}"#,
        ReplyError::CardData,
    );
}

#[test]
fn reply_to_any_other_callback_is_any_object() {
    is_passed_on("profile.view.get", r#"{"anything":[1]}"#);
    for reply in ["", "[]", "1", "{}x"] {
        is_refused("profile.view.get", reply, ReplyError::Object);
    }
}

#[test]
fn failed_click_shows_a_toast_and_a_failed_preview_nothing() {
    assert_eq!(callback_failed(CLICK), CARD_FAILED);
    assert_eq!(callback_failed("url.preview.get"), "{}");
    is_passed_on(CLICK, CARD_FAILED);
    becomes_flat(CARD_FAILED, CARD_FAILED);
}

#[test]
fn challenge_is_escaped() {
    assert_eq!(challenge("ajls384k"), r#"{"challenge":"ajls384k"}"#);
    assert_eq!(challenge("a\"b\\\n\u{1}"), r#"{"challenge":"a\"b\\\n\u0001"}"#);
    assert_eq!(EVENT_ACKNOWLEDGED, r#"{"msg":"success"}"#);
}

#[test]
fn a_member_of_a_flat_card_is_never_taken_for_the_toast_of_the_reply() {
    let toast = r#"{"type":"info","content":"done"}"#;
    for own in [
        r#""toast":{"content":"of the card"}"#,
        r#""toas\u0074":{"content":"of the card"}"#,
    ] {
        becomes_flat(
            &format!(r#"{{"toast":{toast},"card":{{"type":"raw","data":{{"elements":[],{own}}}}}}}"#),
            &format!(r#"{{"elements":[],"toast":{toast}}}"#),
        );
        becomes_flat(
            &format!(r#"{{"card":{{"type":"raw","data":{{{own},"elements":[]}}}}}}"#),
            r#"{"elements":[]}"#,
        );
    }
    becomes_flat(
        r#"{"card":{"type":"raw","data":{"b":"toast","a":1}}}"#,
        r#"{"b":"toast","a":1}"#,
    );
}
