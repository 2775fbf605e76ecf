//! Diagnosis of a request that was refused: which known secret it was made with, and what was done to it on the way.
//!
//! For the operator only. It costs more than opening a request and says what a sender must not learn, so it is made apart
//! from the answer, for a few requests.

mod rewrites;

use super::cipher::decrypt;
use super::envelope::{Envelope, text};
use super::error::{Malformed, OpenError, Unauthenticated};
use super::keys::{EncryptKey, Keys, UnixSeconds, VerificationToken};
use super::raw::RawCallback;
use super::shape::{Shape, token_of};
use super::signature::Claim;
use rewrites::rewrites;

/// Applications whose secrets are tried, so that the work is bounded.
const OTHERS_MAX: usize = 32;

/// An application whose secrets a refused request may have been made with.
#[derive(Debug, Clone, Copy)]
pub struct Suspect<'a> {
    /// Its keys.
    pub keys: &'a Keys,
    /// Encrypt Keys that it had before.
    pub retired_keys: &'a [EncryptKey],
    /// Verification Tokens that it had before.
    pub retired_tokens: &'a [VerificationToken],
}

/// Diagnosis of a refused request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Made with an Encrypt Key that the application had before.
    PreviousKey,
    /// It has a Verification Token that the application had before.
    PreviousToken,
    /// Made with a secret of this one of the other applications.
    OtherApp(usize),
    /// Rightly signed, before its white space or escapes were changed.
    Rewritten,
    /// Encrypted with the right key, and signed for something else.
    Altered,
    /// Made with no known Encrypt Key.
    UnknownKey,
    /// From Lark, with a Verification Token that nobody has.
    UnknownToken,
    /// Right but for the time: so many seconds in the past, or, below zero, in the future.
    ClockOff(i64),
    /// Plain, with the right token, although there is an Encrypt Key.
    Unsigned,
    /// Plain, with a token that nobody has.
    Stranger,
    /// Encrypted with the right key, without the signature headers.
    HeadersDropped,
    /// Encrypted, for an application without an Encrypt Key.
    KeyMissingHere,
    /// Compressed, and the header that says so is gone.
    Compressed,
    /// Text in another charset than UTF-8.
    WrongCharset,
    /// Without a body.
    EmptyBody,
    /// A form instead of JSON.
    Form,
    /// Encrypted with a known key, with more members beside it.
    FieldsAdded,
}

impl Finding {
    /// All words of [`word`](Self::word).
    pub const WORDS: [&'static str; 17] = [
        "previous_key",
        "previous_token",
        "other_app",
        "rewritten",
        "altered",
        "unknown_key",
        "unknown_token",
        "clock_off",
        "unsigned",
        "stranger",
        "headers_dropped",
        "key_missing_here",
        "compressed",
        "wrong_charset",
        "empty_body",
        "form",
        "fields_added",
    ];

    /// Stable word for lists and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::PreviousKey => "previous_key",
            Self::PreviousToken => "previous_token",
            Self::OtherApp(_) => "other_app",
            Self::Rewritten => "rewritten",
            Self::Altered => "altered",
            Self::UnknownKey => "unknown_key",
            Self::UnknownToken => "unknown_token",
            Self::ClockOff(_) => "clock_off",
            Self::Unsigned => "unsigned",
            Self::Stranger => "stranger",
            Self::HeadersDropped => "headers_dropped",
            Self::KeyMissingHere => "key_missing_here",
            Self::Compressed => "compressed",
            Self::WrongCharset => "wrong_charset",
            Self::EmptyBody => "empty_body",
            Self::Form => "form",
            Self::FieldsAdded => "fields_added",
        }
    }
}

/// Finds out why a request was refused. `None` when the reason of the refusal says all that can be known.
///
/// `others` are the other applications of the server; only the first 32 are tried.
pub fn diagnose(
    own: Suspect<'_>,
    others: &[Suspect<'_>],
    raw: &RawCallback<'_>,
    refusal: OpenError,
    now: UnixSeconds,
) -> Option<Finding> {
    let others = others.get(..OTHERS_MAX).unwrap_or(others);
    let case = Case { own, others, raw };
    match refusal {
        OpenError::Malformed(Malformed::Utf8) => in_bytes(raw.body),
        OpenError::Malformed(Malformed::Json) => case.no_json(),
        OpenError::Malformed(Malformed::Encrypt) => {
            let encrypt = case.encrypt()?;
            case.decrypts(&encrypt).map(|_who| Finding::FieldsAdded)
        }
        OpenError::TooLarge { .. } | OpenError::Malformed(Malformed::Shape) => None,
        OpenError::Unauthenticated(reason) => case.unproved(reason, now),
    }
}

/// Whose secret it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Own,
    OwnBefore,
    Other(usize),
}

