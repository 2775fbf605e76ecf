//! Second look at refused requests: finds out for the operator what they were made with, apart from their answer.
//!
//! A sender learns nothing from it: the answer has been decided before, and the work is done by another task, for a few
//! small requests a second at most.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lark_protocol::{Finding, OpenError, RawCallback, Suspect, UnixSeconds, diagnose};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    apps::{App, Apps},
    codes::{self, same, told},
    telemetry::{Diagnosis, LineLimit, Refusals},
};

/// Requests that wait for their turn; others are kept without a diagnosis.
const WAITING_MAX: usize = 8;

/// Largest body that is looked at. Almost all callbacks are smaller, and the work for one stays below some milliseconds.
const BODY_BYTES_MAX: usize = 32 << 10;

/// Longest header value that is looked at; Lark's have at most 64 bytes.
const HEADER_BYTES_MAX: usize = 256;

/// Requests that are looked at without pause, and the time until one more is, over all applications and reasons.
const BURST: u32 = 20;
const REFILL: Duration = Duration::from_millis(200);

/// Hands over refused requests.
#[derive(Debug, Clone)]
pub struct Examiner {
    limit: Arc<Mutex<LineLimit>>,
    cases: mpsc::Sender<Case>,
}

/// Refused requests that wait for their turn.
#[derive(Debug)]
pub struct Cases(mpsc::Receiver<Case>);

/// One refused request.
#[derive(Debug)]
struct Case {
    number: u64,
    app: Arc<App>,
    refusal: OpenError,
    headers: [Option<Vec<u8>>; 3],
    body: Vec<u8>,
    now: UnixSeconds,
}

impl Examiner {
    /// Makes both ends.
    pub fn new() -> (Self, Cases) {
        let (cases, waiting) = mpsc::channel(WAITING_MAX);
        let limit = Arc::new(Mutex::new(LineLimit::new(BURST, REFILL)));
        (Self { limit, cases }, Cases(waiting))
    }

    /// Has a request looked at, if there is time for it.
    pub(super) fn examine(&self, number: u64, app: &Arc<App>, refusal: OpenError, raw: &RawCallback<'_>, now_ms: u64) {
        let headers = [raw.timestamp, raw.nonce, raw.signature];
        let is_small =
            raw.body.len() <= BODY_BYTES_MAX && headers.iter().flatten().all(|value| value.len() <= HEADER_BYTES_MAX);
        if !is_small || !self.limit.lock().unwrap_or_else(PoisonError::into_inner).admits() {
            return;
        }
        let Ok(place) = self.cases.try_reserve() else { return };
        place.send(Case {
            number,
            app: Arc::clone(app),
            refusal,
            headers: headers.map(|value| value.map(<[u8]>::to_vec)),
            // Copied, because the bytes may be part of a larger buffer.
            body: raw.body.to_vec(),
            now: UnixSeconds::of_ms(now_ms),
        });
    }
}

impl Cases {
    /// Looks at one request after the other until `stop`.
    pub async fn run(mut self, apps: Apps, refusals: Arc<Refusals>, stop: CancellationToken) {
        loop {
            let case = tokio::select! {
                case = self.0.recv() => case,
                () = stop.cancelled() => return,
            };
            let Some(case) = case else { return };
            let (number, app, known) = (case.number, Arc::clone(&case.app), apps.clone());
            let reason = case.refusal.code();
            // Hashing some hundred kilobytes would hold up the requests of this thread.
            let Ok(found) = tokio::task::spawn_blocking(move || case.found(&known)).await else {
                continue;
            };
            let Some(diagnosis) = found else { continue };
            log(&app, reason, &diagnosis);
            refusals.diagnose(number, diagnosis);
        }
    }
}

fn log(app: &App, reason: &str, diagnosis: &Diagnosis) {
    let Some(entry) = codes::diagnosis(diagnosis.word) else {
        return;
    };
    let detail = match &*diagnosis.detail {
        "" => String::new(),
        detail => format!(" ({detail})"),
    };
    tracing::warn!(
        app.id = &*app.app_id,
        reason,
        diagnosis = diagnosis.word,
        "Why a request was refused: {}{detail}; {}",
        entry.cause(codes::Language::En),
        entry.cure(codes::Language::En)
    );
}

impl Case {
    fn found(&self, apps: &Apps) -> Option<Diagnosis> {
        let apps = apps.now();
        let other_apps: Vec<_> = apps.iter().filter(|app| app.app_id != self.app.app_id).collect();
        let others: Vec<_> = other_apps.iter().map(|app| suspect(app)).collect();
        let [timestamp, nonce, signature] = self.headers.each_ref().map(Option::as_deref);
        let raw = RawCallback {
            timestamp,
            nonce,
            signature,
            body: &self.body,
        };
        let finding = diagnose(suspect(&self.app), &others, &raw, self.refusal, self.now)?;
        let detail = match finding {
            Finding::OtherApp(number) => other_apps.get(number).map_or_else(
                || same(""),
                |app| told!("{} at {}", "{}，路径 {}", app.app_id, app.path),
            ),
            Finding::ClockOff(seconds) if seconds < 0 => told!(
                "signed {} s ahead of this machine's clock",
                "签名时间比本机时钟超前 {} 秒",
                seconds.saturating_neg()
            ),
            Finding::ClockOff(seconds) => told!(
                "signed {seconds} s before this machine's clock",
                "签名时间比本机时钟落后 {seconds} 秒"
            ),
            _ => same(""),
        };
        Some(Diagnosis {
            word: finding.word(),
            detail,
        })
    }
}

fn suspect(app: &App) -> Suspect<'_> {
    Suspect {
        keys: &app.keys,
        retired_keys: &app.retired.encrypt_keys,
        retired_tokens: &app.retired.verification_tokens,
    }
}
