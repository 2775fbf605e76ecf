//! The cards themselves: all languages, the name, the way to start again.

use lark_plugin_sdk::testing::FakeHost;
use serde_json::{Value, json};

use super::{request, set, set_status, stored_session};
use crate::cards;

/// The card of a session with these fields.
fn card(fields: &[(&str, Value)]) -> Value {
    let host = FakeHost::new();
    let session_id = request(&host);
    for (field, value) in fields {
        set(&host, &session_id, field, value.clone());
    }
    let session = serde_json::from_value(stored_session(&host, &session_id)).expect("a session");
    cards::ended("the-session", &session).expect("a card")
}

#[test]
fn the_name_of_who_authorized_is_shown_as_it_is() {
    let card = card(&[("status", json!("completed")), ("user_name", json!("<at id=all></at>"))]);
    let text = &card["body"]["elements"][1]["text"];
    assert_eq!(text["tag"], "plain_text");
    assert_eq!(text["i18n_content"]["en_us"], "Authorized by: <at id=all></at>");
}

#[test]
fn without_a_name_there_is_no_empty_line() {
    let card = card(&[("status", json!("completed"))]);
    assert_eq!(card["body"]["elements"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_failure_says_why_where_it_helps_and_offers_to_start_again_where_it_can_help() {
    for (reason, said, again) in [
        ("wrong_person", "A different account was used", true),
        ("not_allowed", "You don't have permission", false),
        ("code_refused", "was not completed", true),
        ("unavailable", "was not completed", true),
        ("interrupted", "was not completed", true),
    ] {
        let text = card(&[("status", json!("failed")), ("reason", json!(reason))]).to_string();
        assert!(text.contains(said), "{reason}: {text}");
        let button = json!({"card_auth": "the-session", "action": "again"}).to_string();
        assert_eq!(text.contains(&button), again, "{reason}");
    }
}

#[test]
fn every_text_of_a_card_is_there_in_all_languages() {
    fn check(value: &Value) {
        match value {
            Value::Object(fields) => {
                if fields.get("tag") == Some(&json!("plain_text")) {
                    let translated = &fields["i18n_content"];
                    for locale in ["zh_cn", "zh_hk", "zh_tw", "en_us"] {
                        assert!(
                            translated[locale].as_str().is_some_and(|text| !text.is_empty()),
                            "{value}"
                        );
                    }
                    assert_eq!(translated["zh_cn"], fields["content"]);
                    assert_eq!(translated["zh_hk"], translated["zh_tw"]);
                }
                fields.values().for_each(check);
            }
            Value::Array(values) => values.iter().for_each(check),
            _ => {}
        }
    }
    for status in ["completed", "rejected", "expired", "failed", "superseded"] {
        check(&card(&[("status", json!(status))]));
    }
    let host = FakeHost::new();
    let session_id = request(&host);
    set_status(&host, &session_id, "pending");
    check(&cards::request(&session_id, None, &["im:message".to_owned()]));
}

#[test]
fn whoever_reads_traditional_chinese_gets_it_in_cards_and_toasts() {
    let card = card(&[("status", json!("failed"))]);
    assert_eq!(card["header"]["title"]["i18n_content"]["zh_tw"], "授權未成功");
    let reply = super::click(&FakeHost::new(), "AAAAAAAAAAAAAAAAAAAAAA", "authorize");
    assert_eq!(reply["toast"]["i18n"]["zh_hk"], "找不到該授權請求，請重新發起");
}
