//! Lark's requests: whole HTTP requests, encrypted and signed, made before the clock runs.

use lark_callback::app::now_ms;
use lark_protocol::{
    EncryptKey,
    outgoing::{CONTENT_TYPE, OutgoingCallback, Protection, Secrets, Stamp},
};
use serde_json::{Value, json};

pub(crate) const ENCRYPT_KEY: &str = "bench-encrypt-key";
pub(crate) const TOKEN: &str = "bench-verification-token";
pub(crate) const APP_ID: &str = "cli_a1b2c3d4e5f6a7b8";

/// Of a click before it is sealed; encrypted and in base64 it becomes a body of 1.7 KB.
const CLICK_BYTES: usize = 1200;

/// The kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// The URL verification: encrypted, not signed.
    Challenge,
    /// A click on a card: Lark waits for what the handler says.
    Click,
    /// A message: Lark waits for the acknowledgement.
    Message,
    /// A click on a card of a plugin that attacks its neighbours in this way.
    Attack(&'static str),
}

impl Question {
    /// The right answer.
    pub(crate) fn answer(self) -> Value {
        match self {
            Self::Challenge => json!({"challenge": "bench"}),
            Self::Click => json!({"toast": {"type": "success", "content": "approve"}}),
            Self::Message => json!({"msg": "success"}),
            Self::Attack(_) => json!({"toast": {"type": "success", "content": "done"}}),
        }
    }
}

/// The sender; no two of its events have the same id.
pub(crate) struct Lark {
    applications: Vec<Application>,
    click_bytes: usize,
    sent: u128,
}

/// An application, and where it is served.
pub(crate) struct Application {
    /// In the settings; empty for that of the environment.
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) key_text: String,
    key: EncryptKey,
    path: String,
}

impl Application {
    fn of_environment() -> Self {
        Self {
            name: String::new(),
            id: APP_ID.to_owned(),
            token: TOKEN.to_owned(),
            key_text: ENCRYPT_KEY.to_owned(),
            key: EncryptKey::new(ENCRYPT_KEY),
            path: "/callback".to_owned(),
        }
    }

    fn numbered(number: usize) -> Self {
        let name = format!("a{number}");
        let key_text = format!("{ENCRYPT_KEY}-{number}");
        Self {
            id: format!("cli_{number:016x}"),
            token: format!("{TOKEN}-{number}"),
            key: EncryptKey::new(&key_text),
            key_text,
            path: format!("/callback/{name}"),
            name,
        }
    }
}

impl Lark {
    pub(crate) fn new() -> Self {
        Self::after(0)
    }

    /// Another one, whose events differ from those of the first so many.
    pub(crate) fn after(sent: u128) -> Self {
        Self {
            applications: vec![Application::of_environment()],
            click_bytes: CLICK_BYTES,
            sent,
        }
    }

    /// One whose clicks have so many bytes before they are sealed.
    pub(crate) fn with_clicks_of(bytes: usize) -> Self {
        Self {
            click_bytes: bytes,
            ..Self::new()
        }
    }

    /// One that sends for so many applications in turn.
    pub(crate) fn of_applications(count: usize) -> Self {
        Self {
            applications: (0..count).map(Application::numbered).collect(),
            ..Self::new()
        }
    }

    pub(crate) fn applications(&self) -> &[Application] {
        &self.applications
    }

