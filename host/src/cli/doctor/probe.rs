//! Requests like Lark's, encrypted and signed with the application's keys, that a server recognizes as probes: it reports what
//! arrived, and does nothing else. Challenges are real ones: they have no effect by nature.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use lark_protocol::{
    PROBE_EVENT, PROBE_HEADER, PROBE_QUERY, Probe, UnixSeconds,
    outgoing::{CONTENT_TYPE, OutgoingCallback, Protection, Secrets, Stamp},
};
use serde_json::{Value, json};

use super::{halves::Halves, no_answer::NoAnswer};
use crate::{app::now_ms, config::Sender, http_client};

/// Time for one answer. Lark waits 3 s; who is slower is measured, up to this.
const ANSWER_MAX: Duration = Duration::from_secs(8);

/// Most of an answer that is read. A report has a few KiB.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// User agent of Lark's pushes, for firewalls that look at it.
const USER_AGENT: &str = "Go-http-client/1.1";

/// Address that requests go to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    http: reqwest::Client,
    /// Scheme, host and port, and what a proxy takes away from the path.
    pub(super) base: String,
}

/// Answer of whoever answered.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

/// Probe as it was sent.
#[derive(Debug, Clone)]
pub(super) struct SentProbe {
    pub(super) request: OutgoingCallback,
    pub(super) nonce: [u8; 16],
    /// Path that the server should see.
    pub(super) path: String,
}

/// Report of a server about a probe.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) json: Value,
    /// Whether it is this application's server that reports, with the same key.
    pub(super) is_genuine: bool,
    /// Whether the answer arrived byte for byte as the server wrote it.
    pub(super) is_unchanged: bool,
    pub(super) reply: Reply,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value)
    }

    /// The beginning of the body, on one line.
    pub(super) fn beginning(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line: Vec<_> = text.split_whitespace().collect();
        line.join(" ").chars().take(120).collect()
    }

    /// The code of an answer of this server that is an error.
    pub(super) fn code(&self) -> Option<String> {
        let json: Value = serde_json::from_slice(&self.body).ok()?;
        json.get("msg")?.as_str()?;
        json.get("code")?.as_str().map(str::to_owned)
    }
}

impl Report {
    /// Text at a place of the report; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// A header as it arrived; none when it did not.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.json.get("headers")?.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> u64 {
        self.json.get(name).and_then(Value::as_u64).unwrap_or_default()
    }
}

impl Target {
    /// Address of a server; `socket` takes the place of the host.
    pub(super) fn new(base: &str, socket: Option<&Path>) -> Result<Self, reqwest::Error> {
        let mut http = http_client::builder([base]).timeout(ANSWER_MAX).user_agent(USER_AGENT);
        if let Some(socket) = socket {
            http = http.unix_socket(socket);
        }
        Ok(Self {
            http: http.build()?,
            base: base.trim_end_matches('/').to_owned(),
        })
    }

    /// Sends the URL verification as the console does, and returns its text and the answer.
    pub(super) async fn challenge(&self, lark: &Sender) -> Result<(String, Reply), NoAnswer> {
        let text = hex::encode(random());
        let body = json!({"challenge": text, "token": lark.token, "type": "url_verification"}).to_string();
        let request = seal(lark, Protection::SealedOnly, &body);
        let url = format!("{}{}", self.base, lark.app.path);
        let reply = self.post(&url, &request, &[("accept-encoding", "gzip")]).await?;
        Ok((text, reply))
    }

