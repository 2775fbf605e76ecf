//! Replies, byte for byte in the shape that Lark documents.

use serde_json::{Value, json};

use crate::{Card, CardReply, Failure, Outcome, PreviewLinks, PreviewReply, Reply, Toast, ToastKind};

fn written(outcome: Result<Outcome, Failure>) -> Value {
    outcome.expect("an outcome").reply_json().expect("a JSON reply")
}

#[test]
fn a_reply_without_parts_leaves_the_card_alone() {
    assert_eq!(written(Outcome::reply(&CardReply::default())), json!({}));
}

#[test]
fn each_kind_of_toast_has_its_name() {
    for (kind, name) in [
        (ToastKind::Info, "info"),
        (ToastKind::Success, "success"),
        (ToastKind::Error, "error"),
        (ToastKind::Warning, "warning"),
    ] {
        let reply = CardReply::toast(Toast::new(kind, "好"));
        assert_eq!(
            written(Outcome::reply(&reply)),
            json!({"toast": {"type": name, "content": "好"}})
        );
    }
}

#[test]
fn a_template_card_carries_version_and_variables_only_when_they_are_set() {
    let plain = CardReply::card(Card::template("AAq1"));
    assert_eq!(
        written(Outcome::reply(&plain)),
        json!({"card": {"type": "template", "data": {"template_id": "AAq1"}}})
    );

    let full = CardReply::card(
        Card::template("AAq1")
            .version("1.0.0")
            .variable("count", 3)
            .variable("who", "Anna"),
    );
    assert_eq!(
        written(Outcome::reply(&full)),
        json!({"card": {"type": "template", "data": {
            "template_id": "AAq1", "template_version_name": "1.0.0", "template_variable": {"count": 3, "who": "Anna"},
        }}}),
    );
}

#[test]
fn a_raw_card_that_is_not_an_object_is_refused_before_lark_refuses_it() {
    for card in [json!("{\"schema\":\"2.0\"}"), json!(null), json!([])] {
        let failure = Outcome::reply(&CardReply::card(Card::raw(card))).expect_err("a failure");
        assert!(matches!(&failure, Failure::Permanent { message } if message.contains("must be a JSON object")));
    }
}

#[test]
fn a_preview_is_a_line_and_may_have_a_picture_links_and_a_card() {
    let links = PreviewLinks {
        pc: Some("https://example.com/pc".to_owned()),
        ..PreviewLinks::default()
    };
    let reply = PreviewReply::title("Ticket 42")
        .translated("zh_cn", "工单 42")
        .image("img_v3_1")
        .links(links)
        .with_card(Card::template("AAq1"));
    assert_eq!(
        written(Outcome::reply(&reply)),
        json!({
            "inline": {
                "title": "Ticket 42", "i18n_title": {"zh_cn": "工单 42"}, "image_key": "img_v3_1",
                "url": {"pc": "https://example.com/pc"},
            },
            "card": {"type": "template", "data": {"template_id": "AAq1"}},
        }),
    );
}

#[test]
fn passing_and_saying_nothing_are_not_the_same() {
    assert_eq!(Outcome::pass().reply, Reply::Pass);
    assert_eq!(Outcome::done().reply, Reply::None);
}
