//! Encryption of secrets at rest: AES-256-GCM with rotatable keys, bound to purpose and owner.
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

/// The version of the layout above.
const FORMAT: u8 = 1;

/// 96 bits, as NIST SP 800-38D requires for GCM. Random nonces are safe for 2^32 values per key, far more than are ever made.
const NONCE_BYTES: usize = 12;

/// The size of GCM's tag.
const TAG_BYTES: usize = 16;

/// An error of encrypting or decrypting a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key was removed from the settings.
    #[error(
        "it was encrypted with the key {key_id}, which is no longer configured; append that key to \
          LARK_CONFIG_ENCRYPTION_KEY after the newest, separated by a comma"
    )]
    KeyGone {
        /// The first bytes of the key's hash, in hex.
        key_id: String,
    },
    /// The value was altered, truncated, or encrypted for another purpose or owner.
    #[error("it is damaged, or was encrypted for something else")]
    Damaged,
    /// The value was written by a newer version of the server.
    #[error("it has the format {format}, which this version of the server does not know")]
    Format {
        /// The first byte.
        format: u8,
    },
    /// The system provided no random bytes.
    #[error("the operating system provided no random bytes: {reason}")]
    Random {
        /// The system's error.
        reason: String,
    },
}

/// A set of keys that encrypts with the newest and decrypts with any; clones share them, and the last one wipes them.
#[derive(Clone)]
pub struct Vault {
    newest: Key,
    older: Vec<Key>,
}

impl Vault {
    /// Parses `LARK_CONFIG_ENCRYPTION_KEY`: 32 bytes in base64 of either alphabet, padded or not; several keys are separated
    /// by commas, the newest first.
    ///
    /// # Errors
    /// [`KeyError`], which never shows the input.
    pub fn from_keys(text: &str) -> Result<Self, KeyError> {
        let mut keys = text.split(',').map(|key| Key::from_base64(key.trim()));
        // An older one may be as bad: it is on its way out.
        let newest = keys.next().ok_or(KeyError)??;
        if newest.is_trivial() {
            return Err(KeyError);
        }
        let older = keys.collect::<Result<_, _>>()?;
        Ok(Self { newest, older })
    }

    /// Generates a random key in the form of the setting.
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

    /// Encrypts bytes. The same purpose is needed to decrypt them.
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
        // Fails only beyond 64 GiB.
        let ciphertext = ciphertext.map_err(|aes_gcm::Error| VaultError::Damaged)?;
        Ok([&[FORMAT][..], key.id(), &nonce, &ciphertext].concat())
    }

    /// Decrypts the output of [`Vault::seal`] for the same purpose.
    ///
    /// # Errors
    /// When the key was removed, the format is unknown, or anything was altered.
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

    /// Encrypts bytes into a text of letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_text(&self, purpose: Purpose<'_>, plain: &[u8]) -> Result<String, VaultError> {
        self.seal(purpose, plain).map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Decrypts the output of [`Vault::seal_text`].
    ///
    /// # Errors
    /// As [`Vault::open`]; a text that is not base64 is [`VaultError::Damaged`].
    pub fn open_text(&self, purpose: Purpose<'_>, sealed: &str) -> Result<SecretBox<[u8]>, VaultError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_not_base64| VaultError::Damaged)?;
        self.open(purpose, &sealed)
    }

    /// Returns the prefixes (format and key id) of the texts of [`Vault::seal_text`], one for each key.
    pub fn text_beginnings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.newest).chain(&self.older).map(Key::beginning)
    }

    /// Returns the length of the text that [`Vault::seal_text`] makes of this many bytes.
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

/// Returns the associated data of a value: its purpose, and the unencrypted header.
fn associated(key_id: &[u8; ID_BYTES], purpose: Purpose<'_>) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    bytes.extend(key_id);
    purpose.write(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
