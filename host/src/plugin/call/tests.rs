//! The limits of a call, and what happens when it exceeds them.

mod memory;
mod together;
mod warm;

use std::{pin::pin, sync::Arc, time::Duration};

use super::{CallError, Outcome, Reply, Task};
use crate::plugin::{
    EngineSettings, Plugin,
    fixture::{
        DONE, Fixture, Host, OF_PLUGINS, PASS, PERMANENT, REPLY, RETRY, click, context, recorded, starts_waiting,
        within,
    },
};

const CARD: &str = "card.action.trigger";

const SPIN: &str = "(loop (br 0)) unreachable";
const SLEEP: &str = "(call $block (call $sleep (i64.const 1000000000000))) i32.const 512";

/// Imports for waiting.
const TIMER: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $sleep (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))"#;

/// Imports for writing; `$say` writes the bytes of an address to a stream.
const STREAMS: &str = r#"
    (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
    (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))
    (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
    (func $say (param $stream i32) (param $address i32) (param $length i32)
        (call $write (local.get $stream) (local.get $address) (local.get $length) (i32.const 4096)))"#;

const LOG: &str = r#"(import "lark-callback:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

async fn load(host: &Host, handle: &str) -> Plugin {
    host.load("x", &Fixture::new(CARD, handle).text(1024, "{\"a\":12}"))
        .await
}

async fn handle(plugin: &Plugin) -> Result<Outcome, CallError> {
    plugin.handle(&click(), context()).await
}

/// Runs a click on a plugin of these instructions and items.
async fn outcome(items: &str, handle_with: &str, toml: &str) -> Result<Outcome, CallError> {
    let host = Host::start().await;
    let fixture = Fixture::new(CARD, handle_with).item(items).text(1024, "{\"a\":12}");
    handle(&host.load_with("x", &fixture, toml).await.unwrap()).await
}

#[track_caller]
fn is(error: &CallError, code: &str, parts: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.code(), code, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[tokio::test]
async fn a_reply_a_pass_and_a_silence_arrive() {
    let host = Host::start().await;
    let reply = async |instructions| handle(&load(&host, instructions).await).await.unwrap().reply;
    assert_eq!(reply(REPLY).await, Reply::Json("{\"a\":12}".to_owned()));
    assert_eq!(reply(PASS).await, Reply::Pass);
    assert_eq!(reply(DONE).await, Reply::None);
}

#[tokio::test]
async fn a_plugin_s_own_failures_arrive_with_its_words() {
    let retry = outcome("", RETRY, "").await.unwrap_err();
    assert!(
        matches!(&retry, CallError::Retry { message, after_ms: Some(90) } if message == "{\"a\":12}"),
        "{retry:?}"
    );
    let permanent = outcome("", PERMANENT, "").await.unwrap_err();
    assert!(
        matches!(&permanent, CallError::Permanent { message } if message == "{\"a\":12}"),
        "{permanent:?}"
    );
}

#[tokio::test]
async fn a_task_is_run() {
    let host = Host::start().await;
    let plugin = host
        .load("x", &Fixture::new(CARD, DONE).run(REPLY).text(1024, "{\"a\":12}"))
        .await;
    let task = Task {
        id: "task-1".to_owned(),
        name: "request".to_owned(),
        payload: "{}".to_owned(),
        requested_by: String::new(),
        app_id: "cli_1".to_owned(),
        scheduled_at_ms: None,
    };
    assert_eq!(
        plugin.run(task, context()).await.unwrap().reply,
        Reply::Json("{\"a\":12}".to_owned())
    );
}

#[tokio::test]
async fn a_call_sees_nothing_of_the_one_before() {
    // It passes when its memory is fresh, and is done when somebody was here before.
    let remember = "(if (result i32) (i32.load (i32.const 4096)) (then i32.const 512)
                        (else (i32.store (i32.const 4096) (i32.const 1)) i32.const 576))";
    let host = Host::start().await;
    let plugin = load(&host, remember).await;
    for _ in 0..20 {
        assert_eq!(handle(&plugin).await.unwrap().reply, Reply::Pass);
    }
}

#[tokio::test]
async fn a_call_sees_nothing_of_the_one_before_however_large_its_memory_is() {
    let host = Host::start().await;
    for pages in [1, 4, 5, 17, 100] {
        let end = pages * 65_536;
        // At the beginning, in the middle, at the end, and in what was added.
        let places = [4_096, end / 2, end - 4, end, end + 8 * 65_536 - 4];
        let here = places.map(|place| format!("(i32.load (i32.const {place})) i32.or"));
        let remember = places.map(|place| format!("(i32.store (i32.const {place}) (i32.const 1))"));
        let instructions = format!(
            "(memory.grow (i32.const 8)) drop i32.const 0 {} {} (if (result i32) (then i32.const 512) (else i32.const 576))",
            here.join(" "),
            remember.join(" ")
        );
        let plugin = host.load("x", &Fixture::new(CARD, &instructions).pages(pages)).await;
        for _ in 0..20 {
            assert_eq!(handle(&plugin).await.unwrap().reply, Reply::Pass, "{pages}");
        }
    }
}

#[tokio::test]
async fn an_endless_loop_ends_with_its_cpu_time_or_at_its_deadline() {
    is(
        &outcome("", SPIN, "[limits]\ncpu_ms_max = 20").await.unwrap_err(),
        "over_cpu",
        &["`cpu_ms_max = 20` under [limits]"],
    );
    let host = Host::start().await;
    let plugin = host
        .load_with("x", &Fixture::new(CARD, SPIN), "[limits]\ncpu_ms_max = 60000")
        .await
        .unwrap();
    let error = plugin
        .handle(&click(), within(Duration::from_millis(30)))
        .await
        .unwrap_err();
    is(&error, "over_budget", &["its time budget of 30 ms;"]);
}

#[tokio::test]
async fn a_sleeping_plugin_ends_at_its_deadline_and_its_sleep_is_no_cpu_time() {
    let host = Host::start().await;
    let fixture = Fixture::new(CARD, SLEEP).item(TIMER);
    let plugin = host
        .load_with("x", &fixture, "[limits]\ncpu_ms_max = 200")
        .await
        .unwrap();
    let error = plugin
        .handle(&click(), within(Duration::from_millis(400)))
        .await
        .unwrap_err();
    is(&error, "over_budget", &["its time budget of 400 ms;"]);
}

#[tokio::test]
async fn a_bomb_of_tables_ends_at_its_limit() {
    let table = "(table $t 1 funcref)";
    let grow = "(loop (table.grow $t (ref.null func) (i32.const 1000)) drop (br 0)) unreachable";
    is(
        &outcome(table, grow, "").await.unwrap_err(),
        "over_limit",
        &["`table_elements_max = 30000`"],
    );
}

#[tokio::test]
async fn a_leak_of_handles_ends_at_its_limit() {
    let leak = "(loop (call $sleep (i64.const 1)) drop (br 0)) unreachable";
    is(
        &outcome(TIMER, leak, "").await.unwrap_err(),
        "over_limit",
        &["`handles_max = 256`"],
    );
}

#[tokio::test]
async fn a_text_too_long_for_the_host_ends_at_its_limit() {
    let shout =
        "(memory.grow (i32.const 40)) drop (call $log (i32.const 1) (i32.const 0) (i32.const 2200000)) i32.const 512";
    is(
        &outcome(LOG, shout, "").await.unwrap_err(),
        "over_limit",
        &["`host_call_bytes_max = 2097152`"],
    );
}

#[tokio::test]
async fn what_breaks_is_told_apart() {
    is(
        &outcome("", "unreachable", "").await.unwrap_err(),
        "trap",
        &["it gave up (a panic"],
    );
    is(
        &outcome("(func $f (call $f))", "(call $f) i32.const 512", "")
            .await
            .unwrap_err(),
        "trap",
        &["its call stack is full: 524288 bytes"],
    );
    is(
        &outcome("", "(i32.load (i32.const -4))", "").await.unwrap_err(),
        "trap",
        &["out of bounds memory access"],
    );
    let exit = r#"(import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))"#;
    is(
        &outcome(exit, "(call $exit (i32.const 0)) i32.const 512", "")
            .await
            .unwrap_err(),
        "trap",
        &["exit(0) instead of returning"],
    );
    let random = r#"(import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))"#;
    let much = "(call $random (i64.const 100000) (i32.const 4096)) i32.const 512";
    is(
        &outcome(random, much, "").await.unwrap_err(),
        "trap",
        &["100000 exceeds limit 65536"],
    );
}

#[tokio::test]
async fn the_names_of_the_functions_that_broke_are_told() {
    let error = outcome(
        "(func $divide_the_bill unreachable)",
        "(call $divide_the_bill) i32.const 512",
        "",
    )
    .await
    .unwrap_err();
    is(&error, "trap", &["in divide_the_bill"]);
}

#[tokio::test]
async fn log_lines_carry_plugin_event_and_type_and_stay_one_line() {
    let lines = recorded();
    let host = Host::start().await;
    let say = "(call $log (i32.const 2) (i32.const 1024) (i32.const 5)) i32.const 512";
    let plugin = host
        .load("x", &Fixture::new(CARD, say).item(LOG).text(1024, "a\nb\u{1b}c"))
        .await;
    handle(&plugin).await.unwrap();
    let named = "plugin.name=\"x\" event.id=\"evt-1\" event.type=\"card.action.trigger\"";
    assert_eq!(
        lines.lines_with(OF_PLUGINS),
        [format!("WARN plugin: a\\nb\\u{{1b}}c {named}")]
    );
}

#[tokio::test]
async fn what_a_plugin_prints_is_in_its_log_line_by_line() {
    let lines = recorded();
    let host = Host::start().await;
    // Runtimes write one message in pieces, and may forget the last line end.
    let print = "(call $say (call $stdout) (i32.const 1024) (i32.const 4))
                 (call $say (call $stderr) (i32.const 1100) (i32.const 5))
                 (call $say (call $stdout) (i32.const 1028) (i32.const 9)) i32.const 512";
    let fixture = Fixture::new(CARD, print)
        .item(STREAMS)
        .text(1024, "one two\n\nfour")
        .text(1100, "oops!");
    handle(&host.load("x", &fixture).await).await.unwrap();
    let said: Vec<String> = lines
        .lines_with(OF_PLUGINS)
        .iter()
        .map(|line| line.split(" plugin.name").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        said,
        ["INFO plugin: one two", "INFO plugin: four", "WARN plugin: oops!"]
    );
}

#[tokio::test]
async fn what_a_plugin_said_before_it_broke_is_not_lost() {
    let lines = recorded();
    let host = Host::start().await;
    let panic = "(call $say (call $stderr) (i32.const 1024) (i32.const 8)) unreachable";
    let plugin = host
        .load("x", &Fixture::new(CARD, panic).item(STREAMS).text(1024, "panicked"))
        .await;
    is(&handle(&plugin).await.unwrap_err(), "trap", &["it gave up"]);
    assert!(
        lines.lines_with(OF_PLUGINS)[0].starts_with("WARN plugin: panicked"),
        "{:?}",
        lines.lines_with(OF_PLUGINS)
    );
}

#[tokio::test]
async fn a_flood_of_lines_is_cut_with_one_line_that_says_so() {
    let lines = recorded();
    let host = Host::start().await;
    let flood = "(local $n i32)
        (loop (call $log (i32.const 1) (i32.const 1024) (i32.const 68))
            (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500)))) i32.const 512";
    let fixture = Fixture::new(CARD, flood).item(LOG).text(1024, &"x".repeat(68));
    handle(
        &host
            .load_with("x", &fixture, "[limits]\nlog_bytes_max = 1050")
            .await
            .unwrap(),
    )
    .await
    .unwrap();
    let lines = lines.lines_with(OF_PLUGINS);
    // Ten lines of 68 and 32 bytes, the start of one more, and the notice.
    assert_eq!(lines.len(), 12, "{lines:?}");
    assert!(
        lines[10].contains(": xxxxxxxxxxxxxxxxxx… (50 bytes more) plugin.name"),
        "{}",
        lines[10]
    );
    assert!(
        lines[11].contains("log truncated") && lines[11].contains("`log_bytes_max = 1050`"),
        "{}",
        lines[11]
    );
}

