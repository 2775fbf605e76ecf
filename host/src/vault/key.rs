//! One key of the vault, and the id by which encrypted values refer to it.

use std::sync::Arc;

use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

use super::FORMAT;

/// Enough to tell keys apart, and useless for finding one: it is a hash of 256 random bits.
pub(super) const ID_BYTES: usize = 8;

pub(super) const KEY_BYTES: usize = 32;

/// The error of an invalid key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "LARK_CONFIG_ENCRYPTION_KEY must be 32 random bytes in base64 (several: with commas, the newest first); make one with: \
     openssl rand -base64 32"
)]
pub struct KeyError;

/// A key, whose bytes are wiped when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Key {
    id: [u8; ID_BYTES],
    /// The header of its encrypted values, as text.
    beginning: Arc<str>,
    bytes: Arc<SecretBox<[u8; KEY_BYTES]>>,
}

impl Key {
    /// Parses base64 of either alphabet, with or without padding.
    pub(super) fn from_base64(text: &str) -> Result<Self, KeyError> {
        let symbols = text.strip_suffix('=').unwrap_or(text);
        let alphabet = if symbols.contains(['-', '_']) {
            URL_SAFE_NO_PAD
        } else {
            STANDARD_NO_PAD
        };
        let mut is_key = false;
        let bytes = SecretBox::init_with_mut(|bytes: &mut [u8; KEY_BYTES]| {
            is_key = matches!(alphabet.decode_slice(symbols, bytes), Ok(KEY_BYTES));
        });
        if !is_key {
            return Err(KeyError);
        }
        // A prefix separates the id from any other hash of the key.
        let hash = Sha256::new()
            .chain_update(b"lark-callback key id")
            .chain_update(bytes.expose_secret())
            .finalize();
        let id = *hash.first_chunk::<ID_BYTES>().ok_or(KeyError)?;
        let bytes = Arc::new(bytes);
        // Nine bytes are twelve characters, whatever follows.
        let beginning = URL_SAFE_NO_PAD.encode([&[FORMAT][..], &id].concat()).into();
        Ok(Self { id, beginning, bytes })
    }

    /// Whether it is one byte 32 times: what a forgotten initialisation leaves, and the first that is guessed.
    pub(super) fn is_trivial(&self) -> bool {
        let bytes = self.bytes.expose_secret();
        bytes.iter().all(|byte| Some(byte) == bytes.first())
    }

    /// Returns the prefix of every text encrypted with it.
    pub(super) fn beginning(&self) -> &str {
        &self.beginning
    }

    pub(super) fn id(&self) -> &[u8; ID_BYTES] {
        &self.id
    }

    /// Created for each use, so that no expanded key stays in memory; it takes less than a microsecond.
    pub(super) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes.expose_secret().into())
    }
}
