//! Where an event came from: for its log line and its receipt.

use std::{net::IpAddr, sync::Arc};

use lark_callback_store::NewEvent;
use lark_protocol::Event;

use super::{Inner, millis};
use crate::moment::Moment;
pub use lark_callback_store::RequestIds;

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
