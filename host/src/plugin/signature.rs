//! Signatures of components: which Ed25519 keys are trusted, and whether one of them vouches for the bytes.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::codes::{Text, both};

/// Bytes of a public key.
const KEY_BYTES: usize = 32;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// Public keys whose signatures are accepted; without any, none is asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TrustedKeys(Arc<[[u8; KEY_BYTES]]>);

/// Shows how many there are.
impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TrustedKeys").field(&self.0.len()).finish()
    }
}

/// Text that holds no public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must hold Ed25519 public keys of 32 bytes in base64 or hexadecimal, separated by commas")]
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
        let key = |text: &str| decoded(text.trim()).ok_or(TrustedKeysError);
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
        let is_by = |key: &[u8; KEY_BYTES]| UnparsedPublicKey::new(&ED25519, key).verify(wasm, &signature).is_ok();
        if self.0.iter().any(is_by) {
            return Ok(signature);
        }
        Err(SignatureError::Wrong)
    }
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
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    fn pair(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    fn public(pair: &Ed25519KeyPair) -> String {
        STANDARD.encode(pair.public_key())
    }

    #[test]
    fn one_of_several_keys_is_enough_and_the_signature_may_be_text() {
        let (ours, older) = (pair(1), pair(2));
        let keys = TrustedKeys::parse(&format!("{}, {}", public(&ours), hex::encode(older.public_key()))).unwrap();
        for pair in [&ours, &older] {
            let signature = pair.sign(b"component");
            let raw = signature.as_ref();
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
                keys.check(b"component", Some(wrong.as_ref())),
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
            &format!("{},", STANDARD.encode([1; 32])),
        ] {
            assert_eq!(TrustedKeys::parse(wrong), Err(TrustedKeysError), "{wrong}");
        }
    }
}
