//! Deliveries as they are claimed and finished.

use std::sync::Arc;

use lark_protocol::Event;

use super::{
    kind::DeliveryKind,
    lost::Lost,
    numbers::signed,
    tasks::{Chain, NewTask},
};

/// A delivery that this server holds.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// The number of the event that led to it; none for a task of the operator.
    pub event: Option<i64>,
    /// Its kind.
    pub kind: DeliveryKind,
    /// The application.
    pub app: String,
    /// The plugin that does it.
    pub plugin: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// How many of the attempts before this one never came to an end.
    pub lost: u32,
    /// When it was to be done first, in milliseconds since 1970.
    pub due_at_ms: u64,
    /// After this it is of no use any more.
    pub expires_at_ms: u64,
    /// The operator wants it although the event is from long ago.
    pub is_replay: bool,
    /// Others with this key wait for it.
    pub ordering_key: Option<String>,
    /// Where it stands among the tasks that follow from one another.
    pub chain: Chain,
    /// The event or the task itself.
    pub work: Work,
}

/// Input of a plugin.
#[derive(Debug, Clone)]
pub enum Work {
    /// An event, as it was received.
    Event(Arc<Event>),
    /// A task.
    Task {
        /// The doing plugin's name for it.
        name: String,
        /// JSON text.
        payload: String,
        /// The plugin that asked for it; empty when it was the operator.
        requested_by: String,
    },
    /// The event's payload has been deleted; there is nothing left to do.
    Gone,
}

/// Request for due deliveries of one plugin.
#[derive(Debug, Clone)]
pub struct Claim {
    /// For this plugin.
    pub plugin: String,
    /// At most so many.
    pub limit: u32,
    /// Of those whose attempts were lost as often.
    pub lost: Lost,
    /// While the clock is doubted: what has expired by it waits, because it would be ended.
    pub leaves_expired: bool,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

impl Claim {
    /// Deliveries that expire by then are not claimed; in milliseconds since 1970.
    pub(crate) fn expired_by_ms(&self) -> i64 {
        if self.leaves_expired {
            signed(self.now_ms)
        } else {
            i64::MIN
        }
    }
}

/// Result of an attempt.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The delivery.
    pub delivery: i64,
    /// The event that led to it.
    pub event: Option<i64>,
    /// The application.
    pub app: String,
    /// Which attempt it was.
    pub attempt: u32,
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// How long it took.
    pub duration_us: u64,
    /// A word: `ok`, or the code of the error.
    pub outcome: String,
    /// For the operator.
    pub error: Option<String>,
    /// Which plugin file it was, in hexadecimal; empty when none was called.
    pub plugin_hash: String,
    /// The log of the plugin.
    pub log: String,
    /// The next state of the delivery.
    pub then: Then,
    /// Follow-ups, in their order.
    pub tasks: Vec<NewTask>,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

/// The outcome of an attempt whose end the database refuses to store as it is.
pub(crate) const NOT_STORED: &str = "not_stored";

/// State of a delivery after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Done.
    Done,
    /// Skipped: the plugin said that the event is not its own.
    Skipped,
    /// Retried.
    Retry {
        /// Not before this time, in milliseconds since 1970.
        at_ms: u64,
    },
    /// A dead letter: not retried before the operator says so.
    Dead,
    /// Expired: too late to be of use.
    Expired,
}

impl Then {
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Retry { .. } => "retry_wait",
            Self::Dead => "dead",
            Self::Expired => "expired",
        }
    }

    pub(crate) fn at_ms(self) -> Option<u64> {
        match self {
            Self::Retry { at_ms } => Some(at_ms),
            Self::Done | Self::Skipped | Self::Dead | Self::Expired => None,
        }
    }
}

/// Fate of the result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// Stored, with its tasks.
    Recorded,
    /// The lease was lost meanwhile: another server has it, and what this one did will be done again.
    LeaseLost,
}

/// A callback that was answered before its plugin was done.
#[derive(Debug, Clone)]
pub struct NewLate {
    /// The number of the event.
    pub event: i64,
    /// The application.
    pub app: String,
    /// The plugin that handles it.
    pub plugin: String,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
    /// After this the answer is of no use any more.
    pub expires_at_ms: u64,
}

/// Attempt that this server holds a lease for. A delivery whose lease was lost may be claimed again while the first attempt still
/// runs, and whoever ends that one must not let go of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The delivery.
    pub delivery: i64,
    /// Which attempt of it.
    pub attempt: u32,
}

impl Hold {
    /// The first attempt of a delivery.
    pub fn first(delivery: i64) -> Self {
        Self { delivery, attempt: 1 }
    }
}

impl Delivery {
    /// The attempt that this server holds.
    pub fn hold(&self) -> Hold {
        Hold {
            delivery: self.id,
            attempt: self.attempt,
        }
    }
}
