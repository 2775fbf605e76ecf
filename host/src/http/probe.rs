//! Probes of `doctor`: a request that proves a key of an application is told what arrived, and causes nothing else.
//!
//! Whoever has proved nothing gets the same answer as without a proof. A proof is accepted once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    http::{HeaderName, Method, StatusCode, request::Parts},
    response::Response,
};
use lark_protocol::{
    Event, OpenError, PROBE_AGE_SECONDS_MAX, PROBE_HEADER, PROBE_QUERY, ProvenProbe, UnixSeconds, body_digest,
};
use serde_json::{Map, Value, json};

use super::{Front, body, json, raw, rejection::Rejection};
use crate::{apps::App, listen::Peer, moment::Moment, telemetry::escaped};

static PROBE: HeaderName = HeaderName::from_static(PROBE_HEADER);

/// Proofs remembered, so that each is accepted once; `doctor` needs about ten for each application. A holder of a key who
/// makes more gets its own reports again and nothing else.
const USED_MAX: usize = 1024;

/// Part of a changed body that is sent back, to show what changed. A probe of `doctor` is smaller.
const START_BYTES_MAX: usize = 4096;

/// Length of a header's value that is sent back; those of Lark and of proxies are shorter.
const VALUE_CHARS_MAX: usize = 200;

/// Headers whose values are sent back. Of others only the name: a proxy may add a secret.
const SHOWN: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "forwarded",
    "host",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-lark-request-nonce",
    "x-lark-request-timestamp",
    "x-lark-signature",
];

/// Proofs that were accepted lately.
#[derive(Debug, Default)]
pub struct UsedProbes(Mutex<VecDeque<([u8; 16], i64)>>);

impl UsedProbes {
    /// Records a proof; returns whether it is used for the first time.
    fn take(&self, nonce: [u8; 16], now: UnixSeconds) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A proof may be made ahead of this clock, and is accepted until it is as old on the other side.
        used.retain(|(_, at)| now.0.abs_diff(*at) <= 2 * PROBE_AGE_SECONDS_MAX.unsigned_abs());
        if used.iter().any(|(other, _)| *other == nonce) {
            return false;
        }
        if used.len() >= USED_MAX {
            used.pop_front();
        }
        used.push_back((nonce, now.0));
        true
    }
}

/// Probe that this server answers.
#[derive(Debug)]
pub(super) struct Probed {
    /// Application whose key proves it.
    app: Arc<App>,
    proven: ProvenProbe,
    /// Where the proof stood.
    by: &'static str,
}

/// Body of a probe as it arrived, and whether the request would have been accepted.
struct Seen {
    body: Value,
    /// From the arrival of the request on.
    body_ms: u128,
    verdict: &'static str,
}

/// Answers a request that proves to be a probe, or gives its body back. `served` is the application of its path.
pub(super) async fn answered(
    front: &Front,
    served: Option<&Arc<App>>,
    parts: &Parts,
    body: Body,
    arrival: Moment,
) -> Result<Response, Body> {
    match proven(front, served, parts, arrival) {
        Some(probed) => Ok(answer(front, served, probed, parts, body, arrival).await),
        None => Err(body),
    }
}

/// Returns the probe that a request proves to be, if it is one.
fn proven(front: &Front, served: Option<&Arc<App>>, parts: &Parts, arrival: Moment) -> Option<Probed> {
    let (text, by) = match parts.headers.get(&PROBE) {
        Some(value) => (value.to_str().ok()?, "header"),
        None => (in_query(parts.uri.query()?)?, "query"),
    };
    let now = UnixSeconds::of_ms(arrival.unix_ms);
    let all = front.apps.now();
    let mut apps = served.into_iter().chain(all.iter());
    let (app, proven) = apps.find_map(|app| Some((app, app.keys.check_probe(&app.app_id, text, now)?)))?;
    front.probes.take(proven.probe.nonce, now).then(|| Probed {
        app: Arc::clone(app),
        proven,
        by,
    })
}

fn in_query(query: &str) -> Option<&str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, text) = pairs.into_iter().find(|(name, _)| *name == PROBE_QUERY)?;
    Some(text)
}

/// Reads the body and reports what arrived, and what would have become of it.
async fn answer(
    front: &Front,
    served: Option<&Arc<App>>,
    probed: Probed,
    parts: &Parts,
    body: Body,
    arrival: Moment,
) -> Response {
    let form = body::check_form(&parts.headers);
    let read = body::read(body, front.limits.body_bytes_max, front.limits.body_read, &front.bodies).await;
    let body_ms = arrival.at.elapsed().as_millis();
    let (body, verdict) = match &read {
        Ok(whole) => {
            let bytes = &*whole.bytes;
            let is_unchanged = body_digest(bytes) == probed.proven.probe.body_digest;
            let start = bytes.get(..START_BYTES_MAX).unwrap_or(bytes);
            let start = (!is_unchanged).then(|| hex::encode(start));
            (
                json!({"bytes": bytes.len(), "is_unchanged": is_unchanged, "start": start}),
                verdict(served, parts, bytes, form, arrival),
            )
        }
        Err(rejection) => (Value::Null, rejection.reason()),
    };
    let seen = Seen { body, body_ms, verdict };
    send(&probed, &report(&probed, served, parts, arrival, &seen))
}

