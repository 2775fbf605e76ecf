//! The cards.

use serde_json::{Value, json};

use super::{
    kind::Language,
    ledger::{Message, What},
};
use crate::telemetry::local;

/// One line of a card; a card has some thirty kilobytes at most.
const LINE_CHARS_MAX: usize = 400;

/// The card of a message, in JSON 2.0. All texts are plain: what comes from a plugin's file must not become a link or call
/// everybody.
pub(super) fn card(message: &Message, server: &str, language: Language, now_ms: u64) -> Value {
    let Message { kind, finding, .. } = message;
    let is_over = message.what == What::Over;
    let (colour, title) = if is_over {
        ("green", kind.over(language).to_owned())
    } else {
        let title = kind.title(language, finding.count);
        match message.what {
            What::Again => (
                "red",
                language.choose(format!("仍未恢复：{title}"), format!("Still: {title}")),
            ),
            What::New | What::Change | What::Over => ("red", title),
        }
    };
    let mut lines: Vec<String> = finding.details.clone();
    if is_over {
        lines.clear();
    } else {
        lines.push(kind.advice(language).to_owned());
    }
    lines.push(place(message, server, language, now_ms));
    let texts = lines.iter().map(|line| {
        let line: String = line.chars().take(LINE_CHARS_MAX).collect();
        json!({"tag": "div", "text": {"tag": "plain_text", "content": line}})
    });
    json!({
        "schema": "2.0",
        "config": {"update_multi": true, "summary": {"content": title}},
        "header": {"title": {"tag": "plain_text", "content": title}, "template": colour},
        "body": {"elements": texts.collect::<Vec<_>>()},
    })
}

/// Since when, and who says so.
fn place(message: &Message, server: &str, language: Language, now_ms: u64) -> String {
    let [since, now] = [message.since_ms, now_ms].map(local);
    let [from, until] = [language.choose("开始", "since"), language.choose("更新", "updated")];
    format!("{from} {since} · {until} {now} · lark-callback {server}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{kind::Kind, ledger::Finding};

    fn message(kind: Kind, what: What) -> Message {
        Message {
            kind,
            what,
            finding: Finding {
                count: 3,
                details: vec![
                    "<at id=all></at> [x](https://evil.example)".to_owned(),
                    "é".repeat(10_000),
                ],
            },
            since_ms: 1_790_000_000_000,
            message_id: None,
            number: 0,
        }
    }

    #[test]
    fn every_card_has_a_title_and_fits() {
        for kind in Kind::ALL {
            for language in [Language::Chinese, Language::English] {
                for what in [What::New, What::Change, What::Again, What::Over] {
                    let card = card(&message(kind, what), "host 1", language, 1_790_000_060_000);
                    assert!(card.to_string().len() < 8_000, "{card}");
                    let colour = if what == What::Over { "green" } else { "red" };
                    assert_eq!(card["header"]["template"], colour);
                }
            }
        }
    }

    #[test]
    fn what_comes_from_a_plugin_is_plain_text() {
        let card = card(&message(Kind::PluginHeld, What::New), "host 1", Language::English, 0);
        for element in card["body"]["elements"].as_array().unwrap() {
            assert_eq!(element["text"]["tag"], "plain_text", "{element}");
        }
    }
}
