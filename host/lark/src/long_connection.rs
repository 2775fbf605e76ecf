//! The long connection: frames, their fragments, and the discovery of an endpoint, as pure functions.

mod discovery;
mod error;
mod fragments;
mod frame;
mod outgoing;
mod pace;
mod wire;

pub use discovery::{Discovery, Endpoint, Refusal, discovery_body};
pub use error::{EndpointError, FragmentError, FrameError};
pub use fragments::{Fragments, Push};
pub use frame::{Acknowledgement, Frame, Header, Inbound};
pub use outgoing::{Answered, OutgoingPush};
pub use pace::Pace;

/// The limit of one WebSocket message. A callback of [`BODY_BYTES_MAX`](super::BODY_BYTES_MAX) fits twice.
pub const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The path of the discovery, at the root of Lark's API and not under `/open-apis`.
pub const DISCOVERY_PATH: &str = "/callback/ws/endpoint";
