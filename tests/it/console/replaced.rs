//! A component that is dropped onto the page in the place of one that serves.

use super::{
    plugins::{dropped, sent, token},
    running,
};
use crate::{operate::place, support::wasm};

#[tokio::test]
async fn what_serves_is_replaced_after_a_question_that_tells_what_changes() {
    let place = place().plugin_as("guest", "moody");
    let (_program, console) = running(&place).await;
    let before = std::fs::read(place.plugin_path("guest.wasm")).unwrap();
    let asked = dropped(&console, "plugin-install", "guest", &wasm("hello")).await;
    assert_eq!(asked.status, 409, "{asked:?}");
    for told in [
        "Not installed yet",
        "− im.message.receive_v1",
        "formaction=\"/console/plugin-replace\"",
    ] {
        assert!(asked.body.contains(told), "{told}: {asked:?}");
    }
    assert_eq!(std::fs::read(place.plugin_path("guest.wasm")).unwrap(), before);
    // What serves already is no other.
    let same = dropped(&console, "plugin-install", "guest", &before).await;
    assert_eq!(same.status, 200, "{same:?}");
    let form = sent(
        &console,
        "/console/plugin-install",
        &token(&console).await,
        "guest.wasm",
        &wasm("hello"),
    )
    .await;
    assert!(
        form.status == 409
            && form.body.contains("Choose the same file once more")
            && form.body.contains(r#"value="guest""#),
        "{form:?}"
    );
    let done = dropped(&console, "plugin-replace", "guest", &wasm("hello")).await;
    assert!(done.status == 200 && done.body.contains("Installed"), "{done:?}");
    assert_eq!(std::fs::read(place.plugin_path("guest.wasm")).unwrap(), wasm("hello"));
    let bad = dropped(&console, "plugin-install", "guest", b"no component").await;
    assert!(bad.status == 409 && !bad.body.contains("plugin-replace"), "{bad:?}");
}
