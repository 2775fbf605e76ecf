//! Client that plays Lark: seals, signs, sends, and measures the time.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use lark_protocol::outgoing::{CONTENT_TYPE, OutgoingCallback, Protection, Secrets, SignatureHeaders, Stamp};
use serde_json::Value;

use super::{
    Exit, Stopped,
    payload::Payload,
    pushed::{PUSH_PATH, Push, Then},
};
use crate::{config::AppConfig, http_client, telemetry::chain};

/// Sender to one URL with the keys of one application.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    pub(super) url: String,
    /// How the simulated Lark of `dev` pushes over the long connection, in place of a request to the server.
    pushed: Option<How>,
}

/// Manner of pushing over the long connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// In so many frames.
    pub(super) fragments: usize,
    /// What Lark does afterwards.
    pub(super) then: Then,
}

impl Default for How {
    fn default() -> Self {
        Self {
            fragments: 1,
            then: Then::Wait,
        }
    }
}

/// Deliberate mistakes in a request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mischief {
    /// Not encrypted, although there is an Encrypt Key.
    pub(super) plain: bool,
    /// One digit of the signature changed.
    pub(super) bad_signature: bool,
    /// Timestamp before the accepted time window.
    pub(super) stale: bool,
}

/// Request that can be sent any number of times.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    pub(super) request: OutgoingCallback,
    /// Description of its protection.
    pub(super) sealing: &'static str,
}

/// Response of the server.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) took: Duration,
}

/// Seals and signs a payload as Lark does.
pub(super) fn seal(app: &AppConfig, payload: &Payload, mischief: Mischief, now_ms: u64) -> Result<Envelope, Stopped> {
    let [iv, nonce] = random()?;
    let past = app.keys.window.past_seconds.unsigned_abs() + 3600;
    let seconds = (now_ms / 1000).saturating_sub(if mischief.stale { past } else { 0 });
    let (timestamp, nonce) = (seconds.to_string(), hex::encode(nonce));
    let stamp = Stamp {
        timestamp: &timestamp,
        nonce: &nonce,
        iv,
    };
    let secrets = Secrets {
        encrypt_key: app.keys.encrypt_keys.first(),
        verification_token: app.keys.verification_tokens.first(),
    };
    let (protection, text) = (payload.protection, payload.text());
    let (mut request, sealing) = match (protection, secrets.encrypt_key) {
        (Protection::SealedAndSigned, Some(key)) if mischief.plain => (
            OutgoingCallback::plain(text).signed(key, stamp),
            "in clear, SHA-256 signature",
        ),
        (Protection::SealedOnly, _) if mischief.plain => (OutgoingCallback::plain(text), IN_CLEAR),
        _ => (
            OutgoingCallback::new(protection, &text, secrets, stamp),
            in_words(protection, secrets),
        ),
    };
    if mischief.bad_signature
        && let Some(SignatureHeaders { signature, .. }) = &mut request.signature
    {
        let last = if signature.ends_with('0') { "1" } else { "0" };
        signature.replace_range(signature.len().saturating_sub(1).., last);
    }
    Ok(Envelope { request, sealing })
}

const IN_CLEAR: &str = "in clear, unsigned";

