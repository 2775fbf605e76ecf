//! A request for leave: a card with a form, a decision by somebody else, and the state of each request in the key-value store.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const REPLY: &str = "POST /open-apis/im/v1/messages/*/reply";
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

#[derive(Default)]
struct Approval;

#[derive(Serialize, Deserialize, Clone)]
struct Request {
    by: String,
    reason: String,
    days: String,
    state: State,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    Waiting,
    Approved,
    Rejected,
}

/// The value of this plugin's buttons; by the name in it they are told from the buttons of other plugins.
#[derive(Deserialize)]
struct Pressed {
    approval: Deed,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deed {
    Submit,
    Approved,
    Rejected,
}

fn text(content: &str) -> Value {
    json!({"tag": "plain_text", "content": content})
}

fn button(content: &str, kind: &str, deed: &str) -> Value {
    let behaviors = json!([{"type": "callback", "value": {"approval": deed}}]);
    json!({"tag": "button", "text": text(content), "type": kind, "behaviors": behaviors})
}

fn card(template: &str, elements: &[Value]) -> Card {
    let header = json!({"title": text("请假申请"), "template": template});
    Card::raw(json!({"schema": "2.0", "header": header, "body": {"elements": elements}}))
}

fn form() -> Card {
    let days: Vec<Value> = ["1", "2", "3"]
        .iter()
        .map(|days| json!({"text": text(&format!("{days} 天")), "value": days}))
        .collect();
    let mut submit = button("提交", "primary", "submit");
    if let Some(submit) = submit.as_object_mut() {
        submit.insert("name".into(), json!("submit"));
        submit.insert("form_action_type".into(), json!("submit"));
    }
    let elements = [
        json!({"tag": "input", "name": "reason", "required": true, "placeholder": text("请假事由")}),
        json!({"tag": "select_static", "name": "days", "required": true, "placeholder": text("天数"), "options": days}),
        submit,
    ];
    card("blue", &[json!({"tag": "form", "name": "leave", "elements": elements})])
}

fn shown(request: &Request) -> Card {
    let Request {
        by,
        days,
        reason,
        state,
    } = request;
    let said = json!({"tag": "markdown", "content": format!("<at id={by}></at> 申请请假 {days} 天：{reason}")});
    let (template, result) = match state {
        State::Waiting => {
            let buttons = [
                button("同意", "primary", "approved"),
                button("拒绝", "danger", "rejected"),
            ];
            return card("orange", &[&[said][..], &buttons].concat());
        }
        State::Approved => ("green", "**已同意**"),
        State::Rejected => ("red", "**已拒绝**"),
    };
    card(template, &[said, json!({"tag": "markdown", "content": result})])
}

impl Plugin for Approval {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1", "card.action.trigger"];
    const NAME: Option<&'static str> = Some("approval");
    const WANTS: &'static [Want] = &[Want::grant("openapi", REPLY, "to answer with the form")];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == "card.action.trigger" {
            return clicked(host, &event.payload()?);
        }
        let message: MessageReceive = event.payload()?;
        if !without_mentions(&message).starts_with("请假") {
            return Ok(Outcome::pass());
        }
        host.openapi().reply_card(&message.message.message_id, form())?;
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

fn clicked(host: &dyn Host, click: &CardAction) -> Result<Outcome, Failure> {
    let Some(Pressed { approval }) = click.action.value_as() else {
        return Ok(Outcome::pass()); // another plugin's button
    };
    let key = format!(
        "request/{}",
        click.context.open_message_id.as_deref().unwrap_or_default()
    );
    let person = click.operator_open_id();
    let (state, said) = match approval {
        Deed::Submit => {
            let fields = click.action.form_value.clone().unwrap_or_default();
            let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            let request = Request {
                by: person.to_owned(),
                reason: field("reason").unwrap_or_default(),
                days: field("days").unwrap_or_else(|| "1".to_owned()),
                state: State::Waiting,
            };
            host.kv().set_json(&key, &request, Some(MONTH))?;
            host.log().info("a request was submitted");
            return answer(Toast::success("已提交"), &request);
        }
        Deed::Approved => (State::Approved, "已同意"),
        Deed::Rejected => (State::Rejected, "已拒绝"),
    };
    let Some(request) = host.kv().get_json::<Request>(&key)?.map(|entry| entry.value) else {
        return Outcome::reply(&CardReply::toast(Toast::error("申请已过期")));
    };
    if request.by == person {
        return Outcome::reply(&CardReply::toast(Toast::warning("不能审批自己的申请")));
    }
    // The first decision counts, also when two people press at once.
    let decided = host.kv().update_json(&key, None, |now: Option<Request>| {
        let now = now.filter(|now| now.state == State::Waiting)?;
        Some(Request { state, ..now })
    })?;
    match decided {
        Some(decided) => answer(Toast::success(said), &decided),
        None => {
            let now = host.kv().get_json::<Request>(&key)?;
            answer(Toast::info("已有人处理"), &now.map_or(request, |entry| entry.value))
        }
    }
}

fn answer(toast: Toast, request: &Request) -> Result<Outcome, Failure> {
    Outcome::reply(&CardReply::toast(toast).with_card(shown(request)))
}

register!(Approval);
