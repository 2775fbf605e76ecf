//! The `state` of a link: made and verified without the database, so that an unauthenticated browser causes no write.
//!
//! It is an encrypted expiry time with a mark of the plugin that asked for the link: random by its nonce, authenticated by the
//! vault's key, bound to one application. Every server with the key can verify it, and a replaced key verifies its own states
//! for as long as it is configured.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use lark_protocol::{Redirect, ReturnError};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Tokens;
use crate::vault::{Purpose, Vault, VaultError};

/// Different returns with one link: a refusal, a change of mind, and a second consent when the first one got lost.
const RETURNS_PER_STATE_MAX: usize = 4;

/// Returns with one link, repeats included. A browser reloads the page a few times, never this often.
const VISITS_PER_STATE_MAX: u32 = 32;

/// A reloaded page shows its outcome this long after the link has expired: the shortest retention of receipts, so that it is
/// still a repeat and not a new event.
const REMEMBERED_MS: u64 = 60 * 60_000;

/// Each entry belongs to a valid state, and takes some 300 bytes.
const STATES_MAX: usize = 10_000;

/// A session lasts 10 minutes and Lark's code 5, plus a margin for a click at the last moment.
pub(super) const TICKET_MS_MAX: u64 = 16 * 60_000;

/// The length of a state in characters.
pub(super) const TEXT_BYTES: usize = Vault::text_bytes(size_of::<u64>());

/// The part of eight bytes that is the time: milliseconds since 1970 until the year 10889. The two bytes above it are the mark of
/// a plugin, or 0 in states of versions before, which have none.
const TIME_BITS: u32 = 48;

/// The returns with a valid state that this server has seen.
#[derive(Debug, Default)]
pub(super) struct Returns(Mutex<HashMap<String, Seen>>);

#[derive(Debug)]
struct Seen {
    forget_at_ms: u64,
    visits: u32,
    digests: Vec<[u8; 32]>,
}

/// Makes a state for one link of an application that a plugin asks for.
pub(super) fn new(vault: &Vault, app_id: &str, plugin: &str, now_ms: u64) -> Result<String, VaultError> {
    let expires_at_ms = now_ms.saturating_add(TICKET_MS_MAX) & ((1 << TIME_BITS) - 1);
    let clear = u64::from(mark(plugin)) << TIME_BITS | expires_at_ms;
    vault.seal_text(Purpose::State { app_id }, &clear.to_be_bytes())
}

/// Returns when a state expires; `None` if this server did not make it for this application.
fn expiry(vault: &Vault, app_id: &str, state: &str) -> Option<u64> {
    Some(opened(vault, app_id, state)? & ((1 << TIME_BITS) - 1))
}

fn opened(vault: &Vault, app_id: &str, state: &str) -> Option<u64> {
    let clear = vault.open_text(Purpose::State { app_id }, state).ok()?;
    Some(u64::from_be_bytes(*clear.expose_secret().first_chunk()?))
}

/// The mark of a plugin, never 0. Two names may share one: it decides among plugins that may all authorize.
fn mark(plugin: &str) -> u16 {
    let [first, second, ..] = <[u8; 32]>::from(Sha256::digest(plugin));
    u16::from_be_bytes([first, second]).max(1)
}

impl Tokens {
    /// Whether a return with this payload, as plugins see it, belongs to this plugin: it asked for the link, or nobody knows who
    /// did.
    pub fn is_return_of(&self, app_id: &str, payload: &str, plugin: &str) -> bool {
        #[derive(Deserialize)]
        struct Payload<'a> {
            #[serde(borrow)]
            state: Cow<'a, str>,
        }
        let state = serde_json::from_str::<Payload<'_>>(payload)
            .ok()
            .map(|payload| payload.state);
        let vault = self.vault().ok();
        let clear = vault
            .zip(state)
            .and_then(|(vault, state)| opened(vault, app_id, &state));
        let marked = clear
            .and_then(|clear| u16::try_from(clear >> TIME_BITS).ok())
            .unwrap_or_default();
        marked == 0 || marked == mark(plugin)
    }

    /// Verifies a return, and returns its code encrypted so that only this server can read it.
    ///
    /// # Errors
    /// [`ReturnError`]; then nothing may be stored and no plugin may be called.
    pub fn admit_return(&self, app_id: &str, back: &Redirect, now_ms: u64) -> Result<Option<String>, ReturnError> {
        let vault = self.vault().map_err(|_no_key| ReturnError::NotSetUp)?;
        let expires_at_ms = expiry(vault, app_id, back.state()).ok_or(ReturnError::UnknownState)?;
        self.0
            .returns
            .admit(back.state(), back.digest(app_id), expires_at_ms, now_ms)?;
        let seal = |code: &str| vault.seal_text(Purpose::Code { app_id }, code.as_bytes());
        back.code()
            .map(seal)
            .transpose()
            .map_err(|_unsealed| ReturnError::Unsealed)
    }
}

impl Returns {
    /// Counts one return with a valid state.
    fn admit(&self, state: &str, digest: [u8; 32], expires_at_ms: u64, now_ms: u64) -> Result<(), ReturnError> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_expired = now_ms > expires_at_ms;
        if !states.contains_key(state) {
            if is_expired {
                return Err(ReturnError::Expired);
            }
            make_room(&mut states, now_ms);
        }
        let seen = states.entry(state.to_owned()).or_insert_with(|| Seen {
            forget_at_ms: now_ms.saturating_add(REMEMBERED_MS),
            visits: 0,
            digests: Vec::new(),
        });
        let is_repeat = seen.digests.contains(&digest);
        if is_expired && (!is_repeat || now_ms > seen.forget_at_ms) {
            return Err(ReturnError::Expired);
        }
        if seen.visits >= VISITS_PER_STATE_MAX || (!is_repeat && seen.digests.len() >= RETURNS_PER_STATE_MAX) {
            return Err(ReturnError::UsedTooOften);
        }
        seen.visits += 1;
        if !is_repeat {
            seen.digests.push(digest);
        }
        Ok(())
    }
}

/// Keeps the map small: removes expired entries, and if that is not enough, the ones that expire next.
fn make_room(states: &mut HashMap<String, Seen>, now_ms: u64) {
    if states.len() < STATES_MAX {
        return;
    }
    states.retain(|_, seen| now_ms <= seen.forget_at_ms);
    if states.len() >= STATES_MAX {
        let next = states.iter().min_by_key(|(_, seen)| seen.forget_at_ms);
        if let Some(next) = next.map(|(state, _)| state.clone()) {
            states.remove(&next);
        }
    }
}

#[cfg(test)]
mod tests;