/// Sets the key `k` if it does not exist; passes when it was first.
const CLAIM: &str = "(call $claim (i32.const 1024) (i32.const 1) (i32.const 0) (i64.const 0) (i32.const 1024) (i32.const 1)
        (i32.const 0) (i64.const 0) (i32.const 4096))
    (if (result i32) (i32.and (i32.eqz (i32.load8_u (i32.const 4096))) (i32.eq (i32.load8_u (i32.const 4104)) (i32.const 1)))
        (then i32.const 576) (else i32.const 512))";
const KV: &str = r#"(import "lark-callback:plugin/kv@0.1.0" "compare-and-set"
    (func $claim (param i32 i32 i32 i64 i32 i32 i32 i64 i32)))"#;

#[tokio::test]
async fn a_plugin_keeps_its_values_and_sees_no_other_s() {
    let host = Host::start().await;
    let fixture = Fixture::new(CARD, CLAIM).item(KV).text(1024, "k");
    let one = host.load("one", &fixture).await;
    let two = host.load("two", &fixture).await;
    assert_eq!(handle(&one).await.unwrap().reply, Reply::Pass);
    assert_eq!(handle(&one).await.unwrap().reply, Reply::None);
    assert_eq!(handle(&two).await.unwrap().reply, Reply::Pass);
}