    /// Sends a click that is a probe, with so many bytes more in its body.
    pub(super) async fn click(&self, lark: &Sender, proof_in: ProofIn, more_bytes: usize) -> Result<Probed, NoAnswer> {
        let sent = click(lark, more_bytes);
        let mut url = format!("{}{}", self.base, lark.app.path);
        let proof = prove(lark, &sent.request.body, sent.nonce);
        let mut headers = vec![("x-request-id", hex::encode(sent.nonce))];
        match proof_in {
            ProofIn::Header => headers.push((PROBE_HEADER, proof)),
            ProofIn::Query => url = format!("{url}?{PROBE_QUERY}={proof}"),
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = self.post(&url, &sent.request, &headers).await?;
        let report = report(lark, &sent, reply);
        Ok(Probed { sent, report })
    }

    /// Sends a click whose second half comes later, and tells how long the server has waited for it.
    pub(super) async fn slow_click(&self, lark: &Sender) -> Result<Probed, NoAnswer> {
        let sent = click(lark, 0);
        let body = Halves::of(&sent.request.body);
        let proof = prove(lark, &sent.request.body, sent.nonce);
        let url = format!("{}{}", self.base, lark.app.path);
        let mut request = self.http.post(url).body(reqwest::Body::wrap(body));
        request = request.header("content-type", CONTENT_TYPE).header(PROBE_HEADER, proof);
        for (name, value) in sent.request.signature_headers() {
            request = request.header(name, value);
        }
        let reply = answered(request).await?;
        let report = report(lark, &sent, reply);
        Ok(Probed { sent, report })
    }

    /// Asks for a URL like a browser that returns from the authorize page, as a probe.
    pub(super) async fn redirect(&self, lark: &Sender, url: &str) -> Result<Probed, NoAnswer> {
        let nonce = random();
        let sent = SentProbe {
            request: OutgoingCallback::plain(Vec::new()),
            nonce,
            path: lark.app.path.clone(),
        };
        let proof = prove(lark, &[], nonce);
        let request = self.http.get(format!("{url}?{PROBE_QUERY}={proof}"));
        let reply = answered(request.header(PROBE_HEADER, proof.as_str())).await?;
        let report = report(lark, &sent, reply);
        Ok(Probed { sent, report })
    }

    /// Asks for a path without any proof.
    pub(super) async fn get(&self, path: &str) -> Result<Reply, NoAnswer> {
        answered(self.http.get(format!("{}{path}", self.base))).await
    }

    async fn post(&self, url: &str, outgoing: &OutgoingCallback, headers: &[(&str, &str)]) -> Result<Reply, NoAnswer> {
        let mut request = self.http.post(url).body(outgoing.body.clone());
        request = request.header("content-type", CONTENT_TYPE);
        for (name, value) in outgoing.signature_headers() {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request).await
    }
}

/// Place of a proof beside the body.
#[derive(Debug, Clone, Copy)]
pub(super) enum ProofIn {
    Header,
    Query,
}

/// Probe and its answer: a report, or whatever else answered.
#[derive(Debug, Clone)]
pub(super) struct Probed {
    pub(super) sent: SentProbe,
    pub(super) report: Result<Report, Reply>,
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Reply, NoAnswer> {
    let began = Instant::now();
    let mut response = request.send().await.map_err(NoAnswer::of)?;
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let (status, headers) = (response.status().as_u16(), headers.collect());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(NoAnswer::of)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    Ok(Reply {
        status,
        headers,
        body,
        took: began.elapsed(),
    })
}

fn click(lark: &Sender, more_bytes: usize) -> SentProbe {
    let nonce = random();
    // In the body it stands for itself: the body cannot name its own digest.
    let proof = prove(lark, &[], nonce);
    let now_ms = now_ms();
    let body = json!({
        "schema": "2.0",
        "header": {
            "event_id": hex::encode(nonce), "event_type": PROBE_EVENT, "create_time": now_ms.to_string(),
            "token": lark.token, "app_id": lark.app.app_id, "tenant_key": "doctor",
        },
        "event": {"probe": proof, "operator": {"name": "张三 \u{1f600}"}, "more": "x".repeat(more_bytes)},
    });
    SentProbe {
        request: seal(lark, Protection::SealedAndSigned, &body.to_string()),
        nonce,
        path: lark.app.path.clone(),
    }
}

fn prove(lark: &Sender, body: &[u8], nonce: [u8; 16]) -> String {
    let probe = Probe::of(body, nonce, now());
    lark.app.keys.prove(&lark.app.app_id, &probe).unwrap_or_default()
}

fn seal(lark: &Sender, protection: Protection, text: &str) -> OutgoingCallback {
    let secrets = Secrets {
        encrypt_key: lark.app.keys.encrypt_keys.first(),
        verification_token: lark.app.keys.verification_tokens.first(),
    };
    let (timestamp, nonce) = (now().0.to_string(), hex::encode(random()));
    let stamp = Stamp {
        timestamp: &timestamp,
        nonce: &nonce,
        iv: random(),
    };
    OutgoingCallback::new(protection, text, secrets, stamp)
}

fn report(lark: &Sender, sent: &SentProbe, reply: Reply) -> Result<Report, Reply> {
    let read = || {
        let outer: Value = serde_json::from_slice(&reply.body).ok()?;
        let text = outer.get("report")?.as_str()?.to_owned();
        let code = outer.get("code")?.as_str()?.to_owned();
        let json: Value = serde_json::from_str(&text).ok()?;
        Some((text, code, json))
    };
    let Some((text, code, json)) = read() else {
        return Err(reply);
    };
    let written = json!({"report": text, "code": code}).to_string();
    Ok(Report {
        is_genuine: lark.app.keys.check_report(&sent.nonce, &text, &code),
        is_unchanged: written.as_bytes() == reply.body,
        json,
        reply,
    })
}

fn now() -> UnixSeconds {
    UnixSeconds::of_ms(now_ms())
}

/// Without random bytes the nonce would be known; nothing here is kept secret by it.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    let _ = getrandom::fill(&mut bytes);
    bytes
}
