//! Where an event came from: for its log line and its receipt.

use std::{net::IpAddr, sync::Arc};

use lark_callback_store::NewEvent;
use lark_protocol::Event;

use super::{Inner, millis};
use crate::moment::Moment;
pub use lark_callback_store::RequestIds;

/// Length of an id that is logged and kept. Lark's have at most 50 characters; a stranger may send any.
pub const ID_CHARS_MAX: usize = 128;

/// Origin of an event, as far as its request says so. None of it is signed.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Sender, as a trusted proxy says. Without such a proxy the other end of the connection is not worth a field in
    /// every line.
    pub peer: Option<IpAddr>,
    /// Ids of the request in the logs of others.
    pub ids: RequestIds,
}

impl Inner {
    pub(super) fn new_event(&self, event: &Arc<Event>, origin: &Origin, arrival: Moment) -> NewEvent {
        self.concealed(NewEvent {
            event: Arc::clone(event),
            received_at_ms: arrival.unix_ms,
            expires_at_ms: arrival.unix_ms.saturating_add(millis(self.settings.receipt_ttl)),
            deliveries: Vec::new(),
            ids: origin.ids.clone(),
        })
    }
}

/// Returns an id that came from outside, escaped and shortened; none when it is empty.
pub fn shown_id(value: &[u8]) -> Option<Arc<str>> {
    if value.is_empty() {
        return None;
    }
    let is_plain = value.len() <= ID_CHARS_MAX && value.iter().all(u8::is_ascii_graphic);
    if let Some(plain) = str::from_utf8(value).ok().filter(|_| is_plain) {
        return Some(plain.into());
    }
    let mut escaped = value.escape_ascii().map(char::from);
    let mut shown: String = escaped.by_ref().take(ID_CHARS_MAX).collect();
    if escaped.next().is_some() {
        shown.push('…');
    }
    Some(shown.into())
}
