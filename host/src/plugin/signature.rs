//! Signatures of components: which Ed25519 keys are trusted, and whether one of them vouches for the bytes.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::codes::{Text, both};

/// Bytes of a public key.
const KEY_BYTES: usize = 32;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// Public keys whose signatures are accepted; without any, none is asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TrustedKeys(Arc<[VerifyingKey]>);

/// Shows how many there are.
impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TrustedKeys").field(&self.0.len()).finish()
    }
}

/// Text that holds no public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must hold Ed25519 public keys of 32 bytes in base64 or hexadecimal, separated by commas; a value that was made up is none"
)]
pub struct TrustedKeysError;

/// Reason why nobody vouches for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error(
        "it is not signed, and CALLBACK_PLUGIN_KEYS is set: put its Ed25519 signature beside it (NAME.wasm.sig for NAME.wasm), best \
          before the component"
    )]
    Missing,
    /// The file is something else.
    #[error("its signature is not one: a .sig file holds 64 bytes, as they are, in base64 or in hexadecimal")]
    Malformed,
    /// No key of ours has made it for these bytes.
    #[error(
        "its signature was made by none of the keys in CALLBACK_PLUGIN_KEYS, or for other bytes; sign this very file with one of \
          them"
    )]
    Wrong,
}

impl SignatureError {
    /// The reason in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Missing => {
                "组件没有签名，而已设置 CALLBACK_PLUGIN_KEYS：请将其 Ed25519 签名放在旁边（NAME.wasm 对应 NAME.wasm.sig），最好先于组件放入"
            }
            Self::Malformed => "签名文件有误：.sig 文件须为 64 字节，可以是原始字节、base64 或十六进制",
            Self::Wrong => {
                "签名不是由 CALLBACK_PLUGIN_KEYS 中的密钥签署，或对应的是其他内容；请用其中一个密钥签署此文件"
            }
        };
        both(self.to_string(), zh)
    }
}

impl TrustedKeys {
    /// Reads `CALLBACK_PLUGIN_KEYS`.
    ///
    /// # Errors
    /// [`TrustedKeysError`], which does not show the input.
    pub fn parse(text: &str) -> Result<Self, TrustedKeysError> {
        let key = |text: &str| {
            decoded(text.trim())
                .and_then(|bytes| usable(&bytes))
                .ok_or(TrustedKeysError)
        };
        text.split(',')
            .map(key)
            .collect::<Result<Vec<_>, _>>()
            .map(|keys| Self(keys.into()))
    }

    /// Whether signatures are asked for.
    pub fn is_asked_for(&self) -> bool {
        !self.0.is_empty()
    }

    /// Checks the content of a `.sig` file against a component, and returns the 64 bytes. It hashes the component, which
    /// takes about 2 ms for each MiB.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn check(&self, wasm: &[u8], signature: Option<&[u8]>) -> Result<[u8; SIGNATURE_BYTES], SignatureError> {
        let signature = signature.ok_or(SignatureError::Missing)?;
        let signature = parsed(signature).ok_or(SignatureError::Malformed)?;
        let made = Signature::from_bytes(&signature);
        if self.0.iter().any(|key| key.verify_strict(wasm, &made).is_ok()) {
            return Ok(signature);
        }
        Err(SignatureError::Wrong)
    }
}

/// A key that proves something: signatures for some points of the curve can be made up by anybody (those of small order, zeros
/// among them), and nothing can be verified with what is no point, or one written as nobody writes it.
fn usable(bytes: &[u8; KEY_BYTES]) -> Option<VerifyingKey> {
    let is_usual = |key: &VerifyingKey| key.to_edwards().compress().to_bytes() == *bytes;
    let key = VerifyingKey::from_bytes(bytes).ok();
    key.filter(|key| !key.is_weak() && is_usual(key))
}

/// As `openssl` writes it, or as text.
fn parsed(signature: &[u8]) -> Option<[u8; SIGNATURE_BYTES]> {
    signature
        .try_into()
        .ok()
        .or_else(|| decoded(std::str::from_utf8(signature).ok()?.trim()))
}

fn decoded<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() == BYTES);
    bytes.or_else(|| STANDARD.decode(text).ok())?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    fn pair(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn public(pair: &SigningKey) -> String {
        STANDARD.encode(pair.verifying_key())
    }

    #[test]
    fn one_of_several_keys_is_enough_and_the_signature_may_be_text() {
        let (ours, older) = (pair(1), pair(2));
        let keys = TrustedKeys::parse(&format!("{}, {}", public(&ours), hex::encode(older.verifying_key()))).unwrap();
        for pair in [&ours, &older] {
            let raw = pair.sign(b"component").to_bytes();
            for written in [
                raw.to_vec(),
                STANDARD.encode(raw).into_bytes(),
                format!("{}\n", hex::encode(raw)).into_bytes(),
            ] {
                assert_eq!(keys.check(b"component", Some(&written)).unwrap(), raw);
            }
        }
    }

    #[test]
    fn what_nobody_vouches_for_is_refused_for_its_reason() {
        let keys = TrustedKeys::parse(&public(&pair(1))).unwrap();
        let by_another = pair(3).sign(b"component");
        let of_other_bytes = pair(1).sign(b"other");
        assert_eq!(keys.check(b"component", None), Err(SignatureError::Missing));
        assert_eq!(keys.check(b"component", Some(b"x")), Err(SignatureError::Malformed));
        for wrong in [by_another, of_other_bytes] {
            assert_eq!(
                keys.check(b"component", Some(&wrong.to_bytes())),
                Err(SignatureError::Wrong)
            );
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for wrong in [
            "",
            "abc",
            "AAAA",
            &STANDARD.encode([1; 31]),
            &format!("{},", public(&pair(1))),
            // Placeholders: a point of small order, for which anybody signs, and what is no point.
            &"00".repeat(32),
            &"ff".repeat(32),
            &format!("01{}", "00".repeat(31)),
        ] {
            assert_eq!(TrustedKeys::parse(wrong), Err(TrustedKeysError), "{wrong}");
        }
    }
}