#[tokio::test]
async fn a_value_over_its_limit_is_refused_and_the_plugin_goes_on() {
    let host = Host::start().await;
    let fixture = Fixture::new(
        CARD,
        &CLAIM.replace("(i32.const 1024) (i32.const 1)\n", "(i32.const 1024) (i32.const 9)\n"),
    );
    let fixture = fixture.item(KV).text(1024, "k");
    let plugin = host
        .load_with("x", &fixture, "[limits]\nkv_value_bytes_max = 8")
        .await
        .unwrap();
    assert_eq!(handle(&plugin).await.unwrap().reply, Reply::None);
}

#[tokio::test]
async fn the_clock_of_a_plugin_goes_on_from_the_time_it_was_given() {
    let host = Host::start().await;
    let clock = r#"(import "wasi:clocks/wall-clock@0.2.0" "now" (func $now (param i32)))"#;
    let in_time = "(call $now (i32.const 4096))
        (if (result i32) (i64.eq (i64.div_u (i64.load (i32.const 4096)) (i64.const 100)) (i64.const 17000000))
            (then i32.const 576) (else i32.const 512))";
    let plugin = host.load("x", &Fixture::new(CARD, in_time).item(clock)).await;
    assert_eq!(handle(&plugin).await.unwrap().reply, Reply::Pass);
}
