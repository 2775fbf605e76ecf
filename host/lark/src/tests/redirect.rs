//! The return from the authorize page: valid queries, and the event made from them.

use super::super::reply::{ReplyError, callback_body, callback_failed};
use super::super::{Kind, OAUTH_REDIRECT, Page, Redirect, Schema};

fn event(query: &str) -> super::super::Event {
    Redirect::parse(query)
        .unwrap_or_else(|| panic!("{query} is refused"))
        .event("cli_a", Some("sealed"), 7)
}

#[test]
fn a_return_becomes_a_callback_of_a_name_and_schema_of_its_own() {
    let event = event("code=abc&state=s%2B1&scope=im");
    assert_eq!((&*event.event_type, event.kind), (OAUTH_REDIRECT, Kind::Callback));
    assert_eq!(event.schema.name(), "redirect");
    assert_eq!((&*event.app_id, event.create_time_ms), ("cli_a", 7));
    assert_eq!(&*event.payload, r#"{"state":"s+1","code":"sealed"}"#);
}

#[test]
fn a_refusal_brings_no_code_whatever_is_sealed() {
    assert_eq!(
        &*event("error=access_denied&state=s").payload,
        r#"{"state":"s","error":"access_denied"}"#
    );
}

#[test]
fn the_code_itself_is_in_no_text() {
    let redirect = Redirect::parse("code=canary-code&state=canary-state").unwrap();
    assert_eq!(redirect.code(), Some("canary-code"));
    assert!(!format!("{redirect:?}").contains("canary"));
    let event = redirect.event("cli_a", Some("sealed"), 7);
    assert!(!event.payload.contains("canary-code") && !event.id.contains("canary"));
}

#[test]
fn the_same_return_has_the_same_id_and_any_other_another() {
    let first = event("code=a&state=b");
    assert_eq!(first.id, event("state=b&code=a&new=1").id);
    assert_eq!(first.id.len(), "sha256-".len() + 64);
    for other in ["code=b&state=a", "code=ab&state=b", "error=a&state=b", "code=a&state=c"] {
        assert_ne!(first.id, event(other).id, "{other}");
    }
    let elsewhere = Redirect::parse("code=a&state=b").unwrap().event("cli_b", None, 7);
    assert_ne!(first.id, elsewhere.id);
}

#[test]
fn what_is_missing_twice_too_long_or_no_text_is_no_return() {
    let long = |name: &str, bytes: usize| format!("{name}={}", "a".repeat(bytes));
    for query in [
        String::new(),
        "code=a".into(),
        "state=b".into(),
        "code=&state=b".into(),
        "code=a&state=".into(),
        "code&state=b".into(),
        "code=a&code=a&state=b".into(),
        "code=a&state=b&state=c".into(),
        "code=a&error=x&state=b".into(),
        "code=%ff&state=b".into(),
        "code=a&state=%E9%A3%9E".into(),
        "code=a%00&state=b".into(),
        "code=a&state=b%0a".into(),
        "%63ode=a&state=b".into(),
        long("state=b&code", 4097),
        long("code=a&state", 513),
        long("state=b&error", 65),
        long("code=a&state=b&other", 8192),
    ] {
        assert_eq!(Redirect::parse(&query), None, "{query}");
    }
    assert!(Redirect::parse(&long("state=b&code", 4096)).is_some());
}

#[test]
fn a_plugin_names_one_of_the_pages_and_nothing_else() {
    for (name, page) in [
        ("authorized", Page::Authorized),
        ("refused", Page::Refused),
        ("expired", Page::Expired),
        ("used", Page::Used),
        ("wrong_person", Page::WrongPerson),
        ("not_allowed", Page::NotAllowed),
        ("invalid", Page::Invalid),
        ("failed", Page::Failed),
        ("incomplete", Page::Incomplete),
    ] {
        let reply = format!(r#"{{"page":"{name}"}}"#);
        let body = callback_body(OAUTH_REDIRECT, Schema::Redirect, Some(&reply)).unwrap();
        assert_eq!(Page::of_reply(body.as_bytes()), page);
    }
    for (reply, error) in [
        (r#"{"page":"not_set_up"}"#, ReplyError::Page),
        (r#"{"page":"<b>"}"#, ReplyError::Page),
        (r#"{"page":7}"#, ReplyError::Page),
        ("{}", ReplyError::Page),
        ("[\"used\"]", ReplyError::Object),
        ("used", ReplyError::Object),
    ] {
        assert_eq!(
            callback_body(OAUTH_REDIRECT, Schema::Redirect, Some(reply)),
            Err(error),
            "{reply}"
        );
    }
}

#[test]
fn nobody_there_is_an_invalid_link_and_a_failure_says_so() {
    let nothing = callback_body(OAUTH_REDIRECT, Schema::Redirect, None).unwrap();
    assert_eq!(Page::of_reply(nothing.as_bytes()), Page::Invalid);
    assert_eq!(Page::of_reply(callback_failed(OAUTH_REDIRECT).as_bytes()), Page::Failed);
}