/// Reports a probe whose body was opened like any event, because nothing else of it arrived as a proof. Without a fresh
/// proof in it, it is acknowledged like an event that nobody handles.
pub(super) fn answer_event(front: &Front, app: &Arc<App>, parts: &Parts, event: &Event, arrival: Moment) -> Response {
    let text = serde_json::from_str::<Value>(&event.payload).ok();
    let text = text.as_ref().and_then(|payload| payload.get("probe")?.as_str());
    let now = UnixSeconds::of_ms(arrival.unix_ms);
    let proven = text.and_then(|text| app.keys.check_probe(&app.app_id, text, now));
    let Some(proven) = proven.filter(|proven| front.probes.take(proven.probe.nonce, now)) else {
        return json(StatusCode::OK, lark_protocol::reply::NOTHING);
    };
    let probed = Probed {
        app: Arc::clone(app),
        proven,
        by: "body",
    };
    // Its signature was right, so the body is as it was sent.
    let seen = Seen {
        body: json!({"bytes": null, "is_unchanged": true, "start": null}),
        body_ms: 0,
        verdict: "ok",
    };
    send(&probed, &report(&probed, Some(app), parts, arrival, &seen))
}

/// Whether the request would have been accepted; otherwise the reason as in the log and in `refused_total`.
fn verdict(
    served: Option<&Arc<App>>,
    parts: &Parts,
    bytes: &[u8],
    form: Result<(), Rejection>,
    arrival: Moment,
) -> &'static str {
    let Some(app) = served else { return "not_found" };
    if let Err(rejection) = form {
        return rejection.reason();
    }
    match parts.method {
        Method::POST => {}
        Method::GET => return "ok",
        _ => return "method_not_allowed",
    }
    let raw = raw::of(&parts.headers, bytes);
    match lark_protocol::open(&app.keys, &raw, UnixSeconds::of_ms(arrival.unix_ms)) {
        Ok(_) => "ok",
        Err(OpenError::TooLarge { .. }) => "too_large",
        Err(error) => error.code(),
    }
}

fn report(probed: &Probed, served: Option<&Arc<App>>, parts: &Parts, arrival: Moment, seen: &Seen) -> String {
    let mut headers = Map::new();
    for name in parts.headers.keys() {
        let is_shown = SHOWN.contains(&name.as_str());
        let values = parts.headers.get_all(name).iter().filter(|_| is_shown);
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let value: String = escaped(&values.join(", ")).chars().take(VALUE_CHARS_MAX).collect();
        headers.insert(name.as_str().to_owned(), value.into());
    }
    let served = served.map(|app| json!({"name": app.name, "app_id": &*app.app_id, "path": app.path}));
    let report = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "now_ms": arrival.unix_ms,
        "app_id": &*probed.app.app_id,
        "proof": probed.by,
        "key": probed.proven.key,
        "served": served,
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "http": format!("{:?}", parts.version),
        "peer": Peer::of_request().map(|peer| peer.to_string()),
        "headers": headers,
        "body": seen.body,
        "verdict": seen.verdict,
        "body_ms": seen.body_ms,
        "took_ms": arrival.at.elapsed().as_millis(),
    });
    report.to_string()
}

/// The report is a text inside of JSON, so that a proxy that writes JSON anew leaves its code right.
fn send(probed: &Probed, report: &str) -> Response {
    let (probe, key) = (&probed.proven.probe, probed.proven.key);
    tracing::info!(
        app.id = &*probed.app.app_id,
        "Answered a probe of `lark-callback doctor`"
    );
    let code = probed.app.keys.report_code(key, &probe.nonce, report);
    json(
        StatusCode::OK,
        json!({"report": report, "code": code.unwrap_or_default()}).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_used_once() {
        let used = UsedProbes::default();
        assert!(used.take([1; 16], UnixSeconds(1000)));
        assert!(!used.take([1; 16], UnixSeconds(1001)));
        assert!(!used.take([1; 16], UnixSeconds(1000 + 2 * PROBE_AGE_SECONDS_MAX)));
    }

    #[test]
    fn no_number_of_probes_fills_the_memory() {
        let used = UsedProbes::default();
        for number in 0..3000_u128 {
            used.take(number.to_be_bytes(), UnixSeconds(1000));
        }
        assert_eq!(used.0.lock().unwrap().len(), USED_MAX);
        used.take([9; 16], UnixSeconds(10_000_000));
        assert_eq!(used.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_proof_is_found_in_a_query() {
        assert_eq!(in_query("a=b&lark_callback_probe=1.2"), Some("1.2"));
        assert_eq!(in_query("lark_callback_prob=1"), None);
    }
}
