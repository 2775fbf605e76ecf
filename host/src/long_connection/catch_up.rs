//! Fetching of messages that were missed while there was no connection: read from Lark, and handled like pushes that come late.
//!
//! A message that was received already, on whichever way, is left out; what Lark pushes later is a repeat of it.

mod message;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use lark_callback_store::{CaughtUp, Store, StoreError};
use lark_protocol::Opened;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    apps::Apps,
    dispatch::{Answer, Dispatcher, Origin, RequestIds},
    moment::Moment,
    openapi::{ConsoleError, Deadline, Openapi},
    telemetry::chain,
};
use message::Missed;

/// Name of this way in the database.
const TRANSPORT: &str = "catch_up";

/// Time for one page of Lark's, with a wait when Lark asks for one.
const PAGE_MAX: Duration = Duration::from_secs(20);

/// Gaps of this age at most are fetched when nobody says otherwise; an answer to anything older would surprise.
const AGE_MS_MAX: u64 = 7 * 24 * 3_600_000;

/// Chats of one run.
const CHATS_MAX: usize = 1_000;

/// Messages of one run. More than an operator wants to have handled late at once.
const MESSAGES_MAX: usize = 10_000;

/// A message may have been received a little before the time that Lark gives it.
const CLOCKS_MS: u64 = 5 * 60_000;

/// Parts that fetching needs.
#[derive(Debug, Clone)]
pub struct CatchUp {
    /// The database.
    pub store: Store,
    /// Reads what Lark keeps.
    pub openapi: Openapi,
    /// All applications.
    pub apps: Apps,
    /// Handles what was missed.
    pub dispatcher: Dispatcher,
    /// The time in milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

/// Request for missed messages.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Missing {
    /// The application: its name or id; without it the one from the environment, or else the first.
    pub app: Option<String>,
    /// From when on, in milliseconds since 1970; without it the gaps that nobody has fetched yet.
    pub from_ms: Option<u64>,
    /// Until when; now without it.
    pub until_ms: Option<u64>,
    /// Only these chats; without any the groups of the bot, and the chats that messages came from before.
    pub chats: Vec<String>,
    /// In groups also messages that do not mention the bot.
    pub all_messages: bool,
    /// Only count.
    pub dry_run: bool,
}

/// Numbers of messages that were found, and what became of them.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Fetched {
    /// The application.
    pub app: String,
    /// Whether it was only counted.
    pub dry_run: bool,
    /// The spans that were looked at.
    pub spans: Vec<Span>,
    /// Chats that were read.
    pub chats: usize,
    /// Messages to the bot that Lark has of these spans.
    pub found: u64,
    /// Those that were received before.
    pub known: u64,
    /// Those that were handled now, or would be.
    pub added: u64,
    /// Whether the limit of one run ended it early; the next one goes on.
    pub is_cut: bool,
    /// Chats that could not be read, with the reason.
    pub failed: BTreeMap<String, String>,
}

/// Span of time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Span {
    /// Beginning.
    pub from_ms: u64,
    /// End.
    pub until_ms: u64,
}

/// Reason why nothing, or not everything, was fetched.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError {
    /// No such application.
    #[error("there is no application `{0}`; see `lark-callback config show`")]
    UnknownApp(String),
    /// The end is not after the beginning.
    #[error("the span of time ends before it begins")]
    Reversed,
    /// Lark was not asked, or refused.
    #[error("Lark did not tell {what}")]
    Lark {
        /// What was asked for.
        what: &'static str,
        /// The reason.
        #[source]
        source: ConsoleError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A message could not be stored.
    #[error("a message could not be stored; what was handled so far stays, and the same command goes on with the rest")]
    NotStored,
}

/// One run for one application.
struct Run<'a> {
    of: &'a CatchUp,
    app_id: Arc<str>,
    asked: &'a Missing,
    bot: Option<String>,
    known: HashSet<String>,
    fetched: Fetched,
}

impl CatchUp {
    /// Fetches what was missed, or counts it.
    ///
    /// # Errors
    /// [`CatchUpError`]; what was handled before it stays. A chat that cannot be read is no error, but named in the answer.
    pub async fn run(&self, asked: &Missing) -> Result<Fetched, CatchUpError> {
        let app = self.apps.find(asked.app.as_deref());
        let app = app.ok_or_else(|| CatchUpError::UnknownApp(asked.app.clone().unwrap_or_default()))?;
        let app_id = Arc::clone(&app.app_id);
        let spans = self.spans(&app_id, asked).await?;
        let fetched = Fetched {
            app: app_id.to_string(),
            dry_run: asked.dry_run,
            spans: spans.clone(),
            ..Fetched::default()
        };
        let Some(first_ms) = spans.iter().map(|span| span.from_ms).min() else {
            return Ok(fetched);
        };
        let bot = self.openapi.bot_open_id(&app_id, &self.deadline()).await;
        let bot = bot.map_err(|source| CatchUpError::Lark {
            what: "who the bot is",
            source,
        })?;
        let mut run = Run {
            of: self,
            known: self
                .store
                .message_ids_since(&app_id, first_ms.saturating_sub(CLOCKS_MS))
                .await?,
            app_id,
            asked,
            bot,
            fetched,
        };
        let chats = run.chats().await?;
        for (chat, chat_type) in &chats {
            for span in &spans {
                if let Err(source) = run.chat(chat, chat_type, *span).await? {
                    run.fetched.failed.insert(chat.clone(), chain(&source));
                    break;
                }
            }
            run.fetched.chats += 1;
            if run.fetched.is_cut {
                break;
            }
        }
        run.note(&spans).await?;
        Ok(run.fetched)
    }

