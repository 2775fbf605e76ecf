//! A plugin's reply, for each kind of callback and each shape: what is sent on is one JSON object.

#![no_main]

use lark_protocol::{OAUTH_REDIRECT, Schema, reply::callback_body};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|reply: &str| {
    for event_type in ["card.action.trigger", "url.preview.get", "profile.view.get", OAUTH_REDIRECT] {
        for schema in [Schema::V2, Schema::CardV1] {
            match callback_body(event_type, schema, Some(reply)) {
                Ok(body) => {
                    let read = serde_json::from_str::<Map<String, Value>>(&body);
                    if let Err(error) = read {
                        // Deep or with a number that no reader here takes: it is passed on as it was written.
                        let text = error.to_string();
                        let is_limit = ["recursion limit", "out of range"].iter().any(|limit| text.contains(limit));
                        assert!(is_limit, "{text}: {body}");
                    }
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
});
