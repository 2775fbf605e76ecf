//! The query that a browser brings back from the authorize page.

#![no_main]

use lark_protocol::Redirect;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|query: &str| {
    let Some(redirect) = Redirect::parse(query) else { return };
    assert!(Redirect::is_in(query), "read, and not seen: {query}");
    let visible = |text: &str| !text.is_empty() && !text.contains(char::is_control);
    assert!(visible(redirect.state()) && redirect.code().is_none_or(visible));
    let event = redirect.event("cli_a", redirect.code(), 0);
    serde_json::from_str::<Value>(&event.payload).expect("the payload is json");
    assert_eq!(redirect.digest("cli_a"), redirect.clone().digest("cli_a"));
});
