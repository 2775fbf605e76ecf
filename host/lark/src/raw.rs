//! One request as it arrived: three headers and a body, nothing of it believed yet.

use std::fmt;

/// The header with the moment at which Lark signed, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-lark-request-timestamp";

/// The header with a text that makes two signatures over one body differ.
pub const NONCE_HEADER: &str = "x-lark-request-nonce";

/// The header with the signature, in hex.
pub const SIGNATURE_HEADER: &str = "x-lark-signature";

/// One request as it arrived. Headers are the bytes of their values; the body must not have been touched.
#[derive(Clone, Copy)]
pub struct RawCallback<'a> {
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: Option<&'a [u8]>,
    /// The value of [`NONCE_HEADER`].
    pub nonce: Option<&'a [u8]>,
    /// The value of [`SIGNATURE_HEADER`].
    pub signature: Option<&'a [u8]>,
    /// The body: the signature is over these bytes.
    pub body: &'a [u8],
}

impl RawCallback<'_> {
    /// Whether it brings a signature, right or wrong.
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
