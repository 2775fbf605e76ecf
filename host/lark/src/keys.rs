//! The secrets that an application shares with Lark, and how old a signed request may be.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::limits::{BODY_BYTES_MAX, UNSIGNED_BODY_BYTES_MAX};

/// A moment in whole seconds since 1970, given by whoever reads the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixSeconds(pub i64);

/// The Encrypt Key of an application: it encrypts bodies and signs requests.
#[derive(Clone)]
pub struct EncryptKey {
    text: Box<str>,
    aes_key: [u8; 32],
}

impl EncryptKey {
    /// Takes the text as the developer console shows it: a space or the case of a letter counts.
    ///
    /// An empty text is no secret, so nothing that is signed with it is ever accepted.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            aes_key: Sha256::digest(text).into(),
        }
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

/// The Verification Token of an application: it stands inside bodies, and it signs the flat v1 card.
#[derive(Clone)]
pub struct VerificationToken {
    text: Box<str>,
}

impl VerificationToken {
    /// Takes the text as the developer console shows it.
    ///
    /// An empty text is no secret, so it matches nothing.
    pub fn new(text: &str) -> Self {
        Self { text: text.into() }
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

/// How far the signed timestamp may be from now, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Seconds into the past. Must stay below the time for which receipts are kept: they catch a replay inside the window.
    pub past_seconds: i64,
    /// The same for callbacks, which Lark never sends again and of which a server may keep no receipts.
    pub callback_past_seconds: i64,
    /// Seconds into the future, for clocks that differ.
    pub future_seconds: i64,
}

impl Window {
    /// −8 h … +5 min.
    ///
    /// Lark sends an event again for up to 7.1 h, and nothing says that it signs the repetition with a new timestamp
    /// ("Event overview"); five minutes is what clocks without NTP are usually apart.
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

/// What is needed to open the callbacks of one application.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Newest first; all are accepted, so that a key can be changed without losing a callback. None at all means that
    /// the application sends plain bodies and that the verification token alone proves their origin.
    pub encrypt_keys: Vec<EncryptKey>,
    /// Newest first; without any, everything is refused.
    pub verification_tokens: Vec<VerificationToken>,
    /// Applies wherever a timestamp is covered by a signature.
    pub window: Window,
    /// Whether flat v1 cards are taken. Lark signs them with the verification token alone, also when there is an encrypt
    /// key, so whoever learns the token can forge a click.
    pub takes_legacy_cards: bool,
}

/// No secrets, so that everything is refused.
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
    /// The most bytes that a body can have which these keys open. With an encrypt key, whatever comes without a signature
    /// can only be a challenge.
    pub fn body_bytes_max(&self, is_signed: bool) -> usize {
        if is_signed || self.encrypt_keys.is_empty() {
            BODY_BYTES_MAX
        } else {
            UNSIGNED_BODY_BYTES_MAX
        }
    }

    /// Compares with every token whatever the result, so that the time taken does not tell which one was near.
    pub(super) fn knows_token(&self, sent: &str) -> bool {
        self.verification_tokens
            .iter()
            .fold(Choice::from(0), |known, token| known | token.matches(sent))
            .into()
    }
}
