//! Tests of the protocol: everything that Lark sends is opened, and nothing else is.

mod diagnosis;
mod forgery;
mod long_connection;
mod outgoing;
mod plain;
mod probe;
mod properties;
mod redirect;
mod reply;
mod sealed;
mod shapes;
mod vectors;

use super::{
    EncryptKey, Event, Keys, Opened, RawCallback, UnixSeconds, VerificationToken,
    cipher::seal,
    open,
    signature::{sign, sign_card_v1},
};

const KEY: &str = "an encrypt key";
const TOKEN: &str = "a verification token";
const TIMESTAMP: &str = "1669706134";
const NOW: UnixSeconds = UnixSeconds(1_669_706_134);
const NONCE: &str = "c8ac9b9d1f6b4a0e";
const IV: [u8; 16] = [7; 16];

const CHALLENGE: &str = r#"{"challenge":"ajls384k","token":"a verification token","type":"url_verification"}"#;
const CLICK: &str = r#"{"schema":"2.0","header":{"event_id":"f7984f25","token":"a verification token","create_time":"1603977298000000","event_type":"card.action.trigger","tenant_key":"2df7","app_id":"cli_a5fb"},"event":{"operator":{"open_id":"ou_3c14"},"token":"c-295e","action":{"value":{"key":"value"},"tag":"button"},"host":"im_message"}}"#;
const EVENT_V1: &str = r#"{"ts":"1502199207.7171419","uuid":"bc44","token":"a verification token","type":"event_callback","event":{"app_id":"cli_9c86","tenant_key":"7365","type":"p2p_chat_create"}}"#;
const CARD_V1: &str = r#"{"open_id":"ou_sdf","user_id":"eu_sd9","open_message_id":"om_abc","open_chat_id":"oc_def","tenant_key":"d320","token":"c-xxxxx","action":{"value":{"key":"value"},"tag":"button"}}"#;

fn encrypt_key() -> EncryptKey {
    EncryptKey::new(KEY)
}

fn token() -> VerificationToken {
    VerificationToken::new(TOKEN)
}

/// An application with an encrypt key and a verification token.
fn keys() -> Keys {
    Keys {
        encrypt_keys: vec![encrypt_key()],
        verification_tokens: vec![token()],
        ..Keys::default()
    }
}

/// An application without an encrypt key.
fn token_only() -> Keys {
    Keys {
        encrypt_keys: Vec::new(),
        ..keys()
    }
}

#[derive(Clone, Default)]
struct Request {
    timestamp: Option<Vec<u8>>,
    nonce: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Request {
    fn plain(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    fn sealed(plaintext: &str) -> Self {
        Self::plain(seal(&encrypt_key(), IV, plaintext))
    }

    fn with_headers(self, timestamp: &str, nonce: &str, signature: String) -> Self {
        Self {
            timestamp: Some(timestamp.into()),
            nonce: Some(nonce.into()),
            signature: Some(signature.into()),
            body: self.body,
        }
    }

    fn signed_with(self, key: &EncryptKey) -> Self {
        let signature = sign(key, TIMESTAMP, NONCE, &self.body);
        self.with_headers(TIMESTAMP, NONCE, signature)
    }

    /// Signed with another text in the place of the timestamp.
    fn signed_at(self, timestamp: &str) -> Self {
        let signature = sign(&encrypt_key(), timestamp, NONCE, &self.body);
        self.with_headers(timestamp, NONCE, signature)
    }

    fn signed(self) -> Self {
        self.signed_with(&encrypt_key())
    }

    /// Signed as Lark signs the flat v1 card.
    fn signed_as_card_v1(self) -> Self {
        let signature = sign_card_v1(&token(), TIMESTAMP, NONCE, &self.body);
        self.with_headers(TIMESTAMP, NONCE, signature)
    }

    /// Opens the request, or returns the code of the error.
    fn open_at(&self, keys: &Keys, now: UnixSeconds) -> Result<Opened, &'static str> {
        let raw = RawCallback {
            timestamp: self.timestamp.as_deref(),
            nonce: self.nonce.as_deref(),
            signature: self.signature.as_deref(),
            body: &self.body,
        };
        open(keys, &raw, now).map_err(|error| error.code())
    }

    fn open(&self, keys: &Keys) -> Result<Opened, &'static str> {
        self.open_at(keys, NOW)
    }

    #[track_caller]
    fn event(&self, keys: &Keys) -> Event {
        match self.open(keys) {
            Ok(Opened::Event(event)) => event,
            other => panic!("no event, but {other:?}"),
        }
    }

    #[track_caller]
    fn is_challenge(&self, keys: &Keys) {
        assert_eq!(self.open(keys), Ok(Opened::Challenge("ajls384k".to_owned())));
    }

    #[track_caller]
    fn is_refused(&self, keys: &Keys, code: &str) {
        assert_eq!(self.open(keys), Err(code));
    }
}
