//! Hostile plugins, attack by attack: the server lives, the caller is answered, the neighbour is unhurt, and the log names the
//! cause.

mod list;

use serde_json::{Value, json};

use super::component::Fixture;
use crate::support::{Place, Scene, event_id, until};

const CARD: &str = "card.action.trigger";

/// Imports for waiting.
const TIMER: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $sleep (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))"#;

const LOG: &str = r#"(import "lark-callback:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

/// One attack: what the plugin does with a click, and what the log must say of it.
struct Attack {
    items: &'static str,
    behind: &'static str,
    handle: &'static str,
    limits: &'static str,
    outcome: &'static str,
    told: &'static str,
}

/// An attack with the limits that nobody has changed.
fn attack(items: &'static str, handle: &'static str, outcome: &'static str, told: &'static str) -> Attack {
    Attack {
        items,
        behind: "",
        handle,
        limits: "",
        outcome,
        told,
    }
}

/// A server with a plugin that attacks it at every click that nobody else takes, and one that answers.
async fn attacked(attack: &Attack) -> Scene {
    let fixture = Fixture::new(CARD, attack.handle)
        .item(attack.items)
        .behind(attack.behind)
        .text(1024, "{\"a\":12}");
    let place = Place::new().plugin_as("answers", "second");
    let place = place.file("bad.toml", format!("[limits]\n{}", attack.limits).as_bytes());
    let scene = place.file("bad.wasm", &fixture.build()).serve().await;
    assert_eq!(scene.log.lines_with("is not used"), [""; 0]);
    scene
}

