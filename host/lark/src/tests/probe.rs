//! Who can prove a probe, and what the proof covers.

use crate::{EncryptKey, Keys, Probe, UnixSeconds, VerificationToken};

const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
const APP: &str = "cli_a";

fn keys(encrypt_keys: &[&str], tokens: &[&str]) -> Keys {
    Keys {
        encrypt_keys: encrypt_keys.iter().map(|key| EncryptKey::new(key)).collect(),
        verification_tokens: tokens.iter().map(|token| VerificationToken::new(token)).collect(),
        ..Keys::default()
    }
}

fn probe() -> Probe {
    Probe::of(b"body", [7; 16], NOW)
}

#[test]
fn a_proof_is_accepted_with_the_same_key_and_tells_which_one() {
    let text = keys(&["old"], &["t"]).prove(APP, &probe()).unwrap();
    let server = keys(&["new", "old"], &["t"]);
    let proven = server.check_probe(APP, &text, NOW).unwrap();
    assert_eq!((proven.probe, proven.key), (probe(), 1));
    assert!(keys(&["new"], &["t"]).check_probe(APP, &text, NOW).is_none());
    assert!(server.check_probe("cli_b", &text, NOW).is_none());
    // With an Encrypt Key the token is no proof: others may know it.
    let by_token = keys(&[], &["t"]).prove(APP, &probe()).unwrap();
    assert!(server.check_probe(APP, &by_token, NOW).is_none());
    assert!(keys(&[], &["t"]).check_probe(APP, &by_token, NOW).is_some());
    assert!(keys(&[], &[""]).prove(APP, &probe()).is_none());
}

#[test]
fn every_part_of_a_proof_is_covered() {
    let server = keys(&["key"], &["t"]);
    let text = server.prove(APP, &probe()).unwrap();
    for at in 0..text.len() {
        let mut other = text.clone().into_bytes();
        other[at] = if other[at] == b'0' { b'1' } else { b'0' };
        let other = String::from_utf8(other).unwrap();
        assert!(server.check_probe(APP, &other, NOW).is_none(), "{other}");
    }
    for other in [
        String::new(),
        format!("{text}.x"),
        text.replace('.', ":"),
        "1.2.3".to_owned(),
    ] {
        assert!(server.check_probe(APP, &other, NOW).is_none(), "{other}");
    }
}

#[test]
fn a_proof_ends_after_ten_minutes() {
    let server = keys(&["key"], &["t"]);
    let text = server.prove(APP, &probe()).unwrap();
    for (seconds, is_accepted) in [(600, true), (601, false), (-600, true), (-601, false)] {
        let now = UnixSeconds(NOW.0 + seconds);
        assert_eq!(server.check_probe(APP, &text, now).is_some(), is_accepted, "{seconds}");
    }
}

#[test]
fn a_report_is_known_by_its_code() {
    let server = keys(&["new", "old"], &["t"]);
    let code = server.report_code(1, &[7; 16], "{}").unwrap();
    let doctor = keys(&["old"], &["t"]);
    assert!(doctor.check_report(&[7; 16], "{}", &code));
    assert!(!doctor.check_report(&[8; 16], "{}", &code));
    assert!(!doctor.check_report(&[7; 16], "{ }", &code));
    assert!(!keys(&["other"], &["t"]).check_report(&[7; 16], "{}", &code));
    assert!(server.report_code(2, &[7; 16], "{}").is_none());
}
