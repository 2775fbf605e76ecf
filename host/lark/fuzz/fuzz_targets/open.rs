//! A whole request of a stranger's: three headers and a body, for applications with and without an encrypt key.
//!
//! The first three lines of the input are the headers, `-` for one that is absent; the rest is the body.

#![no_main]

use lark_protocol::{EncryptKey, Keys, Opened, RawCallback, UnixSeconds, VerificationToken, open};
use libfuzzer_sys::fuzz_target;

/// The secrets of the recorded requests, so that some of the seeds are opened.
const ENCRYPT_KEY: &str = "kudryavka";
const TOKEN: &str = "066zT6pS4QCbgj5Do145GfDbbagCHGgF";
const NOW: UnixSeconds = UnixSeconds(1_669_706_134);

fn keys(encrypt_key: Option<&str>, token: Option<&str>) -> Keys {
    Keys {
        encrypt_keys: encrypt_key.map(EncryptKey::new).into_iter().collect(),
        verification_tokens: token.map(VerificationToken::new).into_iter().collect(),
        ..Keys::default()
    }
}

fn header<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (line, after) = rest.split_at(end);
    *rest = after.get(1..).unwrap_or_default();
    (line != b"-").then_some(line)
}

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    let (timestamp, nonce, signature) = (header(&mut rest), header(&mut rest), header(&mut rest));
    let raw = RawCallback {
        timestamp,
        nonce,
        signature,
        body: rest,
    };
    for (encrypt_key, token) in [
        (None, None),
        (None, Some(TOKEN)),
        (Some(ENCRYPT_KEY), None),
        (Some(ENCRYPT_KEY), Some(TOKEN)),
    ] {
        let opened = open(&keys(encrypt_key, token), &raw, NOW);
        match opened {
            // Whoever knows neither secret gets nothing opened; the seeds know them.
            Ok(_) if encrypt_key.is_none() && token.is_none() => panic!("opened without a secret"),
            Ok(Opened::Event(event) | Opened::AppTicket { event, .. }) => {
                for name in [&event.id, &event.event_type, &event.app_id, &event.tenant_key] {
                    assert!(name.len() <= 256, "a name of {} bytes", name.len());
                }
                assert!(event.payload.starts_with('{'), "{}", event.payload);
            }
            Ok(Opened::Challenge(_)) => {}
            Err(error) => assert!(!error.code().is_empty() && !error.to_string().is_empty()),
        }
    }
});
