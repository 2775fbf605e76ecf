//! Answers mentions with a language model, whose answer is shown in a card while it comes.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use serde_json::{Value, json};

const MODEL: &str = "https://llm.example.com/v1/chat/completions";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Letters after which the card is updated: Lark takes at most five updates a second.
const UPDATE_LETTERS: usize = 40;

#[derive(Default)]
struct Assistant;

fn card(content: &str, is_done: bool) -> Card {
    let title = if is_done { "回答" } else { "正在回答…" };
    let content = if content.is_empty() { "…" } else { content };
    Card::raw(json!({
        "schema": "2.0",
        "config": {"update_multi": true},
        "header": {"title": {"tag": "plain_text", "content": title}},
        "body": {"elements": [{"tag": "markdown", "content": content}]},
    }))
}

impl Plugin for Assistant {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];
    const NAME: Option<&'static str> = Some("assistant");
    const WANTS: &'static [Want] = &[
        Want::config("model", "the model to ask"),
        Want::grant(
            "http",
            "POST https://llm.example.com/v1/chat/completions",
            "to ask the model",
        ),
        Want::grant(
            "openapi",
            "POST /open-apis/im/v1/messages/*/reply",
            "to answer with a card",
        ),
        Want::grant("openapi", "PATCH /open-apis/im/v1/messages/*", "to update the card"),
    ];
    // The questions of one chat are answered in their order.
    const ORDERING_KEY: Option<&'static str> = Some("/message/chat_id");

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let message: MessageReceive = event.payload()?;
        let question = without_mentions(&message);
        let is_asked = message.message.chat_type == "p2p" || message.mentions_bot(&event.app_id);
        if !is_asked || question.is_empty() {
            return Ok(Outcome::pass());
        }
        // An event that comes again goes on with the card that is there.
        let key = format!("answer/{}", event.id);
        let answer = match host.kv().get_json::<String>(&key)? {
            Some(entry) => entry.value,
            None => host
                .openapi()
                .reply_card(&message.message.message_id, card("", false))?,
        };
        host.kv().set_json(&key, &answer, Some(DAY))?;

        let model = host.config().require("model")?;
        let body = json!({"model": model, "stream": true, "messages": [{"role": "user", "content": question}]});
        let response = host.http().post(MODEL).json(&body).send()?.success()?;
        let (mut text, mut updated, mut is_whole) = (String::new(), 0, false);
        for event in response.events() {
            let event = event?;
            if event.data == "[DONE]" {
                is_whole = true;
                break;
            }
            let part: Value = serde_json::from_str(&event.data)?;
            let words = part.pointer("/choices/0/delta/content").and_then(Value::as_str);
            text.push_str(words.unwrap_or_default());
            let letters = text.chars().count();
            if letters - updated >= UPDATE_LETTERS {
                host.openapi().patch_card(&answer, card(&text, false))?;
                updated = letters;
            }
        }
        if !is_whole {
            return Err(Failure::retry("the answer of the model broke off"));
        }
        host.openapi().patch_card(&answer, card(&text, true))?;
        host.log().info("a question was answered");
        Ok(Outcome::done())
    }
}

fn without_mentions(message: &MessageReceive) -> String {
    let mut text = message.text();
    for mention in &message.message.mentions {
        text = text.replace(&mention.key, "");
    }
    text.trim().to_owned()
}

register!(Assistant);
