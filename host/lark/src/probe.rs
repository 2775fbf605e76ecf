//! Probes of `doctor`: requests like Lark's that prove by a key of the application that they are none of a stranger's, and
//! the server's report about what arrived.
//!
//! The proof stands apart from the body, so that it survives a proxy that changes the body. It names the body's digest, so
//! that the server sees whether the body arrived as it was sent. It is worth nothing to whoever reads it on the way: it is
//! accepted once, and the report holds what the sender of the request has sent itself.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::keys::{Keys, UnixSeconds};
use super::parts::sha256_of_parts;

/// The header with the proof.
pub const PROBE_HEADER: &str = "x-lark-callback-probe";

/// The query parameter with the proof, for a proxy that drops headers it does not know.
pub const PROBE_QUERY: &str = "lark_callback_probe";

/// The event type of a probe's body. No plugin ever gets it, and no event of this type is stored.
pub const PROBE_EVENT: &str = "lark_callback.probe";

/// The distance of a probe's time from the server's. Wide enough for a clock that is off, which is one of the faults that a
/// probe is to find.
pub const PROBE_AGE_SECONDS_MAX: i64 = 600;

const FORMAT: &str = "1";
const NONCE_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;

/// One probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// When it was made.
    pub made_at: UnixSeconds,
    /// Never used before.
    pub nonce: [u8; NONCE_BYTES],
    /// SHA-256 of the body as it is sent.
    pub body_digest: [u8; DIGEST_BYTES],
}

/// A probe whose proof is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenProbe {
    /// The probe.
    pub probe: Probe,
    /// The number of the key in the list of those that are accepted; 0 is the newest.
    pub key: usize,
}

/// Digest of a body, as a probe names it.
pub fn body_digest(body: &[u8]) -> [u8; DIGEST_BYTES] {
    Sha256::digest(body).into()
}

impl Probe {
    /// Builds a probe for this body.
    pub fn of(body: &[u8], nonce: [u8; NONCE_BYTES], made_at: UnixSeconds) -> Self {
        Self {
            made_at,
            nonce,
            body_digest: body_digest(body),
        }
    }

    fn mac(&self, secret: &str, app_id: &str) -> Option<Hmac<Sha256>> {
        let (nonce, digest) = (hex::encode(self.nonce), hex::encode(self.body_digest));
        let parts = [
            "lark-callback probe",
            FORMAT,
            app_id,
            &self.made_at.0.to_string(),
            &nonce,
            &digest,
        ];
        mac(secret, &parts)
    }

    /// Parses the text of a proof for an application, without its code. One for another application costs nothing more:
    /// whoever sends many of them must not have each checked with the keys of all.
    fn read(text: &str, app_id: &str) -> Option<(Self, [u8; DIGEST_BYTES])> {
        let mut parts = text.splitn(6, '.');
        let (format, seconds) = (parts.next()?, parts.next()?);
        let [nonce, digest, code_text] = [parts.next()?, parts.next()?, parts.next()?];
        if format != FORMAT || parts.next()? != app_id {
            return None;
        }
        let mut probe = Self {
            made_at: UnixSeconds(seconds.parse().ok()?),
            nonce: [0; NONCE_BYTES],
            body_digest: [0; DIGEST_BYTES],
        };
        let mut code = [0; DIGEST_BYTES];
        hex::decode_to_slice(nonce, &mut probe.nonce).ok()?;
        hex::decode_to_slice(digest, &mut probe.body_digest).ok()?;
        hex::decode_to_slice(code_text, &mut code).ok()?;
        Some((probe, code))
    }
}

impl Keys {
    /// Proves a probe with the newest key; `None` without any. Without an Encrypt Key the Verification Token proves it.
    pub fn prove(&self, app_id: &str, probe: &Probe) -> Option<String> {
        let code = probe.mac(self.probe_secrets().next()?, app_id)?.finalize().into_bytes();
        Some(format!(
            "{FORMAT}.{}.{}.{}.{}.{app_id}",
            probe.made_at.0,
            hex::encode(probe.nonce),
            hex::encode(probe.body_digest),
            hex::encode(code)
        ))
    }

    /// Checks a proof; `None` when it is not one, is too old, or was made with no key of this application. That it is used
    /// once is for the caller to see to.
    pub fn check_probe(&self, app_id: &str, text: &str, now: UnixSeconds) -> Option<ProvenProbe> {
        let (probe, code) = Probe::read(text, app_id)?;
        if now.0.abs_diff(probe.made_at.0) > PROBE_AGE_SECONDS_MAX.unsigned_abs() {
            return None;
        }
        let proves = |secret| {
            probe
                .mac(secret, app_id)
                .is_some_and(|mac| mac.verify_slice(&code).is_ok())
        };
        let key = self.probe_secrets().position(proves)?;
        Some(ProvenProbe { probe, key })
    }

    /// Code of a report, with the key that proved the probe: it shows `doctor` that the report is this server's, and that
    /// the two have the same key.
    pub fn report_code(&self, key: usize, nonce: &[u8], report: &str) -> Option<String> {
        let nonce = hex::encode(nonce);
        let parts = ["lark-callback report", FORMAT, &nonce, report];
        let mac = mac(self.probe_secrets().nth(key)?, &parts)?;
        Some(hex::encode(mac.finalize().into_bytes()))
    }

    /// Whether one of the keys made the code of a report.
    pub fn check_report(&self, nonce: &[u8], report: &str, code: &str) -> bool {
        let nonce = hex::encode(nonce);
        let parts = ["lark-callback report", FORMAT, &nonce, report];
        let Ok(code) = hex::decode(code) else { return false };
        self.probe_secrets()
            .any(|secret| mac(secret, &parts).is_some_and(|mac| mac.verify_slice(&code).is_ok()))
    }

    /// The secrets that can prove a probe, newest first. An empty secret proves nothing.
    fn probe_secrets(&self) -> impl Iterator<Item = &str> {
        let keys = self.encrypt_keys.iter().map(|key| key.text());
        let tokens = self.verification_tokens.iter().map(|token| token.text());
        let tokens = tokens.filter(|_| self.encrypt_keys.is_empty());
        keys.chain(tokens).filter(|secret| !secret.is_empty())
    }
}

/// HMAC-SHA256 over texts, none of which can run into the next.
fn mac(secret: &str, parts: &[&str]) -> Option<Hmac<Sha256>> {
    // Takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(&sha256_of_parts(parts));
    Some(mac)
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.nonce))
    }
}
