//! Lark's side of the wire: bodies as Lark writes them, encrypted and signed with the keys of one application.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a caller writes `json!(…)` where the value is wanted"
)]

use lark_protocol::{
    EncryptKey, VerificationToken,
    outgoing::{OutgoingCallback, Protection, Secrets, Stamp},
};
use serde_json::{Value, json};

use super::{clock, wire::Request};

/// Who clicks and writes.
pub(crate) const OPERATOR: &str = "ou_84aad35d084aa403a838cf73ee18467a";

/// An id that nobody had before.
pub(crate) fn event_id() -> String {
    hex::encode(random())
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// One application of the developer console.
#[derive(Debug, Clone)]
pub(crate) struct Lark {
    pub(crate) app_id: String,
    pub(crate) token: String,
    pub(crate) encrypt_key: String,
}

impl Lark {
    /// Two who know all but one secret: with another Encrypt Key, and with another Verification Token.
    pub(crate) fn strangers(&self) -> [Self; 2] {
        [
            Self {
                encrypt_key: "another".into(),
                ..self.clone()
            },
            Self {
                token: "another".into(),
                ..self.clone()
            },
        ]
    }

    pub(crate) fn click(&self, value: Value) -> Request {
        self.click_of(&event_id(), value)
    }

    pub(crate) fn click_of(&self, event_id: &str, value: Value) -> Request {
        self.seal(&self.click_body(event_id, value))
    }

    pub(crate) fn message(&self, text: &str) -> Request {
        self.message_of(&event_id(), &event_id(), text)
    }

    pub(crate) fn message_of(&self, event_id: &str, message_id: &str, text: &str) -> Request {
        self.message_in("oc_1", event_id, message_id, text)
    }

    pub(crate) fn message_in(&self, chat_id: &str, event_id: &str, message_id: &str, text: &str) -> Request {
        self.seal(&self.v2(
            event_id,
            "im.message.receive_v1",
            json!({
                "sender": {"sender_id": {"open_id": OPERATOR}, "sender_type": "user"},
                "message": {
                    "message_id": message_id, "chat_id": chat_id, "chat_type": "p2p", "message_type": "text",
                    "content": json!({"text": text}).to_string(),
                },
            }),
        ))
    }

    pub(crate) fn preview(&self, url: &str) -> Request {
        self.event(
            "url.preview.get",
            json!({"operator": {"open_id": OPERATOR}, "context": {"url": url}}),
        )
    }

    pub(crate) fn event(&self, event_type: &str, event: Value) -> Request {
        self.seal(&self.v2(&event_id(), event_type, event))
    }

    /// An event of schema 1.0.
    pub(crate) fn event_v1(&self, event_type: &str) -> Request {
        self.seal(&json!({
            "ts": "1700000000.0", "uuid": event_id(), "token": self.token, "type": "event_callback",
            "event": {"type": event_type, "app_id": self.app_id, "tenant_key": "t"},
        }))
    }

    /// The flat card of old, in clear and signed with SHA-1.
    pub(crate) fn card_v1(&self, value: Value) -> Request {
        let body = json!({
            "open_id": OPERATOR, "open_message_id": "om_1", "open_chat_id": "oc_1", "tenant_key": "t",
            "token": "c-update-token", "action": {"value": value, "tag": "button"},
        });
        self.send_as(Protection::SignedOnly, now(), &body)
    }

    /// The check of the address: encrypted, and without a signature.
    pub(crate) fn challenge(&self, text: &str) -> Request {
        self.send_as(Protection::SealedOnly, now(), &self.challenge_body(text))
    }

    pub(crate) fn challenge_body(&self, text: &str) -> Value {
        json!({"challenge": text, "token": self.token, "type": "url_verification"})
    }

    pub(crate) fn click_body(&self, event_id: &str, value: Value) -> Value {
        self.v2(
            event_id,
            "card.action.trigger",
            json!({
                "operator": {"open_id": OPERATOR, "tenant_key": "t"}, "token": "c-update-token",
                "action": {"value": value, "tag": "button"}, "host": "im_message",
                "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
            }),
        )
    }

    pub(crate) fn v2(&self, event_id: &str, event_type: &str, event: Value) -> Value {
        json!({
            "schema": "2.0",
            "header": {
                "event_id": event_id, "event_type": event_type, "create_time": "1700000000000",
                "token": self.token, "app_id": self.app_id, "tenant_key": "t",
            },
            "event": event,
        })
    }

    /// Encrypts and signs, now.
    pub(crate) fn seal(&self, body: &Value) -> Request {
        self.seal_at(now(), body)
    }

    /// Encrypts and signs at some other time, in seconds since 1970.
    pub(crate) fn seal_at(&self, seconds: u64, body: &Value) -> Request {
        self.send_as(Protection::SealedAndSigned, seconds, body)
    }

    /// Signs whatever it is.
    pub(crate) fn sign(&self, timestamp: &str, body: impl Into<Vec<u8>>) -> Request {
        let nonce = event_id();
        request(OutgoingCallback::plain(body).signed(&EncryptKey::new(&self.encrypt_key), stamp(timestamp, &nonce)))
    }

    fn send_as(&self, protection: Protection, seconds: u64, body: &Value) -> Request {
        let key = EncryptKey::new(&self.encrypt_key);
        let token = VerificationToken::new(&self.token);
        let secrets = Secrets {
            encrypt_key: Some(&key),
            verification_token: Some(&token),
        };
        let (timestamp, nonce) = (seconds.to_string(), event_id());
        request(OutgoingCallback::new(
            protection,
            &body.to_string(),
            secrets,
            stamp(&timestamp, &nonce),
        ))
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    clock::now_ms() / 1000
}

fn stamp<'a>(timestamp: &'a str, nonce: &'a str) -> Stamp<'a> {
    Stamp {
        timestamp,
        nonce,
        iv: random(),
    }
}

fn request(outgoing: OutgoingCallback) -> Request {
    let mut request = Request::post("/callback", outgoing.body.clone());
    for (name, value) in outgoing.signature_headers() {
        request = request.header(name, value);
    }
    request
}
