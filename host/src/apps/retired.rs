//! Secrets that an application had before its settings were reloaded.

use lark_protocol::{EncryptKey, Keys, VerificationToken};

/// Secrets of each kind that are remembered after a reload took them away.
const RETIRED_MAX: usize = 4;

/// Secrets that were valid before a reload, newest first. Nothing is accepted with them; they explain a refusal.
#[derive(Debug, Clone, Default)]
pub struct Retired {
    /// Encrypt Keys.
    pub encrypt_keys: Vec<EncryptKey>,
    /// Verification Tokens.
    pub verification_tokens: Vec<VerificationToken>,
}

impl Retired {
    /// The same after `before` was replaced by `now`.
    #[must_use]
    pub fn and(&self, before: &Keys, now: &Keys) -> Self {
        Self {
            encrypt_keys: retire(
                &before.encrypt_keys,
                &self.encrypt_keys,
                &now.encrypt_keys,
                EncryptKey::is_same,
            ),
            verification_tokens: retire(
                &before.verification_tokens,
                &self.verification_tokens,
                &now.verification_tokens,
                VerificationToken::is_same,
            ),
        }
    }
}

/// Secrets that were valid and no longer are.
fn retire<T: Clone>(before: &[T], retired: &[T], now: &[T], is_same: fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for secret in before.iter().chain(retired) {
        let is_known = now.iter().chain(&kept).any(|other| is_same(secret, other));
        if !is_known && kept.len() < RETIRED_MAX {
            kept.push(secret.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_was_taken_away_is_remembered_until_it_is_back() {
        let keys = |text: &str| Keys {
            encrypt_keys: vec![EncryptKey::new(text)],
            ..Keys::default()
        };
        let mut retired = Retired::default();
        for number in 0..10 {
            retired = retired.and(&keys(&number.to_string()), &keys(&(number + 1).to_string()));
        }
        assert_eq!(retired.encrypt_keys.len(), RETIRED_MAX);
        assert!(retired.encrypt_keys[0].is_same(&EncryptKey::new("9")));
        let back = retired.and(&keys("10"), &keys("9"));
        assert!(back.encrypt_keys[0].is_same(&EncryptKey::new("10")));
        assert!(!back.encrypt_keys.iter().any(|key| key.is_same(&EncryptKey::new("9"))));
    }
}
