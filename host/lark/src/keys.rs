//! The secrets that an application shares with Lark, and the accepted age of signed requests.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::limits::{BODY_BYTES_MAX, UNSIGNED_BODY_BYTES_MAX};

/// A time in whole seconds since 1970, passed in by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixSeconds(pub i64);

impl UnixSeconds {
    /// The second in which these milliseconds since 1970 lie.
    pub fn of_ms(unix_ms: u64) -> Self {
        Self(i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX))
    }
}

/// The Encrypt Key of an application: it encrypts bodies and signs requests.
#[derive(Clone)]
pub struct EncryptKey {
    text: Box<str>,
    aes_key: [u8; 32],
}

impl EncryptKey {
    /// Takes the text exactly as the developer console shows it, including spaces and letter case.
    ///
    /// Nothing signed with an empty key is ever accepted.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            aes_key: Sha256::digest(text).into(),
        }
    }

    /// Whether both are the same key.
    pub fn is_same(&self, other: &Self) -> bool {
        self.aes_key.ct_eq(&other.aes_key).into()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn aes_key(&self) -> &[u8; 32] {
        &self.aes_key
    }
}

impl fmt::Debug for EncryptKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EncryptKey(redacted)")
    }
}

/// The Verification Token of an application: it is part of bodies, and signs the flat v1 card.
#[derive(Clone)]
pub struct VerificationToken {
    text: Box<str>,
}

impl VerificationToken {
    /// Takes the text exactly as the developer console shows it.
    ///
    /// An empty token matches nothing.
    pub fn new(text: &str) -> Self {
        Self { text: text.into() }
    }

    /// Whether both are the same token.
    pub fn is_same(&self, other: &Self) -> bool {
        self.is(&other.text)
    }

    pub(super) fn is(&self, sent: &str) -> bool {
        self.matches(sent).into()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn matches(&self, sent: &str) -> Choice {
        self.text.as_bytes().ct_eq(sent.as_bytes()) & Choice::from(u8::from(!self.text.is_empty()))
    }
}

impl fmt::Debug for VerificationToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerificationToken(redacted)")
    }
}

/// The accepted distance of a signed timestamp from now, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Seconds into the past. Must stay below the retention of receipts, which catch replays inside the window.
    pub past_seconds: i64,
    /// The same for callbacks, which Lark never redelivers and for which a server may keep no receipts.
    pub callback_past_seconds: i64,
    /// Seconds into the future, to allow for clock skew.
    pub future_seconds: i64,
}

impl Window {
    /// −8 h … +5 min.
    ///
    /// Lark redelivers an event for up to 7.1 h, and does not document that it signs each redelivery with a new timestamp
    /// ("Event overview"); five minutes covers the usual skew of clocks without NTP.
    pub const DEFAULT: Self = Self {
        past_seconds: 8 * 60 * 60,
        callback_past_seconds: 8 * 60 * 60,
        future_seconds: 5 * 60,
    };
}

impl Default for Window {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The keys for authenticating and decrypting the requests of one application.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Newest first; all are accepted, so that a key can be rotated without losing a callback. An empty list means that
    /// bodies are plain and that only the verification token proves their origin.
    pub encrypt_keys: Vec<EncryptKey>,
    /// Newest first; with an empty list, everything is rejected.
    pub verification_tokens: Vec<VerificationToken>,
    /// Applies wherever a timestamp is covered by a signature.
    pub window: Window,
    /// Whether flat v1 cards are accepted. Lark signs them with the verification token only, even if there is an encrypt
    /// key, so anyone who learns the token can forge a click.
    pub takes_legacy_cards: bool,
}

/// No secrets: everything is rejected.
impl Default for Keys {
    fn default() -> Self {
        Self {
            encrypt_keys: Vec::new(),
            verification_tokens: Vec::new(),
            window: Window::DEFAULT,
            takes_legacy_cards: true,
        }
    }
}

impl Keys {
    /// Returns the size limit of a body. With an encrypt key, an unsigned body can only be a challenge, which is small.
    pub fn body_bytes_max(&self, is_signed: bool) -> usize {
        if is_signed || self.encrypt_keys.is_empty() {
            BODY_BYTES_MAX
        } else {
            UNSIGNED_BODY_BYTES_MAX
        }
    }

    /// Compares with every token regardless of the result, so that timing does not reveal which one matched.
    pub(super) fn knows_token(&self, sent: &str) -> bool {
        self.verification_tokens
            .iter()
            .fold(Choice::from(0), |known, token| known | token.matches(sent))
            .into()
    }
}