impl Who {
    /// The finding about an Encrypt Key, unless it is the right one.
    fn of_key(self) -> Option<Finding> {
        match self {
            Self::Own => None,
            Self::OwnBefore => Some(Finding::PreviousKey),
            Self::Other(number) => Some(Finding::OtherApp(number)),
        }
    }

    /// The same about a Verification Token.
    fn of_token(self) -> Option<Finding> {
        match self {
            Self::OwnBefore => Some(Finding::PreviousToken),
            other => other.of_key(),
        }
    }
}

struct Case<'a> {
    own: Suspect<'a>,
    others: &'a [Suspect<'a>],
    raw: &'a RawCallback<'a>,
}

impl<'a> Case<'a> {
    /// The first application, the own one before all others, for whose Encrypt Keys this holds.
    fn who(&self, holds: impl Fn(&[EncryptKey]) -> bool) -> Option<Who> {
        if holds(&self.own.keys.encrypt_keys) {
            return Some(Who::Own);
        }
        if holds(self.own.retired_keys) {
            return Some(Who::OwnBefore);
        }
        let is_theirs = |other: &Suspect<'_>| holds(&other.keys.encrypt_keys) || holds(other.retired_keys);
        self.others.iter().position(is_theirs).map(Who::Other)
    }

    /// The same for Verification Tokens.
    fn who_has_token(&self, holds: impl Fn(&[VerificationToken]) -> bool) -> Option<Who> {
        if holds(&self.own.keys.verification_tokens) {
            return Some(Who::Own);
        }
        if holds(self.own.retired_tokens) {
            return Some(Who::OwnBefore);
        }
        let is_theirs = |other: &Suspect<'_>| holds(&other.keys.verification_tokens) || holds(other.retired_tokens);
        self.others.iter().position(is_theirs).map(Who::Other)
    }

