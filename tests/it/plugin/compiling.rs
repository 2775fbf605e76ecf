//! Compiling happens in a process of its own, inside limits and beside serving, and once for each plugin.

mod cache;
mod start;

use std::{fs, path::PathBuf};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Place, until, wasm};

/// A component of which the compiler has much work: each of its loops changes one of many variables that all others see.
fn bomb(loops: u32, variables: u32) -> Vec<u8> {
    let mut body = String::new();
    for number in 0..loops {
        let (one, other) = (number % variables, (number * 7 + 1) % variables);
        body.push_str(&format!(
            "(loop (local.set {one} (i64.add (local.get {one}) (local.get {other})))
                (br_if 0 (i32.wrap_i64 (local.get {one})))\n"
        ));
    }
    body.push_str(&")".repeat(loops as usize));
    let locals = "i64 ".repeat(variables as usize);
    let text = format!(
        r#"(component
            (core module (func (local {locals}) {body}))
            (instance $handler)
            (export "lark-callback:plugin/handler@0.1.0" (instance $handler)))"#
    );
    wat::parse_str(text).unwrap()
}

/// The processes that a process has started and that have not ended.
fn children(pid: u32) -> Vec<PathBuf> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .map(|child| PathBuf::from("/proc").join(child))
        .collect()
}

#[tokio::test]
async fn a_plugin_that_would_take_the_compiler_minutes_is_refused_and_holds_up_nobody() {
    let scene = Place::new()
        .plugin("second")
        .set("CALLBACK_COMPILE_SECONDS_MAX", "3")
        .serve()
        .await;
    scene.place.put("bomb.wasm", &bomb(4_000, 3_000));
    scene.place.put("second.wasm", &wasm("second_v2"));
    scene
        .until_click_says(json!({"second": "hello"}), "version 2 heard hello")
        .await;
    let line = scene.log.until("bomb.wasm is not used").await;
    // On a machine that is busy with other things the clock may come first.
    let limits = [
        "took more than 3 seconds of CPU time",
        "took more than 9 seconds on the clock",
    ];
    assert!(limits.iter().any(|limit| line.contains(limit)), "{line}");
    assert!(line.contains("CALLBACK_COMPILE_SECONDS_MAX (now 3)"), "{line}");
}

#[tokio::test]
async fn a_plugin_that_would_take_the_compiler_gigabytes_is_refused_by_its_own_limit() {
    let scene = Place::new()
        .set("CALLBACK_COMPILE_BYTES_MAX", "268435456")
        .file("bomb.wasm", &bomb(2_000, 2_000))
        .serve()
        .await;
    let line = scene.log.until("bomb.wasm is not used").await;
    assert!(line.contains("took more than 268435456 bytes of memory"), "{line}");
    assert!(line.contains("CALLBACK_COMPILE_BYTES_MAX"), "{line}");
}

#[tokio::test]
async fn somebody_who_waits_for_the_compiler_at_a_terminal_is_told_so() {
    let place = Place::new().own_cache().file("bomb.wasm", &bomb(4_000, 3_000));
    let event = json!({"schema": "2.0", "header": {"event_type": "card.action.trigger"}, "event": {}});
    fs::write(place.path("click.json"), event.to_string()).unwrap();
    for command in [
        &["check"][..],
        &["inspect", "--json"],
        &["test", "--event", "click.json"],
        &["install"],
    ] {
        let mut program = place.run(&[&["plugin"], command, &["plugins/bomb.wasm"]].concat());
        let line = program.until_logged("note: compiling bomb.wasm (").await;
        assert!(line.contains("which may take a minute"), "{command:?}: {line}");
        // A program reads what is printed there.
        assert_eq!(program.stdout(), "", "{command:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_while_it_compiles_ends_with_its_compiler() {
    let place = Place::new().file("bomb.wasm", &bomb(4_000, 3_000));
    let mut program = place.run(&[]);
    let client = program.listening().await;
    let compilers = until("a compiler", async || {
        let children = children(program.id());
        (!children.is_empty()).then_some(children)
    })
    .await;
    assert_eq!(client.health().await["status"], "ok");
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains(r#""message":"Stopped""#), "{finished:?}");
    until("the end of the compiler", async || {
        compilers.iter().all(|compiler| !compiler.exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_killed_takes_its_compiler_along() {
    let place = Place::new().file("bomb.wasm", &bomb(4_000, 3_000));
    let mut program = place.run(&[]);
    program.listening().await;
    let compilers = until("a compiler", async || {
        let children = children(program.id());
        (!children.is_empty()).then_some(children)
    })
    .await;
    program.signal(Signal::KILL);
    until("the end of the compiler", async || {
        compilers.iter().all(|compiler| !compiler.exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_compiler_that_breaks_is_told_with_what_it_said() {
    let place = Place::new();
    let program = place.path("compiler");
    fs::write(&program, "#!/bin/sh\ncat > /dev/null\necho 'it hurts' >&2\nexit 3\n").unwrap();
    executable(&program);
    let scene = place.own_cache().compiled_by(program).plugin("echo").serve().await;
    let line = scene.log.until("echo.wasm is not used").await;
    assert!(line.contains("exit status: 3") && line.contains("it hurts"), "{line}");
}

/// Lets everybody run a file.
fn executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
