//! The measure: the same checks and a handler in plain Rust, and nothing else. No sandbox, no receipt, no limits, no log.

use std::{collections::HashMap, sync::Arc};

use aes::Aes256;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;

use crate::lark::{ENCRYPT_KEY, TOKEN};

/// A native handler.
type Handler = fn(&Value) -> Value;

struct Server {
    aes_key: [u8; 32],
    handlers: HashMap<&'static str, Handler>,
}

/// Says its address on standard output and serves until it is killed.
pub(crate) fn serve() {
    let server = Server {
        aes_key: Sha256::digest(ENCRYPT_KEY).into(),
        handlers: HashMap::from([
            ("card.action.trigger", on_click as Handler),
            ("im.message.receive_v1", on_message as Handler),
        ]),
    };
    let router = Router::new()
        .route("/callback", post(answer))
        .with_state(Arc::new(server));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime can be started").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        println!("{}", listener.local_addr().expect("it has an address"));
        axum::serve(listener, router).await.expect("it serves");
    });
}

fn on_click(event: &Value) -> Value {
    match event.pointer("/action/value/action").and_then(Value::as_str) {
        Some(action) => json!({"toast": {"type": "success", "content": action}}),
        None => json!({}),
    }
}

fn on_message(_event: &Value) -> Value {
    json!({"msg": "success"})
}

async fn answer(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    match server.reply(&headers, &body) {
        Ok(reply) => ([(CONTENT_TYPE, "application/json")], reply.to_string()).into_response(),
        Err(status) => status.into_response(),
    }
}

impl Server {
    fn reply(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, StatusCode> {
        let signed = headers.contains_key("x-lark-signature");
        if signed && !signature_is_right(headers, body).unwrap_or(false) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let callback = self.decrypt(body).ok_or(StatusCode::BAD_REQUEST)?;
        let text = |pointer: &str| callback.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let token = if signed { text("/header/token") } else { text("/token") };
        if !bool::from(token.as_bytes().ct_eq(TOKEN.as_bytes())) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        if !signed {
            return Ok(json!({"challenge": text("/challenge")}));
        }
        let handler = self
            .handlers
            .get(text("/header/event_type"))
            .ok_or(StatusCode::NOT_FOUND)?;
        Ok(handler(&callback["event"]))
    }

    fn decrypt(&self, body: &[u8]) -> Option<Value> {
        #[derive(serde::Deserialize)]
        struct Envelope<'a> {
            encrypt: &'a str,
        }
        let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
        let mut sealed = STANDARD.decode(envelope.encrypt).ok()?;
        let (iv, ciphertext) = sealed.split_first_chunk_mut::<16>()?;
        let decryptor = cbc::Decryptor::<Aes256>::new(&self.aes_key.into(), (&*iv).into());
        serde_json::from_slice(decryptor.decrypt_padded::<Pkcs7>(ciphertext).ok()?).ok()
    }
}

fn signature_is_right(headers: &HeaderMap, body: &[u8]) -> Option<bool> {
    let header = |name: &str| headers.get(name).map(|value| value.as_bytes());
    let due = Sha256::new()
        .chain_update(header("x-lark-request-timestamp")?)
        .chain_update(header("x-lark-request-nonce")?)
        .chain_update(ENCRYPT_KEY)
        .chain_update(body)
        .finalize();
    let mut claimed = [0; 32];
    hex::decode_to_slice(header("x-lark-signature")?, &mut claimed).ok()?;
    Some(due.as_slice().ct_eq(&claimed).into())
}
