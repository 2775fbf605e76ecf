//! Events and replies on their way into the database, and the answer of the database to them.

use std::sync::Arc;

use lark_protocol::{Event, Kind};

use super::{job::Job, tasks::NewTask};

/// One callback or event to be received.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The event itself, with the application that it came for: two applications in one group get the same `message_id`.
    pub event: Arc<Event>,
    /// When it arrived, in milliseconds since 1970.
    pub received_at_ms: u64,
    /// Until when a repeat is recognised.
    pub expires_at_ms: u64,
    /// One for each plugin that takes it, when it is an event.
    pub deliveries: Vec<NewDelivery>,
    /// Ids of the request that brought it.
    pub ids: RequestIds,
}

/// Ids of a request in the logs of others, as its header says: nobody has signed them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// `X-Request-Id`: of Lark, or of a proxy that writes its own.
    pub request_id: Option<Arc<str>>,
    /// `X-Tt-Logid`: the one that Lark's support asks for.
    pub log_id: Option<Arc<str>>,
    /// On which way the event came; none over HTTP.
    pub transport: Option<&'static str>,
}

impl RequestIds {
    /// Whether the request came over HTTP and had neither.
    pub fn is_empty(&self) -> bool {
        self.request_id.is_none() && self.log_id.is_none() && self.transport.is_none()
    }
}

/// One event for one plugin.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its name.
    pub plugin: String,
    /// Deliveries of one plugin with the same key are made one after the other.
    pub ordering_key: Option<String>,
    /// After this it is of no use any more.
    pub expires_at_ms: u64,
    /// Whether this server begins with it at once; else it waits for whoever has room. What has an ordering key always
    /// waits, because others may stand before it.
    pub begins_here: bool,
}

/// Result of receiving an event or a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Nobody saw it before; its rows are on disk.
    First {
        /// The event's number.
        event: i64,
        /// The numbers of its deliveries, in the order in which they were asked for.
        deliveries: Vec<i64>,
    },
    /// A callback that was seen before and is not answered: it is still running, or the server that ran it is gone.
    Unanswered {
        /// The number of the first.
        event: i64,
        /// Under which id it was seen first.
        event_id: String,
        /// The server that runs it.
        node: String,
        /// How often it has come, this time included.
        seen: u32,
    },
    /// An event that was seen before, perhaps as another event about the same message, but some of the plugins that are to
    /// have this one were not told then. It is stored for them alone.
    Partly {
        /// The event's number.
        event: i64,
        /// The numbers of its deliveries, in the order in which they were asked for; none for a plugin that was told before.
        deliveries: Vec<Option<i64>>,
    },
    /// Seen before and answered.
    Answered {
        /// The number of the first.
        event: i64,
        /// The reply to the first; empty for an event, whose answer has no content.
        reply: String,
        /// How often it has come, this time included.
        seen: u32,
    },
}

/// Reply to a callback, and the tasks that follow from it.
#[derive(Debug)]
pub struct NewReply {
    /// The number of the event.
    pub event: i64,
    /// The application.
    pub app: Arc<str>,
    /// The body.
    pub reply: Arc<str>,
    /// How it ended: `ok`, or the word for what went wrong.
    pub outcome: &'static str,
    /// The plugin that answered, or failed.
    pub plugin: Option<Arc<str>>,
    /// From the arrival to the answer.
    pub duration_us: u64,
    /// The error.
    pub error: Option<String>,
    /// To be done after the body was written, in this order. This server begins with them: they are its own until it
    /// says otherwise.
    pub tasks: Vec<NewTask>,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

/// The name of a kind in the database.
pub(crate) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Callback => "callback",
        Kind::Event => "event",
    }
}

impl Received {
    /// Of a repeat whose receipt outlived what it stands for: receipts may be kept longer than events.
    pub(crate) fn forgotten(first: i64) -> Self {
        Self::Answered {
            event: first,
            reply: String::new(),
            seen: 2,
        }
    }
}

/// An event of a batch with its number, and where its answer goes.
#[derive(Debug)]
pub(crate) struct NumberedEvent<'b> {
    pub(crate) number: i64,
    pub(crate) new: &'b NewEvent,
    pub(crate) received: &'b mut Option<Received>,
}

/// One of the deliveries of a numbered event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberedDelivery<'b> {
    /// The number of the event.
    pub(crate) event: i64,
    pub(crate) new: &'b NewEvent,
    pub(crate) delivery: &'b NewDelivery,
}

impl<'b> NumberedEvent<'b> {
    pub(crate) fn of(number: i64, job: &'b mut Job<NewEvent, Received>) -> Self {
        Self {
            number,
            new: &job.write,
            received: &mut job.result,
        }
    }

    pub(crate) fn deliveries(&self) -> impl Iterator<Item = NumberedDelivery<'b>> + use<'b> {
        let (event, new) = (self.number, self.new);
        let deliveries = new.deliveries.iter();
        deliveries.map(move |delivery| NumberedDelivery { event, new, delivery })
    }
}