fn in_words(protection: Protection, secrets: Secrets<'_>) -> &'static str {
    match protection {
        Protection::SealedAndSigned if secrets.encrypt_key.is_some() => "AES-256-CBC, SHA-256 signature",
        Protection::SealedOnly if secrets.encrypt_key.is_some() => "AES-256-CBC, unsigned, as Lark sends it",
        Protection::SignedOnly if secrets.verification_token.is_some() => {
            "in clear, SHA-1 signature with the Verification Token"
        }
        Protection::SealedAndSigned | Protection::SealedOnly | Protection::SignedOnly => IN_CLEAR,
    }
}

/// Two times 16 random bytes: an IV and a nonce.
fn random() -> Result<[[u8; 16]; 2], Stopped> {
    let mut halves = [[0; 16]; 2];
    for half in &mut halves {
        getrandom::fill(half).map_err(|error| Stopped::new(Exit::Failed, &error))?;
    }
    Ok(halves)
}

/// Event id in Lark's format: 32 hex digits.
pub(super) fn event_id() -> Result<String, Stopped> {
    Ok(hex::encode(random()?.concat().get(..16).unwrap_or_default()))
}

impl Client {
    /// Sends to a URL, or over a Unix socket, which then takes the place of the host in it.
    pub(super) fn new(url: String, socket: Option<&Path>) -> Result<Self, Stopped> {
        if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(Stopped {
                exit: Exit::Usage,
                text: format!("--url {url}: it must begin with http:// or https://"),
            });
        }
        let mut http = http_client::builder([url.as_str()]).timeout(Duration::from_secs(30));
        if let Some(socket) = socket {
            http = http.unix_socket(socket);
        }
        Ok(Self {
            http: http.build().map_err(|error| Stopped::new(Exit::Failed, &error))?,
            url,
            pushed: None,
        })
    }

    /// Has the simulated Lark of `dev`, which is at this address, push over the long connection.
    pub(super) fn over_connection(lark: &str, how: How) -> Result<Self, Stopped> {
        let mut client = Self::new(format!("{}{PUSH_PATH}", lark.trim_end_matches('/')), None)?;
        client.pushed = Some(how);
        Ok(client)
    }

    /// Seals what is posted; what is pushed is in clear, because the connection itself is the proof.
    pub(super) fn envelope(
        &self,
        app: &AppConfig,
        payload: &Payload,
        mischief: Mischief,
        now_ms: u64,
    ) -> Result<Envelope, Stopped> {
        if self.pushed.is_none() {
            return seal(app, payload, mischief, now_ms);
        }
        Ok(Envelope {
            request: OutgoingCallback::plain(payload.text()),
            sealing: "in clear over the long connection",
        })
    }

    pub(super) async fn send(&self, envelope: &Envelope) -> Result<Response, Stopped> {
        if let Some(how) = self.pushed {
            return self.push(envelope, how).await;
        }
        if reqwest::Url::parse(&self.url).is_ok_and(|url| url.port() == Some(0)) {
            return Err(no_port());
        }
        let mut request = self.http.post(&self.url).body(envelope.request.body.clone());
        request = request.header("content-type", CONTENT_TYPE);
        for (name, value) in envelope.request.signature_headers() {
            request = request.header(name, value);
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
        Ok(Response {
            status,
            body,
            took: began.elapsed(),
        })
    }
}

impl Client {
    /// The code of the answer stands in place of a status; what came in place of an answer stands in the body.
    async fn push(&self, envelope: &Envelope, how: How) -> Result<Response, Stopped> {
        let push = Push {
            body: String::from_utf8_lossy(&envelope.request.body).into_owned(),
            fragments: how.fragments,
            then: how.then,
        };
        let began = Instant::now();
        let failed = |error: reqwest::Error| Stopped {
            exit: Exit::Failed,
            text: format!(
                "no answer from the simulated Lark at {}; does `lark-callback dev --long-connection` run? ({})",
                self.url,
                chain(&error.without_url())
            ),
        };
        let response = self.http.post(&self.url).json(&push).send().await.map_err(failed)?;
        let is_done = response.status().is_success();
        let took = began.elapsed();
        let told: Value = serde_json::from_str(&response.text().await.map_err(failed)?).unwrap_or_default();
        let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !is_done {
            return Err(Stopped {
                exit: Exit::Failed,
                text: text("msg"),
            });
        }
        let code = told.get("code").and_then(Value::as_u64);
        Ok(match code {
            Some(code) => Response {
                status: u16::try_from(code).unwrap_or_default(),
                body: text("reply"),
                took,
            },
            None => Response {
                status: 0,
                body: text("outcome"),
                took,
            },
        })
    }
}

/// A server with port 0 listens on any free port, which only its log names.
fn no_port() -> Stopped {
    Stopped {
        exit: Exit::Usage,
        text: "CALLBACK_SERVER_PORT is 0, so the server listens on any free port; its log line \"Serving\" names it: give that one \
               with --port, or the whole address with --url"
            .to_owned(),
    }
}

/// Indents JSON and leaves anything else as it is.
pub(super) fn pretty(body: &str) -> String {
    serde_json::from_str::<Value>(body)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| body.to_owned())
}

/// Milliseconds with one decimal.
pub(super) fn ms(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}
