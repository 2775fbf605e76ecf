//! A request as it arrived: three headers and a body, not authenticated yet.

use std::fmt;

/// The header with the time of the signature, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-lark-request-timestamp";

/// The header with the nonce of the signature.
pub const NONCE_HEADER: &str = "x-lark-request-nonce";

/// The header with the signature, in hex.
pub const SIGNATURE_HEADER: &str = "x-lark-signature";

/// A request as it arrived. Headers are the bytes of their values; the body must be unmodified.
#[derive(Clone, Copy)]
pub struct RawCallback<'a> {
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: Option<&'a [u8]>,
    /// The value of [`NONCE_HEADER`].
    pub nonce: Option<&'a [u8]>,
    /// The value of [`SIGNATURE_HEADER`].
    pub signature: Option<&'a [u8]>,
    /// The body; the signature covers these bytes.
    pub body: &'a [u8],
}

impl RawCallback<'_> {
    /// Returns whether it has a signature, valid or not.
    pub fn is_signed(&self) -> bool {
        self.timestamp.is_some() && self.nonce.is_some() && self.signature.is_some()
    }
}

impl fmt::Debug for RawCallback<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawCallback")
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
