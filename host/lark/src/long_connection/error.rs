//! Why a frame, a fragment or an endpoint is refused.

use thiserror::Error;

/// A WebSocket message that is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A length or a number goes beyond the end.
    #[error("the frame ends inside a value")]
    Truncated,
    /// More than 64 bits.
    #[error("a number of the frame is longer than 10 bytes")]
    VarintTooLong,
    /// A known field of another type, a group, or the field 0.
    #[error("field {field} has wire type {wire_type}, which is not the one of the protocol")]
    WireType {
        /// The number of the field.
        field: u64,
        /// 0 to 7.
        wire_type: u8,
    },
    /// A required field is missing.
    #[error("the frame has no {0}")]
    Missing(&'static str),
    /// A key or a value of a header.
    #[error("a header is not UTF-8")]
    NotUtf8,
    /// More headers than memory is spent on.
    #[error("the frame has more than {HEADERS_MAX} headers")]
    TooManyHeaders,
    /// Neither control nor data.
    #[error("the method {0} is unknown")]
    UnknownMethod(i32),
    /// A data frame that is neither `event` nor `card`.
    #[error("the frame has no type that can be handled")]
    UnknownType,
    /// `sum` is 1 to 1024, and `seq` below it.
    #[error("the header sum or seq is not a number in its range")]
    BadFragment,
    /// Nothing says which fragments belong together.
    #[error("a fragment has no message_id")]
    NoMessageId,
}

/// Headers of one frame. Lark sends seven; each costs more memory than bytes on the wire.
pub(super) const HEADERS_MAX: usize = 64;

/// A fragment that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FragmentError {
    /// Another `sum` than in the fragments before.
    #[error("the fragments of a message disagree on their number")]
    SumChanged,
    /// Together larger than a body over HTTP may be; the message is forgotten.
    #[error("the message is larger than the limit of a callback")]
    MessageTooLarge,
    /// Messages or bytes.
    #[error("too many unfinished messages are waiting for fragments")]
    TooManyUnfinished,
}

/// An answer to the discovery that names no endpoint that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// No JSON object with a code.
    #[error("Lark's answer is not the JSON of a discovery")]
    NotJson,
    /// The code is 0 and there is no URL.
    #[error("Lark's answer has no URL to connect to")]
    NoUrl,
    /// Unencrypted, or no WebSocket.
    #[error("the URL to connect to does not begin with {0}")]
    Scheme(&'static str),
    /// Nothing to connect to.
    #[error("the URL to connect to has no host")]
    NoHost,
    /// Needed in every ping.
    #[error("the URL to connect to has no service_id, or one that is no 32-bit number")]
    ServiceId,
}
