//! The signature of a request: parsing the three headers, verifying and signing.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::error::Unauthenticated;
use super::event::Kind;
use super::keys::{EncryptKey, UnixSeconds, VerificationToken, Window};
use super::raw::RawCallback;

/// The digits of a timestamp in seconds, from 2001 until 2286. Their number is fixed because the signature covers timestamp
/// and nonce without a separator.
const TIMESTAMP_DIGITS: usize = 10;

/// Lark's nonces have up to 36 characters; the limit is generous.
const NONCE_BYTES_MAX: usize = 64;

/// `X-Lark-Signature` of an encrypted body: hex of SHA-256 over timestamp, nonce, encrypt key and the body as sent
/// ("Receive and handle callbacks").
pub(super) fn sign(key: &EncryptKey, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    hex::encode(digest::<Sha256>(
        timestamp.as_bytes(),
        nonce.as_bytes(),
        key.text(),
        body,
    ))
}

/// `X-Lark-Signature` of the flat v1 card: hex of SHA-1 with the verification token in the place of the encrypt key
/// ("Card callback structure", legacy).
pub(super) fn sign_card_v1(token: &VerificationToken, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    hex::encode(digest::<Sha1>(
        timestamp.as_bytes(),
        nonce.as_bytes(),
        token.text(),
        body,
    ))
}

/// The parsed headers, unverified until one of the `signed_by` functions succeeds.
pub(super) struct Claim<'a> {
    timestamp: &'a [u8],
    nonce: &'a [u8],
    signature: &'a [u8],
    moment: UnixSeconds,
}

impl<'a> Claim<'a> {
    /// Parses the headers; `None` when the request has none of them, like the URL verification.
    pub(super) fn read(raw: &RawCallback<'a>) -> Result<Option<Self>, Unauthenticated> {
        let (timestamp, nonce, signature) = match (raw.timestamp, raw.nonce, raw.signature) {
            (Some(timestamp), Some(nonce), Some(signature)) => (timestamp, nonce, signature),
            (None, None, None) => return Ok(None),
            _ => return Err(Unauthenticated::MissingHeaders),
        };
        if timestamp.len() != TIMESTAMP_DIGITS || !timestamp.iter().all(u8::is_ascii_digit) {
            return Err(Unauthenticated::TimestampFormat);
        }
        if !(1..=NONCE_BYTES_MAX).contains(&nonce.len()) || !nonce.iter().all(u8::is_ascii_graphic) {
            return Err(Unauthenticated::NonceFormat);
        }
        let seconds = timestamp
            .iter()
            .fold(0, |seconds, digit| seconds * 10 + i64::from(digit - b'0'));
        Ok(Some(Self {
            timestamp,
            nonce,
            signature,
            moment: UnixSeconds(seconds),
        }))
    }

    /// Whether one of the keys made the signature over timestamp and nonce in whatever format they have. Proves nothing,
    /// because it does not matter where the one ends and the other begins; it is for the diagnosis of a refusal.
    pub(super) fn signs_in_any_format(raw: &RawCallback<'a>, keys: &[EncryptKey], body: &[u8]) -> bool {
        let (Some(timestamp), Some(nonce), Some(signature)) = (raw.timestamp, raw.nonce, raw.signature) else {
            return false;
        };
        let claim = Self {
            timestamp,
            nonce,
            signature,
            moment: UnixSeconds(0),
        };
        claim.signed_by_key(keys, body).is_ok()
    }

    /// Returns the key that made this signature. Every key is tried, so that timing reveals nothing.
    pub(super) fn signed_by_key<'k>(
        &self,
        keys: &'k [EncryptKey],
        body: &[u8],
    ) -> Result<&'k EncryptKey, Unauthenticated> {
        let claimed: [u8; 32] = self.signature_bytes()?;
        let mut signer = None;
        for key in keys {
            let due: [u8; 32] = digest::<Sha256>(self.timestamp, self.nonce, key.text(), body).into();
            if bool::from(due.ct_eq(&claimed)) && !key.text().is_empty() {
                signer = signer.or(Some(key));
            }
        }
        signer.ok_or(Unauthenticated::Signature)
    }

    /// Returns the signature if one of the tokens made it. Every token is tried, so that timing reveals nothing.
    pub(super) fn signed_by_token(
        &self,
        tokens: &[VerificationToken],
        body: &[u8],
    ) -> Result<[u8; 20], Unauthenticated> {
        let claimed: [u8; 20] = self.signature_bytes()?;
        let mut signed = false;
        for token in tokens {
            let due: [u8; 20] = digest::<Sha1>(self.timestamp, self.nonce, token.text(), body).into();
            signed |= bool::from(due.ct_eq(&claimed)) && !token.text().is_empty();
        }
        if signed {
            Ok(claimed)
        } else {
            Err(Unauthenticated::Signature)
        }
    }

    /// Rejects a timestamp too far in the past or future.
    pub(super) fn inside(&self, window: Window, kind: Kind, now: UnixSeconds) -> Result<(), Unauthenticated> {
        let age_seconds = self.age_seconds(now);
        let past_seconds = match kind {
            Kind::Callback => window.callback_past_seconds,
            Kind::Event => window.past_seconds,
        };
        if age_seconds > past_seconds {
            return Err(Unauthenticated::Stale);
        }
        if age_seconds.saturating_neg() > window.future_seconds {
            return Err(Unauthenticated::Future);
        }
        Ok(())
    }

    /// Seconds since the signed time; negative when it lies in the future.
    pub(super) fn age_seconds(&self, now: UnixSeconds) -> i64 {
        now.0.saturating_sub(self.moment.0)
    }

    /// Decodes the signature, so that the case of the hex digits does not matter.
    fn signature_bytes<const N: usize>(&self) -> Result<[u8; N], Unauthenticated> {
        let mut bytes = [0; N];
        match hex::decode_to_slice(self.signature, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(_) => Err(Unauthenticated::Signature),
        }
    }
}

fn digest<D: Digest>(timestamp: &[u8], nonce: &[u8], secret: &str, body: &[u8]) -> sha2::digest::Output<D> {
    D::new()
        .chain_update(timestamp)
        .chain_update(nonce)
        .chain_update(secret)
        .chain_update(body)
        .finalize()
}
