//! Versions of plugins: one can go back to each of the last, and a bad one goes back by itself.

mod canary;
mod install;
mod orders;
mod probation;
mod restarted;
mod servers;
mod signed;

use serde_json::{Value, json};

use crate::support::{Client, Place, until};

/// The click that each version of `second` answers in its own way.
fn hello() -> Value {
    json!({"second": "hello"})
}

const ONE: &str = "version 1 heard hello";
const TWO: &str = "version 2 heard hello";

/// What lets version 3 of `second` be loaded.
const GREETING: &[u8] = b"[config]\ngreeting = \"Hello\"\n";

/// The same component with other bytes: a section that means nothing.
fn with_mark(wasm: &[u8], mark: u8) -> Vec<u8> {
    // A custom section of four bytes: its name of two letters, and the mark.
    [wasm, &[0, 4, 2, b'i', b't', mark]].concat()
}

/// The versions of `second`, the one that served last first.
async fn history(place: &Place) -> Vec<Value> {
    let history = crate::operate::ask(place, &["plugin", "history", "second"]).await;
    history["versions"].as_array().unwrap().clone()
}

/// Waits until so many versions of `second` are kept.
async fn until_kept(place: &Place, count: usize) {
    until("versions to be kept", async || {
        let kept = history(place)
            .await
            .iter()
            .filter(|version| version["is_kept"] == true)
            .count();
        (kept == count).then_some(())
    })
    .await;
}

/// Waits until version 1 answered and is kept, then has version 2 answer.
async fn two_versions(place: &Place, client: &Client) {
    client.until_click_says(hello(), ONE).await;
    until_kept(place, 1).await;
    place.put("second.wasm", &crate::support::wasm("second_v2"));
    client.until_click_says(hello(), TWO).await;
    until_kept(place, 2).await;
}
