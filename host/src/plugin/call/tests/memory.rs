//! Memory at its limit.

use super::{is, outcome};
use crate::plugin::{
    Reply,
    fixture::{DONE, PERMANENT, RETRY},
};

/// A memory that doubles until it is refused.
const BOMB: &str = "(loop (memory.grow (memory.size)) drop (br 0)) unreachable";

#[tokio::test]
async fn a_memory_bomb_ends_at_its_limit() {
    let text =
        "the plugin's memory in bytes is over the limit of 67108864; the setting is `memory_bytes_max = 67108864`";
    is(&outcome("", BOMB, "").await.unwrap_err(), "over_memory", &[text]);
    is(
        &outcome("", BOMB, "[limits]\nmemory_bytes_max = 100000")
            .await
            .unwrap_err(),
        "over_memory",
        &["of 100000"],
    );
}

#[tokio::test]
async fn a_plugin_that_is_refused_memory_can_tell_where_it_was_and_can_do_without() {
    // It fills its memory, and is refused a page, and gets one to tell that.
    let refused = "(memory.grow (i32.sub (i32.const 1024) (memory.size))) drop
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1024)) (then unreachable))";
    let ended = async |end: &str| outcome("", &format!("{refused} {end}"), "").await;
    let limit = "`memory_bytes_max = 67108864` under [limits] in the plugin's .toml; it ended with: ";
    let told = ended(RETRY).await.unwrap_err();
    is(&told, "over_memory", &[limit, "it ended with: {\"a\":12}"]);
    is(
        &ended("unreachable").await.unwrap_err(),
        "over_memory",
        &[limit, "it gave up (a panic"],
    );
    // It has decided that itself.
    is(&ended(PERMANENT).await.unwrap_err(), "permanent", &[]);
    assert_eq!(ended(DONE).await.unwrap().reply, Reply::None);
}