    pub(crate) fn requests(&mut self, question: Question, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.request(question)).collect()
    }

    /// A click in clear, with its id.
    pub(crate) fn click(&mut self) -> (String, String) {
        self.sent += 1;
        let id = format!("{:032x}", scattered(self.sent));
        let body = self.applications[0].click(&id, &approval(), self.click_bytes);
        (id, body)
    }

    fn request(&mut self, question: Question) -> Vec<u8> {
        self.sent += 1;
        let id = scattered(self.sent);
        let iv = id.to_ne_bytes();
        let application = &self.applications[(self.sent % self.applications.len() as u128) as usize];
        let id = format!("{id:032x}");
        let plain = match question {
            Question::Challenge => {
                json!({"challenge": "bench", "token": application.token, "type": "url_verification"}).to_string()
            }
            Question::Click => application.click(&id, &approval(), self.click_bytes),
            Question::Attack(attack) => application.click(&id, &json!({"attack": attack}), self.click_bytes),
            Question::Message => application.message(&id),
        };
        let protection = match question {
            Question::Challenge => Protection::SealedOnly,
            Question::Click | Question::Message | Question::Attack(_) => Protection::SealedAndSigned,
        };
        let secrets = Secrets {
            encrypt_key: Some(&application.key),
            verification_token: None,
        };
        let stamp = Stamp {
            timestamp: &(now_ms() / 1000).to_string(),
            nonce: &id,
            iv,
        };
        let outgoing = OutgoingCallback::new(protection, &plain, secrets, stamp);
        let mut request = format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Go-http-client/1.1\r\n\
             Content-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n",
            application.path,
            outgoing.body.len()
        );
        for (name, value) in outgoing.signature_headers() {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        let mut request = request.into_bytes();
        request.extend(outgoing.body);
        request
    }
}

/// Odd, so that no two numbers have one product: scattered over the index of receipts, as Lark's ids are.
fn scattered(number: u128) -> u128 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

/// What a button carries.
fn approval() -> Value {
    json!({"action": "approve", "ticket": "T-20931"})
}

impl Application {
    fn header(&self, event_type: &str, id: &str, create_time: u64) -> Value {
        json!({
            "event_id": id, "event_type": event_type, "create_time": create_time.to_string(), "token": self.token,
            "app_id": self.id, "tenant_key": "736588c9260f175d",
        })
    }

    /// "Card callback communication": a form was submitted with a button.
    fn click(&self, id: &str, value: &Value, bytes: usize) -> String {
        let make = |note: &str| {
            let mut value = value.clone();
            value["note"] = note.into();
            let event = json!({
                "operator": {
                    "tenant_key": "736588c9260f175d", "user_id": "867f7c3a",
                    "union_id": "on_574b1d6a0f9b3c2e8d7a5f4e3d2c1b0a", "open_id": "ou_3c14f3a59eaf2825dbe25359f15720df",
                },
                "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7ddd5b03",
                "action": {
                    "value": value,
                    "tag": "button", "timezone": "Asia/Shanghai", "name": "Button_approve",
                    "form_value": {"reason": "looks good to me", "amount": "1280.50", "owners": ["ou_a", "ou_b"]},
                },
                "host": "im_message",
                "context": {
                    "open_message_id": "om_574d639e4a44e4dd646eaf628e2e4a3d",
                    "open_chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa",
                },
            });
            // Clicks count in microseconds.
            let header = self.header("card.action.trigger", id, now_ms() * 1000);
            json!({"schema": "2.0", "header": header, "event": event}).to_string()
        };
        let short = bytes.saturating_sub(make("").len());
        make(&"n".repeat(short))
    }

    /// "Receive message": somebody wrote in a group.
    fn message(&self, id: &str) -> String {
        let now = now_ms();
        let event = json!({
            "sender": {
                "sender_id": {
                    "union_id": "on_574b1d6a0f9b3c2e8d7a5f4e3d2c1b0a", "user_id": "867f7c3a",
                    "open_id": "ou_3c14f3a59eaf2825dbe25359f15720df",
                },
                "sender_type": "user", "tenant_key": "736588c9260f175d",
            },
            "message": {
                "message_id": format!("om_{id}"), "create_time": now.to_string(), "update_time": now.to_string(),
                "chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa", "chat_type": "group", "message_type": "text",
                "content": "{\"text\":\"@_user_1 the build is green\"}",
                "mentions": [{
                    "key": "@_user_1", "name": "Tom", "tenant_key": "736588c9260f175d",
                    "id": {"union_id": "on_8ed6aa67826108097d9ee143816346", "user_id": "", "open_id": "ou_84aad35d084aa403a838cf73ee18467b"},
                }],
            },
        });
        json!({"schema": "2.0", "header": self.header("im.message.receive_v1", id, now), "event": event}).to_string()
    }
}
