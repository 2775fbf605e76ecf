//! Reasons for rejecting a request, for logs and metrics; the sender gets one answer for everything unauthenticated.

use super::limits::BODY_BYTES_MAX;

/// The reason a request was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The raw body is over [`BODY_BYTES_MAX`].
    #[error("the body has {bytes} bytes; the limit is {BODY_BYTES_MAX}")]
    TooLarge {
        /// The size of the body.
        bytes: usize,
    },
    /// Lark sends nothing of this form.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// There is no proof that Lark sent it. The sender must get the same answer for all reasons.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
}

impl OpenError {
    /// A stable, one-word code for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Malformed(reason) => reason.code(),
            Self::Unauthenticated(reason) => reason.code(),
        }
    }
}

/// A malformed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The body is text in another encoding, or binary.
    #[error("the body is not UTF-8")]
    Utf8,
    /// Also for bytes after the object, or two values for one key.
    #[error("the body is not a JSON object, or has a known key twice")]
    Json,
    /// A key beside `encrypt` would not be protected by the encryption.
    #[error("`encrypt` is not a string, or there are other keys beside it")]
    Encrypt,
    /// Neither a challenge, schema 2.0 or 1.0, nor a flat v1 card; or one of them with a member of the wrong kind.
    #[error("the body does not look like anything that Lark sends")]
    Shape,
}

impl Malformed {
    /// A stable, one-word code for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "not_utf8",
            Self::Json => "not_json",
            Self::Encrypt => "encrypt_not_alone",
            Self::Shape => "unknown_shape",
        }
    }
}

/// The proof that is missing or wrong. For the operator only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// One or more of the three headers are missing, and the body is not a challenge.
    #[error("the signature headers are missing")]
    MissingHeaders,
    /// The timestamp is not ten digits.
    #[error("the timestamp header is not ten digits")]
    TimestampFormat,
    /// The nonce is empty, too long, or has characters other than printable ASCII.
    #[error("the nonce header is not 1 to 64 printable characters")]
    NonceFormat,
    /// The signature does not match, or is not hex of the right length.
    #[error("the signature matches no configured Encrypt Key")]
    Signature,
    /// The body is encrypted, but no encrypt key is configured.
    #[error("the body is encrypted, but no Encrypt Key is configured")]
    NoKey,
    /// Base64, length, padding, UTF-8 or the JSON inside: one reason, so that nobody can tell them apart.
    #[error("the body does not decrypt to a json object")]
    Decrypt,
    /// The body is plain although an encrypt key is configured, however it is signed.
    #[error("the body is not encrypted, although an Encrypt Key is configured")]
    PlainBody,
    /// A flat v1 card, where they are not accepted.
    #[error("callbacks of old (v1) cards are refused here")]
    CardV1,
    /// The token is absent, not a string, or wrong.
    #[error("the verification token is not the configured one")]
    Token,
    /// Before the time window.
    #[error("the signed timestamp is too old")]
    Stale,
    /// After the time window.
    #[error("the signed timestamp is in the future")]
    Future,
}

impl Unauthenticated {
    /// A stable, one-word code for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingHeaders => "missing_headers",
            Self::TimestampFormat => "timestamp_format",
            Self::NonceFormat => "nonce_format",
            Self::Signature => "signature",
            Self::NoKey => "no_key",
            Self::Decrypt => "decrypt",
            Self::PlainBody => "plain_body",
            Self::CardV1 => "legacy_card",
            Self::Token => "token",
            Self::Stale => "stale",
            Self::Future => "future",
        }
    }
}
