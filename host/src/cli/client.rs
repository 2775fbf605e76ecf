//! Lark's side of the wire: seals, signs, sends, and takes the time.

use std::time::{Duration, Instant};

use super::{
    Exit, Stopped,
    payload::{Payload, Shape},
};
use crate::config::AppConfig;

/// Sends to one URL with the keys of one application.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    pub(super) url: String,
}

/// How to send it wrongly.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mischief {
    /// Not encrypted, although there is an Encrypt Key.
    pub(super) plain: bool,
    /// One digit of the signature changed.
    pub(super) bad_signature: bool,
    /// Dated before the time window.
    pub(super) stale: bool,
}

/// One request, ready to be sent as often as one likes.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
    /// What was done to it, in words.
    pub(super) sealing: &'static str,
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) took: Duration,
}

/// Seals and signs as Lark does.
pub(super) fn seal(app: &AppConfig, payload: &Payload, mischief: Mischief, now_ms: u64) -> Result<Envelope, Stopped> {
    let random = random()?;
    let [iv, nonce] = random;
    let past = app.keys.window.past_seconds.unsigned_abs() + 3600;
    let seconds = (now_ms / 1000).saturating_sub(if mischief.stale { past } else { 0 });
    let (timestamp, nonce) = (seconds.to_string(), hex::encode(nonce));
    let (text, key, token) = (
        payload.text(),
        app.keys.encrypt_keys.first(),
        app.keys.verification_tokens.first(),
    );
    let (body, signature, sealing) = match (payload.shape, key, token) {
        (Shape::CardV1, _, Some(token)) => {
            let signature = lark_protocol::sign_card_v1(token, &timestamp, &nonce, text.as_bytes());
            (
                text,
                Some(signature),
                "in clear, SHA-1 signature with the Verification Token",
            )
        }
        (Shape::Challenge, Some(key), _) if !mischief.plain => (
            lark_protocol::seal(key, iv, &text),
            None,
            "AES-256-CBC, unsigned, as Lark sends it",
        ),
        (Shape::Sealed, Some(key), _) => {
            let plain = mischief.plain;
            let body = if plain {
                text
            } else {
                lark_protocol::seal(key, iv, &text)
            };
            let signature = lark_protocol::sign(key, &timestamp, &nonce, body.as_bytes());
            (
                body,
                Some(signature),
                if plain {
                    "in clear, SHA-256 signature"
                } else {
                    "AES-256-CBC, SHA-256 signature"
                },
            )
        }
        _ => (text, None, "in clear, unsigned"),
    };
    let mut headers = vec![("content-type", "application/json;charset=utf-8".to_owned())];
    if let Some(mut signature) = signature {
        if mischief.bad_signature {
            let last = if signature.ends_with('0') { "1" } else { "0" };
            signature.replace_range(signature.len().saturating_sub(1).., last);
        }
        headers.push(("x-lark-request-timestamp", timestamp));
        headers.push(("x-lark-request-nonce", nonce));
        headers.push(("x-lark-signature", signature));
    }
    Ok(Envelope { body, headers, sealing })
}

/// 32 random bytes in two halves: an IV and a nonce.
fn random() -> Result<[[u8; 16]; 2], Stopped> {
    let mut halves = [[0; 16]; 2];
    for half in &mut halves {
        getrandom::fill(half).map_err(|error| Stopped::new(Exit::Failed, &error))?;
    }
    Ok(halves)
}

/// An event id as Lark makes them: 32 hex digits.
pub(super) fn event_id() -> Result<String, Stopped> {
    Ok(hex::encode(random()?.concat().get(..16).unwrap_or_default()))
}

impl Client {
    pub(super) fn new(url: String) -> Result<Self, Stopped> {
        // Another part of the process may have chosen it already; it is the only one that is built in.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build();
        Ok(Self {
            http: http.map_err(|error| Stopped::new(Exit::Failed, &error))?,
            url,
        })
    }

    pub(super) async fn send(&self, envelope: &Envelope) -> Result<Answer, Stopped> {
        let mut request = self.http.post(&self.url).body(envelope.body.clone());
        for (name, value) in &envelope.headers {
            request = request.header(*name, value);
        }
        let began = Instant::now();
        let failed = |error: reqwest::Error| {
            let mut stopped = Stopped::new(Exit::Failed, &error);
            stopped.text = format!(
                "no answer from {}; is a server running there? ({})",
                self.url, stopped.text
            );
            stopped
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let body = response.text().await.map_err(failed)?;
        Ok(Answer {
            status,
            body,
            took: began.elapsed(),
        })
    }
}

/// JSON with indentation, anything else as it is.
pub(super) fn pretty(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| body.to_owned())
}

/// Milliseconds with one digit.
pub(super) fn ms(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}
