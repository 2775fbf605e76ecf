//! The Lark protocol as pure functions: bytes ↔ values. No IO and no clock.

mod app_ticket;
mod card_v1;
mod cipher;
mod diagnosis;
mod envelope;
mod error;
mod error_chain;
mod event;
mod event_types;
mod json_text;
mod keys;
mod limits;
pub mod long_connection;
mod open;
pub mod outgoing;
mod parts;
mod probe;
mod raw;
mod redirect;
pub mod reply;
mod shape;
mod signature;
#[cfg(test)]
mod tests;

pub use app_ticket::AppTicket;
pub use cipher::unseal;
pub use diagnosis::{Finding, Suspect, compressed_format, diagnose};
pub use error::{Malformed, OpenError, Unauthenticated};
pub use error_chain::chain;
pub use event::{Event, Kind, Schema};
pub use event_types::{documented_event_types, nearest_event_type};
pub use json_text::without_lone_surrogates;
pub use keys::{EncryptKey, Keys, UnixSeconds, VerificationToken, Window};
/// What Lark refuses of a card, in the same words as in a plugin.
pub use lark_card as card;
pub use limits::BODY_BYTES_MAX;
pub use open::{Opened, open, open_pushed};
pub use parts::sha256_of_parts;
pub use probe::{PROBE_AGE_SECONDS_MAX, PROBE_EVENT, PROBE_HEADER, PROBE_QUERY, Probe, ProvenProbe, body_digest};
pub use raw::{NONCE_HEADER, RawCallback, SIGNATURE_HEADER, TIMESTAMP_HEADER};
pub use redirect::{OAUTH_REDIRECT, Page, Redirect, ReturnError};
