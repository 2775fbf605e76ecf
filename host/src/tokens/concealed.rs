//! Links to the authorize page in stored texts: somebody who reads the database, or sees a stored reply, must not be able to
//! use another person's link. So the `state` in them is encrypted when the text is stored, and decrypted when it is used.

use secrecy::ExposeSecret as _;

use super::{Tokens, state};
use crate::vault::{Purpose, Vault};

impl Tokens {
    /// Encrypts each `state` in a text to be stored; `None` when it has none, which is nearly always.
    pub fn conceal(&self, app_id: &str, text: &str) -> Option<String> {
        let vault = self.0.vault.as_ref()?;
        replace(vault, text, state::TEXT_BYTES, |found| {
            let is_state = vault.open_text(Purpose::State { app_id }, found).is_ok();
            let seal = || vault.seal_text(Purpose::StoredState { app_id }, found.as_bytes());
            is_state.then(seal)?.ok()
        })
    }

    /// Decrypts each `state` in a stored text; `None` when it has none.
    pub fn reveal(&self, app_id: &str, text: &str) -> Option<String> {
        let vault = self.0.vault.as_ref()?;
        replace(vault, text, Vault::text_bytes(state::TEXT_BYTES), |found| {
            let clear = vault.open_text(Purpose::StoredState { app_id }, found).ok()?;
            std::str::from_utf8(clear.expose_secret()).ok().map(str::to_owned)
        })
    }
}

/// Replaces encrypted texts of one length. They share a prefix, so a text without one costs a single search.
fn replace(vault: &Vault, text: &str, sealed_bytes: usize, with: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut replaced: Option<String> = None;
    for beginning in vault.text_beginnings() {
        let source = replaced.as_deref().unwrap_or(text);
        let mut result = String::new();
        let mut done = 0;
        let mut from = 0;
        while let Some(at) = source
            .get(from..)
            .and_then(|rest| rest.find(beginning))
            .map(|at| from + at)
        {
            let found = source.get(at..at + sealed_bytes);
            match found.and_then(&with) {
                Some(other) => {
                    result.push_str(source.get(done..at).unwrap_or_default());
                    result.push_str(&other);
                    done = at + sealed_bytes;
                    from = done;
                }
                None => from = at + 1,
            }
        }
        if done > 0 {
            result.push_str(source.get(done..).unwrap_or_default());
            replaced = Some(result);
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=,-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";

    fn sealed(vault: &Vault, app_id: &str, text: &str) -> Option<String> {
        replace(vault, text, state::TEXT_BYTES, |found| {
            vault.open_text(Purpose::State { app_id }, found).ok()?;
            Some(
                vault
                    .seal_text(Purpose::StoredState { app_id }, found.as_bytes())
                    .unwrap(),
            )
        })
    }

    #[test]
    fn each_state_is_replaced_wherever_it_stands_and_nothing_else() {
        let vault = Vault::from_keys(KEYS).unwrap();
        let [one, two] = [0, 1].map(|_| state::new(&vault, "cli_a", "p", 5).unwrap());
        assert_eq!(one.len(), state::TEXT_BYTES);
        let other = state::new(&vault, "cli_b", "p", 5).unwrap();
        let ticket = vault.seal_text(Purpose::Ticket { app_id: "cli_a" }, b"{}").unwrap();
        let text = format!(
            r#"{{"url":"https://x/?state={one}\u0026y=ä","nested":"state%3D{two}","t":"{ticket}","o":"{other}"}}"#
        );
        let stored = sealed(&vault, "cli_a", &text).unwrap();
        assert!(!stored.contains(&one) && !stored.contains(&two), "{stored}");
        assert!(
            stored.contains(&ticket) && stored.contains(&other) && stored.contains("y=ä"),
            "{stored}"
        );
        let again = replace(&vault, &stored, Vault::text_bytes(state::TEXT_BYTES), |found| {
            let clear = vault.open_text(Purpose::StoredState { app_id: "cli_a" }, found).ok()?;
            Some(String::from_utf8(clear.expose_secret().to_vec()).unwrap())
        });
        assert_eq!(again, Some(text));
        for nothing in ["", "{}", &ticket, &other, &one[..one.len() - 1]] {
            assert_eq!(sealed(&vault, "cli_a", nothing), None);
        }
    }
}
