//! Requests as Lark sends them, for the command `send`, the tests and the benchmark.
//!
//! Time and randomness are passed in: nothing here reads a clock, and a request can be reproduced byte for byte.

use super::cipher::seal;
use super::keys::{EncryptKey, VerificationToken};
use super::raw::{NONCE_HEADER, RawCallback, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use super::signature::{sign, sign_card_v1};

/// The `content-type` that Lark sends.
pub const CONTENT_TYPE: &str = "application/json;charset=utf-8";

/// The protection of a body when the application has an Encrypt Key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Encrypted, with the SHA-256 signature: events and callbacks.
    SealedAndSigned,
    /// Encrypted and unsigned: the URL verification.
    SealedOnly,
    /// Plain, with the SHA-1 signature: the flat v1 card.
    SignedOnly,
}

/// The secrets of the application that a request is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Secrets<'a> {
    /// Without one, bodies are plain and unsigned.
    pub encrypt_key: Option<&'a EncryptKey>,
    /// Signs the flat v1 card.
    pub verification_token: Option<&'a VerificationToken>,
}

/// Values that are new in every request.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// Seconds since 1970 in digits; a string, so that a test can also send an invalid one.
    pub timestamp: &'a str,
    /// Lark's have up to 36 characters.
    pub nonce: &'a str,
    /// Must be new and unpredictable for every body of a real key.
    pub iv: [u8; 16],
}

/// A request that is ready to be sent, any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingCallback {
    /// The bytes that the signature is over.
    pub body: Vec<u8>,
    /// Absent when the request is unsigned.
    pub signature: Option<SignatureHeaders>,
}

/// The values of the three headers of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// [`TIMESTAMP_HEADER`].
    pub timestamp: String,
    /// [`NONCE_HEADER`].
    pub nonce: String,
    /// [`SIGNATURE_HEADER`].
    pub signature: String,
}

impl OutgoingCallback {
    /// Builds the request that Lark would send with this text to an application with these secrets.
    pub fn new(protection: Protection, text: &str, secrets: Secrets<'_>, stamp: Stamp<'_>) -> Self {
        match (protection, secrets.encrypt_key, secrets.verification_token) {
            (Protection::SealedAndSigned, Some(key), _) => Self::sealed(key, stamp.iv, text).signed(key, stamp),
            (Protection::SealedOnly, Some(key), _) => Self::sealed(key, stamp.iv, text),
            (Protection::SignedOnly, _, Some(token)) => Self::plain(text).signed_as_card_v1(token, stamp),
            _ => Self::plain(text),
        }
    }

    /// Builds a plain, unsigned request.
    pub fn plain(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            signature: None,
        }
    }

    /// Builds an encrypted, unsigned request.
    pub fn sealed(key: &EncryptKey, iv: [u8; 16], text: &str) -> Self {
        Self::plain(seal(key, iv, text))
    }

    /// Signs the body as it is, encrypted or not.
    #[must_use]
    pub fn signed(self, key: &EncryptKey, stamp: Stamp<'_>) -> Self {
        let signature = sign(key, stamp.timestamp, stamp.nonce, &self.body);
        self.with_signature(stamp, signature)
    }

    /// Signs the body as Lark signs the flat v1 card.
    #[must_use]
    pub fn signed_as_card_v1(self, token: &VerificationToken, stamp: Stamp<'_>) -> Self {
        let signature = sign_card_v1(token, stamp.timestamp, stamp.nonce, &self.body);
        self.with_signature(stamp, signature)
    }

    fn with_signature(self, stamp: Stamp<'_>, signature: String) -> Self {
        Self {
            body: self.body,
            signature: Some(SignatureHeaders {
                timestamp: stamp.timestamp.to_owned(),
                nonce: stamp.nonce.to_owned(),
                signature,
            }),
        }
    }

    /// Returns the headers of its signature; none when it is unsigned.
    pub fn signature_headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pairs = self.signature.as_ref().map(|headers| {
            [
                (TIMESTAMP_HEADER, &*headers.timestamp),
                (NONCE_HEADER, &*headers.nonce),
                (SIGNATURE_HEADER, &*headers.signature),
            ]
        });
        pairs.into_iter().flatten()
    }

    /// Returns the request as a server receives it.
    pub fn raw(&self) -> RawCallback<'_> {
        let headers = self.signature.as_ref();
        RawCallback {
            timestamp: headers.map(|headers| headers.timestamp.as_bytes()),
            nonce: headers.map(|headers| headers.nonce.as_bytes()),
            signature: headers.map(|headers| headers.signature.as_bytes()),
            body: &self.body,
        }
    }
}
