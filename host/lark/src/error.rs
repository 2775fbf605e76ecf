//! Why a request is not opened: for the log and the counts; the sender gets one answer for all that is not proved.

use super::limits::BODY_BYTES_MAX;

/// Why a request was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The raw body is over [`BODY_BYTES_MAX`].
    #[error("the body has {bytes} bytes; the limit is {BODY_BYTES_MAX}")]
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
    },
    /// Nothing that Lark sends looks like this.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is not proved that Lark sent it. The sender must get the same answer for all reasons.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
}

impl OpenError {
    /// One word for logs and metrics; it never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Malformed(reason) => reason.code(),
            Self::Unauthenticated(reason) => reason.code(),
        }
    }
}

/// What is wrong with the form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Text in another encoding, or no text at all.
    #[error("the body is not utf-8")]
    Utf8,
    /// Also: bytes after the object, or two values for one key.
    #[error("the body is not one json object in which each known key stands once")]
    Json,
    /// A key beside `encrypt` would not be protected by the encryption.
    #[error("`encrypt` is not a string, or does not stand alone")]
    Encrypt,
    /// Not a challenge, not schema 2.0 or 1.0, not a flat v1 card; or one of them with a part of the wrong kind.
    #[error("the body has no shape that Lark sends")]
    Shape,
}

impl Malformed {
    /// One word for logs and metrics; it never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "not_utf8",
            Self::Json => "not_json",
            Self::Encrypt => "encrypt_not_alone",
            Self::Shape => "unknown_shape",
        }
    }
}

/// Which proof is missing. For the operator alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// Some or all of the three headers, where only a challenge may come without.
    #[error("the signature headers are missing; behind a proxy, let it pass the x-lark headers")]
    MissingHeaders,
    /// Anything but ten digits.
    #[error("the timestamp header is not ten digits")]
    TimestampFormat,
    /// Empty, too long, or with a character that is not printable ASCII.
    #[error("the nonce header is not 1 to 64 printable characters")]
    NonceFormat,
    /// Also when the header is not hex of the right length.
    #[error("the signature matches no configured Encrypt Key; compare it with the developer console")]
    Signature,
    /// An encrypted body without any encrypt key to open it.
    #[error("the body is encrypted, and no encrypt key is configured")]
    NoKey,
    /// Base64, length, padding, UTF-8 or the JSON inside: one reason, so that nobody can tell them apart.
    #[error("the body does not decrypt to a json object")]
    Decrypt,
    /// A plain body although an encrypt key is configured, whoever signed it.
    #[error("the body is plain, and an encrypt key is configured; set the same key in the developer console")]
    PlainBody,
    /// A flat v1 card, where those are not taken.
    #[error(
        "callbacks of old (v1) cards are refused here (legacy_cards is off); build the card with schema 2.0, or turn \
          legacy_cards on"
    )]
    CardV1,
    /// Absent, not a string, or another one.
    #[error("the verification token is not the configured one; compare it with the developer console")]
    Token,
    /// Before the time window.
    #[error("the signed timestamp is too old")]
    Stale,
    /// After the time window.
    #[error("the signed timestamp is in the future; check the clock of this machine")]
    Future,
}

impl Unauthenticated {
    /// One word for logs and metrics; it never changes.
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
