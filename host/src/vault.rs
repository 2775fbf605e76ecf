//! Sealing of what must not lie in clear: AES-256-GCM under keys that can be rotated, bound to whom it belongs.
//!
//! A sealed value is `1 | key id (8) | nonce (12) | ciphertext and tag`. The key id says which key opens it, so that
//! "the key is gone" and "the value is damaged" are different errors.

mod key;
mod purpose;

use std::fmt;

use aes_gcm::aead::{Aead as _, Payload};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretBox;

pub use key::KeyError;
use key::{ID_BYTES, Key};
pub use purpose::Purpose;

/// The layout above; another number is another layout.
const FORMAT: u8 = 1;

/// 96 bits, as NIST SP 800-38D wants it for GCM. Random: 2^32 values under one key are safe, more than tokens ever made.
const NONCE_BYTES: usize = 12;

/// Of GCM.
const TAG_BYTES: usize = 16;

/// Why a value could not be opened or sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key was taken out of the settings.
    #[error(
        "it was encrypted with the key {key_id}, which is no longer configured; append that key to \
          LARK_CONFIG_ENCRYPTION_KEY after the newest, separated by a comma"
    )]
    KeyGone {
        /// The first bytes of the key's hash, in hex.
        key_id: String,
    },
    /// Changed on the way, cut, or sealed for somebody or something else.
    #[error("it is damaged, or was encrypted for something else")]
    Damaged,
    /// A newer version of the server wrote it.
    #[error("it has the format {format}, which this version of the server does not know")]
    Format {
        /// The first byte.
        format: u8,
    },
    /// The system gave no random bytes.
    #[error("the operating system provided no random bytes: {reason}")]
    Random {
        /// What the system said.
        reason: String,
    },
}

/// Seals with the newest key and opens with any; clones share the keys, and the last one overwrites them.
#[derive(Clone)]
pub struct Vault {
    newest: Key,
    older: Vec<Key>,
}

impl Vault {
    /// Takes `LARK_CONFIG_ENCRYPTION_KEY`: 32 bytes in base64 of either alphabet, padded or not; several with commas,
    /// the newest first.
    ///
    /// # Errors
    /// [`KeyError`], which never shows what was given.
    pub fn from_keys(text: &str) -> Result<Self, KeyError> {
        let mut keys = text.split(',').map(|key| Key::from_base64(key.trim()));
        let newest = keys.next().ok_or(KeyError)??;
        let older = keys.collect::<Result<_, _>>()?;
        Ok(Self { newest, older })
    }

    /// A key that nobody else has, as the setting is written.
    ///
    /// # Errors
    /// [`VaultError::Random`] when the system has no random bytes.
    pub fn new_key() -> Result<String, VaultError> {
        let mut key = [0; key::KEY_BYTES];
        getrandom::fill(&mut key).map_err(|error| VaultError::Random {
            reason: error.to_string(),
        })?;
        Ok(URL_SAFE_NO_PAD.encode(key))
    }

    /// Seals bytes. What they are for must be said again to open them.
    ///
    /// # Errors
    /// [`VaultError::Random`] when the system has no random bytes.
    pub fn seal(&self, purpose: Purpose<'_>, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| VaultError::Random {
            reason: error.to_string(),
        })?;
        let key = &self.newest;
        let associated = associated(key.id(), purpose);
        let payload = Payload {
            msg: plain,
            aad: &associated,
        };
        let ciphertext = key.cipher().encrypt(&nonce.into(), payload);
        // It fails only beyond 64 GiB.
        let ciphertext = ciphertext.map_err(|aes_gcm::Error| VaultError::Damaged)?;
        Ok([&[FORMAT][..], key.id(), &nonce, &ciphertext].concat())
    }

    /// Opens what [`Vault::seal`] made for the same purpose.
    ///
    /// # Errors
    /// When the key is gone, the format is unknown, or anything was changed.
    pub fn open(&self, purpose: Purpose<'_>, sealed: &[u8]) -> Result<SecretBox<[u8]>, VaultError> {
        let (&format, rest) = sealed.split_first().ok_or(VaultError::Damaged)?;
        if format != FORMAT {
            return Err(VaultError::Format { format });
        }
        let (id, rest) = rest.split_first_chunk::<ID_BYTES>().ok_or(VaultError::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Damaged)?;
        let key = std::iter::once(&self.newest)
            .chain(&self.older)
            .find(|key| key.id() == id)
            .ok_or_else(|| VaultError::KeyGone {
                key_id: hex::encode(id),
            })?;
        let associated = associated(id, purpose);
        let payload = Payload {
            msg: ciphertext,
            aad: &associated,
        };
        let plain = key.cipher().decrypt(nonce.into(), payload);
        let plain = plain.map_err(|aes_gcm::Error| VaultError::Damaged)?;
        Ok(SecretBox::new(plain.into_boxed_slice()))
    }

    /// The same as a text of letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_text(&self, purpose: Purpose<'_>, plain: &[u8]) -> Result<String, VaultError> {
        self.seal(purpose, plain).map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Vault::seal_text`] made.
    ///
    /// # Errors
    /// As [`Vault::open`]; a text that is no base64 is [`VaultError::Damaged`].
    pub fn open_text(&self, purpose: Purpose<'_>, sealed: &str) -> Result<SecretBox<[u8]>, VaultError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_not_base64| VaultError::Damaged)?;
        self.open(purpose, &sealed)
    }

    /// What the texts of [`Vault::seal_text`] begin with, by the keys that may have made them: the format and the key's id.
    pub fn text_beginnings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.newest).chain(&self.older).map(Key::beginning)
    }

    /// How long the text is that [`Vault::seal_text`] makes of so many bytes.
    pub const fn text_bytes(plain_bytes: usize) -> usize {
        let sealed = 1 + ID_BYTES + NONCE_BYTES + plain_bytes + TAG_BYTES;
        (sealed * 4).div_ceil(3)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} keys, redacted)", 1 + self.older.len())
    }
}

/// What a value is bound to beside its key: its purpose, and the header that is not encrypted.
fn associated(key_id: &[u8; ID_BYTES], purpose: Purpose<'_>) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    bytes.extend(key_id);
    purpose.write(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