    fn body(&self) -> Option<&'a str> {
        std::str::from_utf8(self.raw.body).ok()
    }

    fn encrypt(&self) -> Option<String> {
        let envelope = Envelope::parse(self.body()?)?;
        Some(text(envelope.encrypt?)?.into_owned())
    }

    fn decrypts(&self, encrypt: &str) -> Option<Who> {
        let opens = |key: &EncryptKey| {
            let mut buffer = Vec::new();
            decrypt(key, encrypt, &mut buffer).is_some_and(|json| Envelope::parse(json).is_some())
        };
        self.who(|keys| keys.iter().any(opens))
    }

    fn unproved(&self, reason: Unauthenticated, now: UnixSeconds) -> Option<Finding> {
        let sealed = self.encrypt();
        match (reason, sealed) {
            (Unauthenticated::Signature, Some(encrypt)) => Some(self.wrong_signature(&encrypt)),
            (Unauthenticated::Signature, None) => Some(self.wrong_card_signature()),
            (Unauthenticated::NoKey, Some(encrypt)) => {
                let who = self.decrypts(&encrypt).and_then(Who::of_key);
                Some(who.unwrap_or(Finding::KeyMissingHere))
            }
            (Unauthenticated::Decrypt, Some(encrypt)) => self.not_decrypted(&encrypt),
            (Unauthenticated::MissingHeaders, Some(encrypt)) => Some(match self.decrypts(&encrypt) {
                None => Finding::UnknownKey,
                Some(who) => who.of_key().unwrap_or(Finding::HeadersDropped),
            }),
            (Unauthenticated::TimestampFormat | Unauthenticated::NonceFormat, Some(encrypt)) => {
                let own = &self.own.keys.encrypt_keys;
                // Whoever signs the odd header wrote it so itself, which the reason of the refusal says.
                let is_as_sent = Claim::signs_in_any_format(self.raw, own, self.raw.body);
                (!is_as_sent && self.decrypts(&encrypt) == Some(Who::Own)).then_some(Finding::Altered)
            }
            (Unauthenticated::PlainBody, _) => Some(match self.token_owner(self.body()?) {
                None => Finding::Stranger,
                Some(who) => who.of_token().unwrap_or(Finding::Unsigned),
            }),
            (Unauthenticated::Token, sealed) => Some(self.wrong_token(sealed.as_deref())),
            (Unauthenticated::Stale | Unauthenticated::Future, _) => {
                let claim = Claim::read(self.raw).ok()??;
                Some(Finding::ClockOff(claim.age_seconds(now)))
            }
            _ => None,
        }
    }

    fn wrong_signature(&self, encrypt: &str) -> Finding {
        if let Ok(Some(claim)) = Claim::read(self.raw) {
            let signs = |body: &[u8]| self.who(|keys| claim.signed_by_key(keys, body).is_ok());
            if let Some(finding) = signs(self.raw.body).and_then(Who::of_key) {
                return finding;
            }
            // Another application's request that was rewritten too is found by its key below.
            let own = &self.own.keys.encrypt_keys;
            let is_rewritten = |body: &Vec<u8>| claim.signed_by_key(own, body).is_ok();
            if rewrites(self.raw.body, Some(encrypt)).iter().any(is_rewritten) {
                return Finding::Rewritten;
            }
        }
        match self.decrypts(encrypt) {
            None => Finding::UnknownKey,
            Some(who) => who.of_key().unwrap_or(Finding::Altered),
        }
    }

    fn wrong_card_signature(&self) -> Finding {
        if let Ok(Some(claim)) = Claim::read(self.raw) {
            let who = self.who_has_token(|tokens| claim.signed_by_token(tokens, self.raw.body).is_ok());
            if let Some(finding) = who.and_then(Who::of_token) {
                return finding;
            }
            let own = &self.own.keys.verification_tokens;
            let is_rewritten = |body: &Vec<u8>| claim.signed_by_token(own, body).is_ok();
            if rewrites(self.raw.body, None).iter().any(is_rewritten) {
                return Finding::Rewritten;
            }
        }
        Finding::UnknownToken
    }

    fn not_decrypted(&self, encrypt: &str) -> Option<Finding> {
        match self.decrypts(encrypt) {
            Some(who) => who.of_key(),
            None => {
                let claim = Claim::read(self.raw).ok()?;
                let own = &self.own.keys.encrypt_keys;
                let is_ours = claim.is_some_and(|claim| claim.signed_by_key(own, self.raw.body).is_ok());
                // Whoever signs with our key and cannot encrypt with it is no proxy and no other key.
                (!is_ours).then_some(Finding::UnknownKey)
            }
        }
    }

    fn wrong_token(&self, sealed: Option<&str>) -> Finding {
        let mut buffer = Vec::new();
        let json = match sealed {
            None => self.body(),
            Some(encrypt) => {
                let mut keys = self.own.keys.encrypt_keys.iter();
                let key = keys.find(|key| decrypt(key, encrypt, &mut Vec::new()).is_some());
                key.and_then(|key| decrypt(key, encrypt, &mut buffer))
            }
        };
        match json.and_then(|json| self.token_owner(json)).and_then(Who::of_token) {
            Some(finding) => finding,
            None if sealed.is_some() => Finding::UnknownToken,
            None => Finding::Stranger,
        }
    }

    fn token_owner(&self, json: &str) -> Option<Who> {
        let envelope = Envelope::parse(json)?;
        let token = token_of(&envelope, &Shape::of(&envelope).ok()?)?;
        self.who_has_token(|tokens| tokens.iter().any(|known| known.is(&token)))
    }

    fn no_json(&self) -> Option<Finding> {
        let body = self.body()?.trim();
        if body.is_empty() {
            return Some(Finding::EmptyBody);
        }
        if let Some(rest) = body.strip_prefix('\u{feff}') {
            return Envelope::parse(rest).map(|_json| Finding::Rewritten);
        }
        let is_form = !body.starts_with(['{', '[', '"', '<']) && body.contains('=') && !body.contains(' ');
        is_form.then_some(Finding::Form)
    }
}

/// Name of the format in which a body is compressed, by how it begins; none when it is not.
pub fn compressed_format(body: &[u8]) -> Option<&'static str> {
    const FORMATS: [(&[u8], &str); 5] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        // The usual levels of compression; the first byte alone is a letter.
        (b"\x78\x01", "deflate"),
        (b"\x78\x9c", "deflate"),
        (b"\x78\xda", "deflate"),
    ];
    let found = FORMATS.iter().find(|(magic, _)| body.starts_with(magic));
    found.map(|(_, name)| *name)
}

/// Kind of bytes that are no UTF-8, by how they begin.
fn in_bytes(body: &[u8]) -> Option<Finding> {
    if compressed_format(body).is_some() {
        return Some(Finding::Compressed);
    }
    let is_utf_16 = body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff");
    (is_utf_16 || body.trim_ascii().starts_with(b"{")).then_some(Finding::WrongCharset)
}
