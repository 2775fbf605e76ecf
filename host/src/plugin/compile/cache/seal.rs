//! Seals of entries: keyed BLAKE3, which goes through the 35 MB of an interpreter's code in milliseconds.

use std::fmt;

pub(super) const SEAL_BYTES: usize = blake3::OUT_LEN;

/// What the key of the seals is derived for from the bytes in the folder.
const PURPOSE: &str = "lark-callback 2026-12-01 seals of compiled plugins";

/// Key of the seals; it shows itself nowhere.
pub(super) struct SealKey([u8; blake3::KEY_LEN]);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// Of the random bytes in the folder.
    pub(super) fn of(random: &[u8]) -> Self {
        Self(blake3::derive_key(PURPOSE, random))
    }

    /// Begins the seal of an entry, whose content follows.
    pub(super) fn seal(&self, name: &str) -> Seal {
        let mut seal = blake3::Hasher::new_keyed(&self.0);
        seal.update(name.as_bytes());
        seal.update(b"\n");
        Seal(seal)
    }
}

/// Seal in the making.
pub(super) struct Seal(blake3::Hasher);

impl Seal {
    pub(super) fn update(&mut self, content: &[u8]) {
        self.0.update(content);
    }

    pub(super) fn finish(&self) -> [u8; SEAL_BYTES] {
        self.0.finalize().into()
    }

    /// Compares it with the seal of an entry, in constant time.
    pub(super) fn verify(&self, sealed: [u8; SEAL_BYTES]) -> Result<(), String> {
        if self.0.finalize() == sealed {
            return Ok(());
        }
        Err("its signature is wrong: it is damaged, or was not written by this server".to_owned())
    }
}
