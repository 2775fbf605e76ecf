//! Returns admitted with a state: how often, and for how long.

use super::*;

const OLD: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";
const NEW: &str = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
const APP: &str = "cli_a";
const NOW_MS: u64 = 1_750_000_000_000;

fn vault(keys: &str) -> Vault {
    Vault::from_keys(keys).expect("keys")
}

fn state() -> String {
    new(&vault(OLD), APP, "card-auth", NOW_MS).expect("state")
}

/// One of many different returns.
fn digest(number: u8) -> [u8; 32] {
    [number; 32]
}

#[test]
fn a_state_is_known_by_every_server_with_the_key_and_after_the_key_was_replaced() {
    let state = state();
    let expected = Some(NOW_MS + TICKET_MS_MAX);
    assert_eq!(expiry(&vault(OLD), APP, &state), expected);
    assert_eq!(expiry(&vault(&format!("{NEW},{OLD}")), APP, &state), expected);
    assert_eq!(expiry(&vault(NEW), APP, &state), None, "its key is gone");
}

#[test]
fn a_state_that_was_changed_made_up_or_made_for_another_application_is_not_known() {
    let (vault, state) = (vault(OLD), state());
    assert_eq!(expiry(&vault, "cli_b", &state), None);
    for forged in [
        "",
        "s1",
        &state[1..],
        &format!("{state}A"),
        &format!("{state}="),
        &state.to_uppercase(),
        &"A".repeat(state.len()),
        &hex::encode([7; 32]),
    ] {
        assert_eq!(expiry(&vault, APP, forged), None, "{forged}");
    }
    for place in 0..state.len() {
        let mut changed = state.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("base64");
        assert_eq!(expiry(&vault, APP, &changed), None, "changed at {place}");
    }
}

#[test]
fn what_was_sealed_for_something_else_is_no_state() {
    let vault = vault(OLD);
    for purpose in [Purpose::Ticket { app_id: APP }, Purpose::Code { app_id: APP }] {
        let sealed = vault.seal_text(purpose, &u64::MAX.to_be_bytes()).expect("sealed");
        assert_eq!(expiry(&vault, APP, &sealed), None);
    }
}

#[test]
fn no_two_states_are_the_same_and_each_fits_into_an_address() {
    let states: std::collections::HashSet<_> = (0..100).map(|_| state()).collect();
    assert_eq!(states.len(), 100);
    let is_plain = |state: &String| state.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    assert!(states.iter().all(|state| state.len() <= 64 && is_plain(state)));
}

#[test]
fn a_few_different_returns_are_let_in_and_no_more() {
    let returns = Returns::default();
    let admit = |number| returns.admit("state", digest(number), NOW_MS + 1, NOW_MS);
    for number in 0..4 {
        assert_eq!(admit(number), Ok(()));
    }
    assert_eq!(admit(4), Err(ReturnError::UsedTooOften));
    assert_eq!(admit(0), Ok(()), "a page that is loaded again");
}

#[test]
fn one_return_is_not_let_in_without_end() {
    let returns = Returns::default();
    let admitted = (0..1_000).filter(|_| returns.admit("state", digest(0), NOW_MS + 1, NOW_MS).is_ok());
    assert_eq!(admitted.count(), 32);
}

#[test]
fn an_expired_link_takes_nothing_new_but_still_shows_how_it_ended() {
    let returns = Returns::default();
    let expires_at_ms = NOW_MS + TICKET_MS_MAX;
    let admit = |number, now_ms| returns.admit("state", digest(number), expires_at_ms, now_ms);
    assert_eq!(
        returns.admit("other", digest(0), NOW_MS, NOW_MS + 1),
        Err(ReturnError::Expired)
    );
    assert_eq!(admit(0, expires_at_ms), Ok(()));
    assert_eq!(admit(0, expires_at_ms + 1), Ok(()), "a page that is loaded again");
    assert_eq!(admit(1, expires_at_ms + 1), Err(ReturnError::Expired));
    assert_eq!(
        admit(0, expires_at_ms + REMEMBERED_MS + 1),
        Err(ReturnError::Expired),
        "its receipt may be gone"
    );
}

#[test]
fn what_is_remembered_is_bounded() {
    let returns = Returns::default();
    for number in 0..STATES_MAX + 100 {
        let now_ms = NOW_MS + number as u64;
        assert_eq!(returns.admit(&number.to_string(), digest(0), u64::MAX, now_ms), Ok(()));
    }
    let states = returns.0.lock().expect("lock");
    assert_eq!(states.len(), STATES_MAX);
    assert!(!states.contains_key("0"), "the oldest went first");
}

#[test]
fn a_return_belongs_to_the_plugin_that_made_the_link() {
    let vault = vault(OLD);
    let state = state();
    let marked = |state: &str| opened(&vault, APP, state).map(|clear| clear >> TIME_BITS);
    assert_eq!(marked(&state), Some(u64::from(mark("card-auth"))));
    assert_ne!(mark("card-auth"), mark("aaa"));
    let before = vault.seal_text(Purpose::State { app_id: APP }, &NOW_MS.to_be_bytes());
    assert_eq!(marked(&before.expect("sealed")), Some(0), "of a version without marks");
    assert_eq!(state.len(), TEXT_BYTES);
}