    /// The spans that are asked for: the given one, or the gaps.
    async fn spans(&self, app_id: &str, asked: &Missing) -> Result<Vec<Span>, CatchUpError> {
        let now_ms = (self.now_ms)();
        let until_ms = asked.until_ms.unwrap_or(now_ms);
        if let Some(from_ms) = asked.from_ms {
            return if from_ms < until_ms {
                Ok(vec![Span { from_ms, until_ms }])
            } else {
                Err(CatchUpError::Reversed)
            };
        }
        let since_ms = now_ms.saturating_sub(AGE_MS_MAX);
        let gaps = self.store.gaps(Some(app_id), since_ms, now_ms).await?;
        let gaps = gaps.iter().filter(|gap| gap.caught_up_ms.is_none());
        let spans = gaps.map(|gap| Span {
            from_ms: gap.from_ms.max(since_ms),
            until_ms: gap.until_ms.unwrap_or(now_ms).min(until_ms),
        });
        Ok(spans.filter(|span| span.from_ms < span.until_ms).collect())
    }

    fn deadline(&self) -> Deadline {
        Deadline::within((self.now_ms)(), PAGE_MAX)
    }
}

impl Run<'_> {
    /// The chats to read, each with its type as in an event.
    async fn chats(&self) -> Result<BTreeMap<String, String>, CatchUpError> {
        // Lark lists groups only; the others are known by what came from them.
        let mut known = BTreeMap::new();
        for payload in self.of.store.newest_messages(&self.app_id).await? {
            let message: Value = serde_json::from_str(&payload).unwrap_or_default();
            let text = |name: &str| message.pointer(name).and_then(Value::as_str).map(str::to_owned);
            if let (Some(chat), Some(kind)) = (text("/message/chat_id"), text("/message/chat_type")) {
                known.entry(chat).or_insert(kind);
            }
        }
        let group = || "group".to_owned();
        if !self.asked.chats.is_empty() {
            let chats = self.asked.chats.iter();
            return Ok(chats
                .map(|chat| (chat.clone(), known.get(chat).cloned().unwrap_or_else(group)))
                .collect());
        }
        let mut next = None;
        loop {
            let deadline = self.of.deadline();
            let page = self.of.openapi.chats_of_bot(&self.app_id, next.as_deref(), &deadline);
            let page = page.await.map_err(|source| CatchUpError::Lark {
                what: "which groups the bot is in",
                source,
            })?;
            for chat in &page.items {
                if let Some(id) = chat.get("chat_id").and_then(Value::as_str) {
                    known.entry(id.to_owned()).or_insert_with(group);
                }
            }
            next = page.next;
            if next.is_none() || known.len() >= CHATS_MAX {
                break;
            }
        }
        Ok(known.into_iter().take(CHATS_MAX).collect())
    }

    /// Reads one chat. The inner error is Lark's, and only about this chat.
    async fn chat(
        &mut self,
        chat: &str,
        chat_type: &str,
        span: Span,
    ) -> Result<Result<(), ConsoleError>, CatchUpError> {
        // Lark's borders are whole seconds.
        let seconds = (span.from_ms / 1_000, span.until_ms.div_ceil(1_000));
        let app_id = Arc::clone(&self.app_id);
        let mut next: Option<String> = None;
        loop {
            let deadline = self.of.deadline();
            let page = self
                .of
                .openapi
                .messages_of_chat(&self.app_id, chat, seconds, next.as_deref(), &deadline);
            let page = match page.await {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            for item in &page.items {
                let missed = Missed {
                    item,
                    app_id: &app_id,
                    chat_type,
                };
                let takes_all = self.asked.all_messages;
                let Some(body) = missed.as_push(self.bot.as_deref(), takes_all) else {
                    continue;
                };
                self.take(missed.message_id(), &body).await?;
                if self.fetched.added >= MESSAGES_MAX as u64 {
                    self.fetched.is_cut = true;
                    return Ok(Ok(()));
                }
            }
            next = page.next;
            if next.is_none() {
                return Ok(Ok(()));
            }
        }
    }

    async fn take(&mut self, message_id: &str, body: &str) -> Result<(), CatchUpError> {
        self.fetched.found += 1;
        if !self.known.insert(message_id.to_owned()) {
            self.fetched.known += 1;
            return Ok(());
        }
        if !self.asked.dry_run {
            let Ok(Opened::Event(event)) = lark_protocol::open_pushed(body.as_bytes()) else {
                return Ok(());
            };
            let origin = Origin {
                peer: None,
                ids: RequestIds {
                    transport: Some(TRANSPORT),
                    ..RequestIds::default()
                },
            };
            let arrival = Moment::now((self.of.now_ms)());
            let dispatched = self.of.dispatcher.dispatch(&self.app_id, event, origin, arrival).await;
            if matches!(dispatched.answer, Answer::SendAgain) {
                return Err(CatchUpError::NotStored);
            }
        }
        self.fetched.added += 1;
        Ok(())
    }

    /// Remembers that the spans were fetched, if all of them were.
    async fn note(&self, spans: &[Span]) -> Result<(), CatchUpError> {
        let is_whole = self.fetched.failed.is_empty() && !self.fetched.is_cut && self.asked.chats.is_empty();
        if self.asked.dry_run || !is_whole {
            return Ok(());
        }
        for span in spans {
            let done = CaughtUp {
                app: self.app_id.to_string(),
                from_ms: span.from_ms,
                until_ms: span.until_ms,
                at_ms: (self.of.now_ms)(),
                found: self.fetched.found,
                added: self.fetched.added,
            };
            self.of.store.note_caught_up(done).await?;
        }
        Ok(())
    }
}
