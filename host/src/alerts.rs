//! Alerts into a chat: looks at the server in intervals, and sends a card when something needs a person.
//!
//! Of several servers on one database, each writes down what only it knows, and one looks at everything and sends. What was
//! said is kept in the database, so that neither a restart nor another server says it again. Failures to send are logged
//! once and retried with backoff, and are never themselves a reason for an alert.

mod card;
mod facts;
mod journal;
mod judge;
mod kind;
mod ledger;
mod own;
mod send;
mod window;

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use lark_callback_store::Store;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    reload::PluginStatus,
    telemetry::{AlertCounts, Refusals, chain},
    tokens::Tokens,
};
use journal::Journal;
use kind::Kind;
use own::Own;
use send::Chat;
use window::Window;

pub use kind::Language;

/// Lease of the server that sends for all, in intervals: two may be missed.
const LEAD_TURNS: u32 = 3;

/// The lease lasts at least this long, because a turn waits for Lark.
const LEAD_MIN: Duration = Duration::from_secs(20);

/// Time limit for the last words at a stop.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

/// Settings of alerts.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// `CALLBACK_ALERT_CHAT`: `oc_…`, or `ou_…` for one person.
    pub chat: String,
    /// `CALLBACK_ALERT_APP`: the id of the application that sends.
    pub app_id: String,
    /// `CALLBACK_ALERT_LANGUAGE`.
    pub language: Language,
    /// `CALLBACK_ALERT_SECONDS`: interval between two looks.
    pub every: Duration,
    /// `CALLBACK_ALERT_GAP_SECONDS`: minimum time between two messages about the same.
    pub gap: Duration,
    /// When to alert.
    pub limits: AlertLimits,
}

/// Thresholds; 0, or absent, switches one off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertLimits {
    /// `CALLBACK_ALERT_DEAD_LETTERS`: new ones.
    pub dead_letters: u64,
    /// `CALLBACK_ALERT_REFUSALS`: unverified requests within ten minutes.
    pub refusals: u64,
    /// `CALLBACK_ALERT_LAG_SECONDS`: how long the oldest delivery has been due.
    pub lag_seconds: u64,
    /// `CALLBACK_ALERT_SILENCE_HOURS`: hours without any event or callback.
    pub silence_hours: u64,
    /// `CALLBACK_ALERT_DATABASE_PERCENT` of the maximum size.
    pub database_percent: u64,
    /// `CALLBACK_ALERT_PLUGINS`: plugin files that are not loaded.
    pub plugins: bool,
    /// `CALLBACK_ALERT_SERVERS`: servers that do not report any more.
    pub servers: bool,
    /// `CALLBACK_DATABASE_BYTES_MAX`, if it is set.
    pub database_bytes_max: Option<u64>,
    /// Folder of a SQLite database, whose disk may become full.
    pub disk: Option<PathBuf>,
}

/// The watch over this server: its sources, and where its messages go.
#[derive(Debug)]
pub struct Alerts {
    /// The database.
    pub store: Store,
    /// Calls of Lark.
    pub tokens: Tokens,
    /// State of each plugin.
    pub plugins: watch::Receiver<Arc<[PluginStatus]>>,
    /// Counters of refused requests.
    pub refusals: Arc<Refusals>,
    /// This server's name for people: its machine and address.
    pub server: String,
    /// Settings.
    pub settings: AlertSettings,
    /// Counters for the metrics.
    pub counts: Arc<AlertCounts>,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

impl Alerts {
    /// Looks and sends until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = interval(self.settings.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refused = Window::default();
        let mut chat = Chat::default();
        let mut is_well = true;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => break,
            }
            let now_ms = (self.now_ms)();
            refused.look(&self.refusals, now_ms);
            let own = own::own(&self.plugins.borrow(), &refused, now_ms);
            let turn = async { self.turn(own, &mut chat, now_ms).await };
            let turned = tokio::select! {
                turned = turn => turned,
                () = stop.cancelled() => break,
            };
            if let Err(error) = &turned
                && is_well
            {
                tracing::warn!(
                    error = chain(error),
                    "Could not check what to alert about, so no alert is sent until that works; retrying at the next interval, not \
                 logged again"
                );
            }
            is_well = turned.is_ok();
        }
        // A server that is stopped is not missed. Without an answer it is, after a while.
        let journal = self.journal((self.now_ms)());
        let _ = tokio::time::timeout(LAST_WORDS_MAX, journal.leave(&self.server)).await;
    }

    fn journal(&self, now_ms: u64) -> Journal<'_> {
        Journal {
            store: &self.store,
            now_ms,
        }
    }

    /// One look, and what follows from it.
    async fn turn(&self, own: Own, chat: &mut Chat, now_ms: u64) -> Result<(), journal::JournalError> {
        let (settings, journal) = (&self.settings, self.journal(now_ms));
        let ttl = (settings.every * LEAD_TURNS).max(LEAD_MIN);
        if self.store.is_shared() {
            journal.report(&self.server, &own).await?;
            let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
            if !self
                .store
                .acquire_lease("alerts", self.store.node(), ttl_ms, now_ms)
                .await?
            {
                self.counts.forget();
                return Ok(());
            }
        }
        let (mut ledger, before) = journal.ledger().await?;
        ledger.not_after(now_ms);
        let paused = own::paused(&self.plugins.borrow());
        let facts = facts::all(&self.store, &journal, settings, (&self.server, own), &paused, now_ms).await?;
        let findings = judge::judge(&settings.limits, &facts, &mut ledger, now_ms);
        for lost in facts::given_up(&facts) {
            journal.leave(lost).await?;
        }
        let messages = ledger.plan(findings, settings.gap, now_ms);
        let waiting = messages.len();
        let sent = chat
            .send(&self.tokens, settings, &self.server, &mut ledger, messages, now_ms)
            .await;
        self.counts.sent.fetch_add(sent.done, Ordering::Relaxed);
        self.counts.failed.fetch_add(sent.failed, Ordering::Relaxed);
        let unsent = waiting.saturating_sub(usize::try_from(sent.done).unwrap_or(usize::MAX));
        self.counts.unsent.store(unsent as u64, Ordering::Relaxed);
        self.counts
            .activate(&Kind::ALL.map(|kind| (kind.word(), ledger.is_open(kind))));
        if ledger != before {
            journal.keep(&ledger).await?;
        }
        Ok(())
    }
}
