//! Whoever clicks, opens links and comes back, with what they saw of it.

use std::cell::RefCell;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{AUTHORIZED, KEY};
use crate::support::{
    Answer, Client, OPERATOR, Request, event_id,
    fake_lark::{Decision, FakeLark, Message},
    until,
};

/// A card in a chat.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub(super) message_id: String,
    pub(super) session_id: String,
}

/// Lark, its people, and the client through which they talk to the server.
pub(super) struct People {
    pub(super) lark: FakeLark,
    pub(super) client: Client,
    /// The application in the address; empty for the main one.
    application: &'static str,
    /// Everything that was answered.
    heard: RefCell<Vec<String>>,
}

impl People {
    pub(super) fn new(lark: FakeLark, client: Client) -> Self {
        Self {
            lark,
            client,
            application: "",
            heard: RefCell::default(),
        }
    }

    /// They have to do with an application of `[apps.NAME]`.
    pub(super) fn in_application(self, name: &'static str) -> Self {
        Self {
            application: name,
            ..self
        }
    }

    /// A request as it is sent to this application.
    fn to_application(&self, request: Request) -> Request {
        match self.application {
            "" => request,
            name => request.to(&format!("/callback/{name}")),
        }
    }

    /// The same after the server was started again.
    pub(super) fn at(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// A click that has a plugin ask the user.
    pub(super) async fn ask(&self) {
        let answer = self.client.click(json!({"ask": {"open_id": OPERATOR}})).await;
        assert_eq!(answer.toast(), "asked");
    }

    /// The card that was not there before.
    pub(super) async fn until_card(&self, known: &[&Card]) -> Card {
        until("a new card", async || {
            let messages = self.lark.messages();
            let new = messages
                .iter()
                .find(|(id, _)| known.iter().all(|card| card.message_id != **id));
            let (message_id, message) = new?;
            assert_eq!((message.to.as_str(), message.kind.as_str()), (OPERATOR, "interactive"));
            Some(Card {
                message_id: message_id.clone(),
                session_id: find(&message.content, "card_auth").unwrap(),
            })
        })
        .await
    }

    /// All cards that there are.
    pub(super) fn cards(&self) -> Vec<Card> {
        let messages = self.lark.messages().into_iter();
        let card = |(message_id, message): (String, Message)| Card {
            message_id,
            session_id: find(&message.content, "card_auth").unwrap_or_default(),
        };
        messages.map(card).collect()
    }

    pub(super) async fn click(&self, card: &Card, action: &str) -> Answer {
        self.click_by(card, action, OPERATOR).await
    }

    /// A click, after which the card is as the answer says.
    pub(super) async fn click_by(&self, card: &Card, action: &str, open_id: &str) -> Answer {
        let lark = &self.client.lark;
        let value = json!({"card_auth": card.session_id, "action": action});
        let mut body = lark.click_body(&event_id(), value);
        body["event"]["operator"]["open_id"] = open_id.into();
        body["event"]["context"]["open_message_id"] = card.message_id.as_str().into();
        self.lark.click_opens(&card.message_id);
        let answer = self.client.send(&self.to_application(lark.seal(&body))).await;
        self.lark.click_closes(&card.message_id);
        assert_eq!(answer.status, 200, "{answer:?}");
        self.heard.borrow_mut().push(format!("{answer:?}"));
        let new = &answer.json()["card"]["data"];
        if new.is_object() {
            self.lark.replace_card(&card.message_id, new);
        }
        answer
    }

    /// Clicks "authorize" and gets the link.
    pub(super) async fn link(&self, card: &Card) -> String {
        let answer = self.click(card, "authorize").await;
        assert_eq!(answer.toast(), "请点击链接完成授权");
        find(&answer.json()["card"]["data"], "default_url").unwrap()
    }

    /// Opens the link, decides, and gives the path with which the browser is sent back.
    pub(super) fn decide(&self, link: &str, decision: Decision) -> String {
        let back = back(&self.lark.visit(link, decision));
        match self.application {
            "" => back,
            name => back.replacen("/callback", &format!("/callback/{name}"), 1),
        }
    }

    /// The browser comes back.
    pub(super) async fn open(&self, path: &str) -> Answer {
        let answer = self.client.send(&Request::get(path)).await;
        self.heard.borrow_mut().push(format!("{answer:?}"));
        answer
    }

    /// From the link to our page: its status and title.
    pub(super) async fn come_back(&self, link: &str, decision: Decision) -> (u16, String) {
        shown(&self.open(&self.decide(link, decision)).await)
    }

    /// The user consents, and is told that it worked.
    pub(super) async fn consents(&self, link: &str) {
        let page = self.come_back(link, Decision::Consent).await;
        assert_eq!(page, (200, AUTHORIZED.to_owned()), "{link}");
    }

    /// The title of a card as it is in the chat.
    pub(super) fn title(&self, card: &Card) -> String {
        let content = &self.lark.messages()[&card.message_id].content;
        content["header"]["title"]["content"].as_str().unwrap().to_owned()
    }

    pub(super) async fn until_titled(&self, card: &Card, title: &str) {
        until(&format!("the card to say {title}"), async || {
            (self.title(card) == title).then_some(())
        })
        .await;
    }

    /// The whole card as it is in the chat.
    pub(super) fn text(&self, card: &Card) -> String {
        self.lark.messages()[&card.message_id].content.to_string()
    }

    /// The answer to a plugin that asks Lark for the user's name as that user.
    pub(super) async fn acted(&self) -> String {
        let said = self.acting().await;
        self.heard.borrow_mut().push(said.clone());
        said
    }

    /// The same on its own.
    pub(super) fn acting(&self) -> impl Future<Output = String> + Send + use<> {
        let client = self.client.clone();
        let call = format!("/open-apis/contact/v3/users/{OPERATOR}");
        async move { client.click(json!({"call": call, "user": OPERATOR})).await.toast() }
    }

    /// Which of these texts are in a plugin's memory when it has acted for the person.
    pub(super) async fn in_memory(&self, texts: &[&str]) -> String {
        let backwards: Vec<String> = texts.iter().map(|text| text.chars().rev().collect()).collect();
        let call = format!("/open-apis/contact/v3/users/{OPERATOR}");
        let value = json!({"call": call, "user": OPERATOR, "backwards": backwards});
        self.client.click(value).await.toast()
    }

    /// How often the token endpoint was asked for this.
    pub(super) fn grants(&self, grant_type: &str) -> usize {
        let asked = self.lark.requests_to(super::TOKEN);
        asked
            .iter()
            .filter(|seen| seen.body["grant_type"] == grant_type)
            .count()
    }

    /// Nothing secret was answered, shown on a card, or logged.
    pub(super) fn assert_silent(&self, logs: &[&str]) {
        let heard = self.heard.borrow();
        let cards = self
            .lark
            .messages()
            .into_values()
            .map(|message| message.content.to_string());
        let cards: Vec<String> = cards.collect();
        let texts = heard
            .iter()
            .chain(&cards)
            .map(String::as_str)
            .chain(logs.iter().copied());
        let secrets = self.lark.secrets();
        for text in texts {
            for secret in secrets.iter().map(String::as_str).chain([KEY]) {
                let line = text.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "holds {secret}");
            }
        }
        // A state is in links, and nowhere else.
        for state in self.lark.states() {
            for text in logs {
                let line = text.lines().find(|line| line.contains(&state));
                assert_eq!(line, None, "holds a state");
            }
        }
    }
}

/// A way back as a path.
pub(super) fn back(query: &[(String, String)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    format!("/callback?{}", pairs.join("&"))
}

/// The status and the title of a page.
pub(super) fn shown(answer: &Answer) -> (u16, String) {
    let title = answer
        .body
        .split_once("<h1>")
        .and_then(|(_, rest)| rest.split_once("</h1>"));
    (
        answer.status,
        title.unwrap_or_else(|| panic!("{answer:?}")).0.to_owned(),
    )
}

/// The first text of this name, wherever it is.
pub(super) fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get(name).and_then(Value::as_str).map(str::to_owned);
            own.or_else(|| fields.values().find_map(|value| find(value, name)))
        }
        Value::Array(items) => items.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}