/// The line of the end of this click.
fn ending(scene: &Scene, id: &str) -> Value {
    let lines = scene.log.lines_with(id);
    let line = lines.iter().find(|line| line.contains(r#""outcome""#));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no ending in {lines:?}"))).unwrap()
}

async fn neighbour_answers(scene: &Scene) {
    let answer = scene.click(json!({"second": "hello"})).await;
    assert_eq!(answer.toast(), "version 1 heard hello");
}

/// Whatever an attack promises, shown on a server of its own.
async fn holds(attack: Attack) {
    let scene = attacked(&attack).await;
    let id = event_id();
    let (client, click) = (scene.client(), scene.lark.click_of(&id, json!({"attack": true})));
    let attacking = tokio::spawn(async move { client.send(&click).await });
    neighbour_answers(&scene).await;
    let answer = attacking.await.unwrap();
    assert!(answer.is_error_toast(), "{}: {answer:?}", attack.told);
    let ending = ending(&scene, &id);
    assert_eq!(
        (&ending["outcome"], &ending["plugin.name"]),
        (&json!(attack.outcome), &json!("bad")),
        "{ending}"
    );
    let error = ending["error"].as_str().unwrap();
    assert!(error.contains(attack.told), "{error}");
    neighbour_answers(&scene).await;
    assert_eq!(scene.health().await["status"], "ok");
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_cpu_time() {
    holds(Attack {
        limits: "cpu_ms_max = 50",
        ..attack(
            "",
            "(loop (br 0)) unreachable",
            "over_cpu",
            "`cpu_ms_max = 50` under [limits]",
        )
    })
    .await;
}

#[tokio::test]
async fn an_endless_copy_of_memory_ends_at_its_cpu_time() {
    // One instruction that moves 16 MiB, over and over: there is no place inside of it at which it could be interrupted.
    let copy = "(memory.grow (i32.const 512)) drop
        (loop (memory.copy (i32.const 65536) (i32.const 16842752) (i32.const 16711680)) (br 0)) unreachable";
    holds(Attack {
        limits: "cpu_ms_max = 50",
        ..attack("", copy, "over_cpu", "`cpu_ms_max = 50` under [limits]")
    })
    .await;
}

#[tokio::test]
async fn an_endless_sleep_ends_at_the_time_limit_of_the_plugin() {
    holds(Attack {
        limits: "callback_ms_max = 200",
        ..attack(
            TIMER,
            "(call $block (call $sleep (i64.const 1000000000000))) i32.const 512",
            "over_budget",
            "`callback_ms_max = 200` under [limits]",
        )
    })
    .await;
}

#[tokio::test]
async fn a_memory_that_grows_without_end_ends_at_its_limit() {
    let bomb = "(loop (memory.grow (memory.size)) drop (br 0)) unreachable";
    holds(attack(
        "",
        bomb,
        "over_memory",
        "`memory_bytes_max = 67108864` under [limits]",
    ))
    .await;
}

#[tokio::test]
async fn a_component_of_two_memories_has_one_limit_for_both() {
    let bomb = "(loop (memory.grow $two (i32.const 16)) drop (memory.grow (i32.const 16)) drop
        (br_if 0 (i32.lt_u (memory.size) (i32.const 520)))) unreachable";
    // Each of them alone stays below it: the first would reach 33 MiB when both have the limit.
    holds(Attack {
        behind: "(memory $two 1)",
        ..attack("", bomb, "over_memory", "`memory_bytes_max = 67108864` under [limits]")
    })
    .await;
}

#[tokio::test]
async fn tables_that_grow_without_end_end_at_their_limit() {
    let grow = "(loop (table.grow $one (ref.null func) (i32.const 1000)) drop
        (table.grow $two (ref.null func) (i32.const 1000)) drop (br 0)) unreachable";
    let tables = "(table $one 1 funcref) (table $two 1 funcref)";
    holds(attack(
        tables,
        grow,
        "over_limit",
        "`table_elements_max = 30000` under [limits]",
    ))
    .await;
}

#[tokio::test]
async fn a_recursion_without_end_ends_at_the_end_of_the_stack() {
    let told = "its call stack is full: 524288 bytes";
    holds(attack("(func $f (call $f))", "(call $f) i32.const 512", "trap", told)).await;
}

#[tokio::test]
async fn handles_that_are_never_closed_end_at_their_limit() {
    let leak = "(loop (call $sleep (i64.const 1)) drop (br 0)) unreachable";
    holds(attack(TIMER, leak, "over_limit", "`handles_max = 256` under [limits]")).await;
}

#[tokio::test]
async fn a_text_of_a_gibibyte_for_the_host_ends_at_its_limit() {
    // Its memory is as large as a plugin's may ever be.
    let shout = "(memory.grow (i32.const 16000)) drop
        (call $log (i32.const 1) (i32.const 0) (i32.const 1040000000)) i32.const 512";
    holds(Attack {
        limits: "memory_bytes_max = 1073741824",
        ..attack(
            LOG,
            shout,
            "over_limit",
            "`host_call_bytes_max = 2097152` under [limits]",
        )
    })
    .await;
}

#[tokio::test]
async fn a_text_outside_of_its_memory_is_a_trap() {
    let shout = "(call $log (i32.const 1) (i32.const -16) (i32.const 1000)) i32.const 512";
    holds(attack(LOG, shout, "trap", "out of bounds")).await;
}

#[tokio::test]
async fn a_result_at_an_address_outside_of_its_memory_is_a_trap() {
    holds(attack("", "i32.const -8", "trap", "out of bounds")).await;
}

#[tokio::test]
async fn a_trap_in_the_start_of_an_instance_is_told_when_the_file_is_loaded() {
    let fixture = Fixture::new(CARD, "i32.const 512").item("(func $start unreachable) (start $start)");
    let scene = Place::new().plugin_as("answers", "second").serve().await;
    scene.place.put("bad.wasm", &fixture.build());
    let line = scene.log.until("bad.wasm is not used").await;
    assert!(
        line.contains("its `describe` failed") && line.contains("it gave up"),
        "{line}"
    );
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_plugin_that_opens_a_socket_is_denied_and_goes_on() {
    let tcp = r#"(import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $tcp (param i32 i32)))"#;
    // Passes when the second byte of the result says that access is denied.
    let open = "(call $tcp (i32.const 0) (i32.const 4096))
        (if (result i32) (i32.and (i32.eq (i32.load8_u (i32.const 4096)) (i32.const 1))
                (i32.eq (i32.load8_u (i32.const 4100)) (i32.const 1)))
            (then i32.const 576) (else unreachable))";
    let scene = attacked(&attack(tcp, open, "", "")).await;
    let id = event_id();
    let answer = scene.send(&scene.lark.click_of(&id, json!({"attack": true}))).await;
    assert_eq!(answer.body, "{}", "{answer:?}");
    assert_eq!(ending(&scene, &id)["outcome"], "passed");
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_payload_over_the_limit_is_not_given_to_the_plugin() {
    let scene = attacked(&Attack {
        limits: "payload_bytes_max = 100",
        ..attack("", "unreachable", "", "")
    })
    .await;
    let id = event_id();
    let answer = scene.send(&scene.lark.click_of(&id, json!({"attack": true}))).await;
    assert!(answer.is_error_toast(), "{answer:?}");
    let ending = ending(&scene, &id);
    assert_eq!(ending["outcome"], "over_limit");
    let error = ending["error"].as_str().unwrap();
    assert!(error.contains("`payload_bytes_max = 100` under [limits]"), "{error}");
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_file_of_random_bytes_is_refused_and_the_old_one_serves() {
    let scene = Place::new().plugin("second").serve().await;
    let mut state = 0x9e37_79b9_u32;
    let mut random = |length: usize| -> Vec<u8> {
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        };
        (0..length).map(|_| byte()).collect()
    };
    for length in [1, 4, 8, 100, 1_000, 100_000] {
        let bytes = random(length);
        lark_callback::plugin::check_component(&bytes).expect_err("it is no component");
        // Behind the first eight bytes of a component.
        let header = [&b"\0asm\x0d\0\x01\0"[..], &bytes].concat();
        lark_callback::plugin::check_component(&header).expect_err("it is no plugin");
    }
    scene
        .place
        .put("second.wasm", &[&b"\0asm\x0d\0\x01\0"[..], &random(1_000)].concat());
    let line = scene.log.until("second.wasm is not used").await;
    assert!(line.contains("version 1 stays loaded"), "{line}");
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_plugin_for_a_later_interface_is_told_so() {
    let later = r#"(component
        (instance $handler)
        (export "lark-callback:plugin/handler@9.0.0" (instance $handler)))"#;
    let scene = Place::new().plugin("second").serve().await;
    scene.place.put("second.wasm", &wat::parse_str(later).unwrap());
    let line = scene.log.until("second.wasm is not used").await;
    assert!(
        line.contains("9.0.0") && line.contains("version 1 stays loaded"),
        "{line}"
    );
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_caller_that_leaves_during_a_call_of_the_host_leaves_nothing_behind() {
    let scene = attacked(&Attack {
        limits: "callback_ms_max = 300\ncalls_max = 1",
        ..attack(
            TIMER,
            "(call $block (call $sleep (i64.const 1000000000000))) i32.const 512",
            "",
            "",
        )
    })
    .await;
    let id = event_id();
    let mut connection = scene.connect().await;
    connection
        .write(&scene.lark.click_of(&id, json!({"attack": true})).bytes())
        .await;
    neighbour_answers(&scene).await;
    drop(connection);
    until("the end of the call", async || {
        (!scene.log.lines_with(&id).is_empty()).then_some(())
    })
    .await;
    assert_eq!(ending(&scene, &id)["outcome"], "over_budget");
    // Its only place is free again: the next one is called, and not refused as busy.
    let next = event_id();
    scene.send(&scene.lark.click_of(&next, json!({"attack": true}))).await;
    assert_eq!(ending(&scene, &next)["outcome"], "over_budget");
}
