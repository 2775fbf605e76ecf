//! Answers a click with what Lark answers: `{"call": "/open-apis/…", "user": "ou_…"}`, the user being optional. With
//! `"backwards": ["…"]` it tells instead which of these texts, read forwards, stand in its memory after the call.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct LarkCalls;

#[derive(Deserialize)]
struct Value {
    call: String,
    user: Option<String>,
    #[serde(default)]
    backwards: Vec<String>,
}

impl Plugin for LarkCalls {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        let mut openapi = host.openapi();
        if let Some(open_id) = value.user {
            openapi = openapi.as_user(open_id);
        }
        let said = match openapi.get(value.call).send() {
            Ok(answer) => answer.body::<serde_json::Value>()?.to_string(),
            Err(error) => error.to_string(),
        };
        if !value.backwards.is_empty() {
            let in_memory: Vec<_> = value.backwards.iter().map(|text| is_in_memory(text)).collect();
            return Outcome::reply(&CardReply::toast(Toast::info(format!("{in_memory:?}"))));
        }
        Outcome::reply(&CardReply::toast(Toast::info(said)))
    }
}

/// Whether a text stands anywhere in this plugin's memory. It is given backwards, or it would find itself.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "whoever looks for a secret looks at all of the memory")]
fn is_in_memory(backwards: &str) -> bool {
    const PAGE_BYTES: usize = 65_536;
    let bytes = core::arch::wasm32::memory_size(0) * PAGE_BYTES;
    let Some(first) = backwards.bytes().next_back() else {
        return false;
    };
    // SAFETY: all of a memory can be read, and nothing writes while this runs.
    let memory = unsafe { std::slice::from_raw_parts(core::ptr::without_provenance::<u8>(1), bytes - 1) };
    memory
        .windows(backwards.len())
        .any(|text| text.first() == Some(&first) && text.iter().rev().eq(backwards.as_bytes()))
}

#[cfg(not(target_arch = "wasm32"))]
fn is_in_memory(_backwards: &str) -> bool {
    false
}

register!(LarkCalls);
