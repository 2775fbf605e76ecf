//! What the console has done by the rooms above it: a look at a component, its installation, a click into a drawn card.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::codes::Text;

/// Components that are looked at or installed at once: each compile takes a process of up to a gigabyte.
const LOOKS_MAX: usize = 1;

/// Components of callers of one role that arrive, wait or are looked at: each is up to 64 MiB of memory.
const ARRIVALS_MAX: usize = 1;

type Done<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Component that was dropped onto a page.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Name that the plugin would have.
    pub name: String,
    /// The bytes.
    pub wasm: Bytes,
    /// Content of its `.sig` file.
    pub signature: Option<Vec<u8>>,
}

/// Findings about a component; nothing of it is kept.
#[derive(Debug, Default)]
pub struct Report {
    /// Reasons why a server would not load it.
    pub problems: Vec<Text>,
    /// Other things worth knowing.
    pub notes: Vec<Text>,
    /// What it says of itself, if it could be examined.
    pub about: Option<About>,
}

/// Statements of a component about itself.
#[derive(Debug)]
pub struct About {
    /// Name by its author.
    pub name: String,
    /// Version by its author.
    pub version: String,
    /// SHA-256, 64 hex digits.
    pub hash: String,
    /// Event types that it takes.
    pub event_types: Vec<String>,
    /// Interfaces that it imports.
    pub imports: Vec<String>,
    /// Memory at the start of each call.
    pub memory_bytes: u64,
    /// What it wants, as lines for its settings; empty if nothing.
    pub to_add: String,
    /// Who vouches for it: nobody is asked to, a trusted key does, or why none does.
    pub signature: Signature,
}

/// Proof that somebody vouches for a component, where it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// This server asks for no signatures.
    NotAsked,
    /// It is signed with a trusted key.
    Good,
}

/// Component that was installed.
#[derive(Debug)]
pub struct Installed {
    /// Version by its author.
    pub version: String,
    /// SHA-256, 64 hex digits.
    pub hash: String,
}

/// Looks at components and installs them.
pub struct Workshop {
    /// Looks, and keeps nothing.
    pub look: Box<dyn Fn(Dropped) -> Done<Report> + Send + Sync>,
    /// Installs, by the rules of `plugin install`; an error says why nothing was installed.
    pub install: Box<dyn Fn(Dropped) -> Done<Result<Installed, Text>> + Send + Sync>,
    /// Places for those who look.
    pub looks: Semaphore,
    /// Places of operators for what arrives.
    operators: Semaphore,
    /// Places of viewers, who may not keep an operator waiting by sending slowly.
    viewers: Semaphore,
}

impl Workshop {
    /// Workshop of these two functions.
    pub fn new<L, I>(look: L, install: I) -> Self
    where
        L: Fn(Dropped) -> Done<Report> + Send + Sync + 'static,
        I: Fn(Dropped) -> Done<Result<Installed, Text>> + Send + Sync + 'static,
    {
        Self {
            look: Box::new(look),
            install: Box::new(install),
            looks: Semaphore::new(LOOKS_MAX),
            operators: Semaphore::new(ARRIVALS_MAX),
            viewers: Semaphore::new(ARRIVALS_MAX),
        }
    }

    /// Places for what arrives from an operator, or a viewer.
    pub fn arrivals(&self, is_operator: bool) -> &Semaphore {
        if is_operator { &self.operators } else { &self.viewers }
    }
}

impl fmt::Debug for Workshop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workshop").finish_non_exhaustive()
    }
}

/// Click into a card that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Click {
    /// `card`, or `card-v1` for the older callback.
    pub kind: &'static str,
    /// The `event` object, or the whole body of the older callback.
    pub body: Value,
}

/// Answer to a click.
#[derive(Debug, Clone)]
pub struct Clicked {
    /// Id of the click as an event; the older callback has none.
    pub event_id: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: String,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

/// Sends a click to this server as Lark would; an error says why there is no answer.
pub type SendClick = Box<dyn Fn(Click) -> Done<Result<Clicked, Text>> + Send + Sync>;

/// Sender of clicks, there once the server runs as `dev`; clones share it.
#[derive(Clone, Default)]
pub struct ClickSender(Arc<OnceLock<SendClick>>);

impl ClickSender {
    /// Lets cards be clicked. The first sender stays.
    pub fn set(&self, send: SendClick) {
        // A server starts once.
        let _ = self.0.set(send);
    }

    /// The sender, if cards can be clicked.
    pub(super) fn get(&self) -> Option<&SendClick> {
        self.0.get()
    }
}

impl fmt::Debug for ClickSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClickSender").field(&self.0.get().is_some()).finish()
    }
}
