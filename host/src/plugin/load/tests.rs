//! Loading a file: a plugin, or an error with advice.

use std::{error::Error, fs, path::Path};

use bytes::Bytes;
use proptest::{prelude::any, proptest, test_runner::Config};

use super::{LoadError, LoadProblem, check::shape};
use crate::plugin::{
    bindings::HANDLER,
    fixture::{DONE, Fixture, Host, starts_waiting},
};

fn fixture() -> Fixture {
    Fixture::new("card.action.trigger", DONE)
}

/// The whole chain of reasons, as a person reads it.
fn story(error: &LoadError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[track_caller]
fn tells(result: Result<crate::plugin::Plugin, LoadError>, parts: &[&str]) {
    let story = story(&result.unwrap_err());
    for part in parts {
        assert!(story.contains(part), "`{part}` is not in: {story}");
    }
}

#[tokio::test]
async fn a_component_becomes_a_plugin() {
    let host = Host::start().await;
    let plugin = host.load("one", &fixture()).await;
    assert_eq!((plugin.name(), plugin.description().version.as_str()), ("one", "1.2.3"));
    assert_eq!(plugin.description().event_types, ["card.action.trigger"]);
    assert_eq!(plugin.hash().len(), 64);
}

#[tokio::test]
async fn the_same_bytes_have_the_same_hash_and_other_bytes_another() {
    let host = Host::start().await;
    let one = host.load("one", &fixture()).await;
    let again = host.load("again", &fixture()).await;
    let other = host.load("other", &fixture().text(1024, "other")).await;
    assert_eq!(one.hash(), again.hash());
    assert_ne!(one.hash(), other.hash());
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_refused_or_lacks_nothing_but_the_names_at_its_end() {
    let host = Host::start().await;
    let whole = fixture().build();
    let description = host.load("x", &fixture()).await.description;
    let mut reached_the_compiler = 0;
    for end in 0..whole.len() {
        let cut = whole.slice(..end);
        if shape(&cut).is_ok() {
            // Between two sections a shorter component ends; until the last, it lacks its exports.
            reached_the_compiler += 1;
            match host.load_bytes("x", cut, "").await {
                Ok(plugin) => assert_eq!(plugin.description, description, "cut at {end}"),
                Err(error) => tells(Err(error), &["it exports nothing", "copy to another name"]),
            }
        }
    }
    assert!(
        reached_the_compiler < 40,
        "{reached_the_compiler} of {} cuts reached the compiler",
        whole.len()
    );
}

proptest! {
    #![proptest_config(Config::with_cases(256))]

    #[test]
    fn bytes_of_any_kind_are_refused_without_a_panic(garbage: Vec<u8>) {
        assert!(shape(&garbage).is_err());
    }

    #[test]
    fn a_component_with_a_changed_byte_is_never_worse_than_refused(at: usize, byte in any::<u8>()) {
        let mut wasm = fixture().build().to_vec();
        let at = at % wasm.len();
        wasm[at] = byte;
        let _ = shape(&wasm).and_then(|shape| shape.check_world());
    }
}

#[tokio::test]
async fn what_is_no_component_is_named_with_what_to_do() {
    let host = Host::start().await;
    let load = async |bytes: &'static [u8]| host.load_bytes("x", Bytes::from_static(bytes), "").await;
    tells(
        load(b"").await,
        &[
            "plugin x (plugins/x.wasm) was not loaded",
            "it is empty",
            "copy to another name",
        ],
    );
    tells(load(b"<html>").await, &["it is not WebAssembly"]);
    for (module, target) in [
        ("(module)", "wasm32-unknown-unknown"),
        (
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)))"#,
            "wasm32-wasip1",
        ),
        (
            r#"(module (import "__wbindgen_placeholder__" "a" (func)))"#,
            "wasm-bindgen",
        ),
        (
            r#"(module (import "lark-callback:plugin/log@0.1.0" "write" (func)))"#,
            "wasm-tools component new",
        ),
        (
            r#"(module (@custom "component-type:plugin" ""))"#,
            "wasm-tools component new",
        ),
    ] {
        let module = Bytes::from(wat::parse_str(module).unwrap());
        tells(
            host.load_bytes("x", module, "").await,
            &["a core module", target, "--target wasm32-wasip2"],
        );
    }
    let large = Bytes::from(vec![0; (64 << 20) + 1]);
    tells(
        host.load_bytes("x", large, "").await,
        &["it has 67108865 bytes; the limit is 67108864"],
    );
}

#[tokio::test]
async fn a_component_of_another_world_is_told_what_it_is() {
    let host = Host::start().await;
    let load = async |wat: &str| host.load_bytes("x", wat::parse_str(wat).unwrap().into(), "").await;
    tells(
        load("(component)").await,
        &[
            "it does not export lark-callback:plugin/handler@0.1.0",
            "it exports nothing",
        ],
    );
    let other = "(component (instance $i) (export \"a:b/c\" (instance $i)))";
    tells(load(other).await, &["`register!` a plugin"]);
    let program = "(component (instance $i) (export \"wasi:cli/run@0.2.0\" (instance $i)))";
    tells(load(program).await, &["it is a program with a main function", "cdylib"]);
    for (version, advice) in [
        ("@7.0.0", "the plugin is newer: update the server"),
        ("@0.10.0", "the plugin is newer: update the server"),
        ("@0.0.9", "the plugin is older: build it again"),
        ("", "the plugin is older: build it again"),
    ] {
        let other = format!("lark-callback:plugin/handler{version}");
        let wat = format!("(component (instance $i) (export \"{other}\" (instance $i)))");
        tells(
            load(&wat).await,
            &[
                "a plugin for another version of the interface",
                &format!("it exports {other}, and this server calls {HANDLER}"),
                advice,
                "plugin new --update-sdk",
            ],
        );
    }
    let empty = "(component (instance $i) (export \"lark-callback:plugin/handler@0.1.0\" (instance $i)))";
    tells(
        load(empty).await,
        &[
            "a plugin for another version of the interface",
            "plugin new --update-sdk",
        ],
    );
}

#[tokio::test]
async fn a_record_of_another_version_is_found_before_an_event_comes() {
    let host = Host::start().await;
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    for (file, member, function, told) in [
        (
            "handler.wit",
            "finishes-late: bool,",
            "describe",
            "expected record of 6 fields, found 7 fields",
        ),
        (
            "types.wit",
            "create-time-ms: u64,",
            "handle",
            "expected record of 11 fields, found 12 fields",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(&wit).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let changed = folder.path().join(file);
        let text = fs::read_to_string(&changed).unwrap();
        fs::write(&changed, text.replacen(member, &format!("{member} more: bool,"), 1)).unwrap();
        tells(
            host.load_bytes("x", fixture().build_against(folder.path()), "").await,
            &[
                "a plugin for another version of the interface",
                "plugin new --update-sdk",
                &format!("its function `{function}`"),
                told,
            ],
        );
    }
}

#[tokio::test]
async fn an_import_that_plugins_do_not_get_is_named_with_the_habit_behind_it() {
    let host = Host::start().await;
    let http = fixture().item(r#"(import "wasi:http/outgoing-handler@0.2.0" "handle" (func $handle (result i32)))"#);
    tells(
        host.load_with("x", &http, "").await,
        &[
            "it imports wasi:http/outgoing-handler@0.2.0",
            "leave out the HTTP client",
            "--disable http fetch-event",
        ],
    );
}

#[tokio::test]
async fn a_component_with_asynchronous_functions_is_told_the_switch_that_avoids_them() {
    let host = Host::start().await;
    let wat = "(component (core func $cancel (canon task.cancel)))";
    tells(
        host.load_bytes("x", wat::parse_str(wat).unwrap().into(), "").await,
        &["asynchronous functions", "`--sync`"],
    );
}

#[tokio::test]
async fn a_plugin_that_breaks_while_it_describes_itself_is_not_loaded() {
    let host = Host::start().await;
    tells(
        host.load_with("x", &fixture().describe("unreachable"), "").await,
        &["`describe` failed", "it gave up"],
    );
    let spin = fixture().describe("(loop (br 0)) unreachable");
    tells(
        host.load_with("x", &spin, "[limits]\ncpu_ms_max = 20").await,
        &["CPU time", "cpu_ms_max = 20"],
    );
    let nothing = fixture().event_types(&[]);
    tells(
        host.load_with("x", &nothing, "").await,
        &["event-types must be a list of 1 to 512 names"],
    );
    let strange = fixture().event_types(&["two words"]);
    tells(
        host.load_with("x", &strange, "").await,
        &["each of event-types must be `*` or a name"],
    );
}

#[tokio::test]
async fn a_want_without_its_grant_is_held_with_the_lines_to_add() {
    let host = Host::start().await;
    let wanting = fixture()
        .want("config", "greeting")
        .want("openapi", "POST /open-apis/im/v1/messages");
    tells(
        host.load_with("x", &wanting, "").await,
        &[
            "add to x.toml beside it",
            "`greeting = \"…\"` under [config] (it needs it)",
            "`openapi = [\"POST /open-apis/im/v1/messages\"]` under [grant] (it needs it)",
        ],
    );
    let given = "[config]\ngreeting = \"hello\"\n[grant]\nopenapi = [\"* /open-apis/im/**\"]";
    assert_eq!(
        host.load_with("x", &wanting, given)
            .await
            .unwrap()
            .description()
            .wants
            .len(),
        2
    );
}

#[tokio::test]
async fn a_load_that_nobody_waits_for_any_more_leaves_room_for_the_next() {
    let host = Host::start().await;
    let fixture = fixture();
    for _ in 0..8 {
        assert!(starts_waiting(host.load_with("x", &fixture, "")).await);
    }
    host.load("x", &fixture).await;
}

#[tokio::test]
async fn what_no_plugin_needs_is_refused_before_it_is_compiled_with_its_number_and_the_limit() {
    let host = Host::start().await;
    let load = async |wat: String| host.load_bytes("x", wat::parse_str(wat).unwrap().into(), "").await;
    let many = format!("(component {})", "(component)".repeat(5_000));
    tells(load(many).await, &["101 components; the limit is 100"]);
    let deep = format!("{}{}", "(component ".repeat(20), ")".repeat(20));
    tells(load(deep).await, &["9 components nested in each other; the limit is 8"]);
    let modules = format!("(component {})", "(core module)".repeat(300));
    tells(load(modules).await, &["201 modules; the limit is 200"]);
    let instances = format!("(component {})", "(instance)".repeat(3_000));
    tells(load(instances).await, &[" instances; the limit is 2000"]);
    let types = format!("(component {})", "(type u8)".repeat(60_000));
    tells(load(types).await, &[" types; the limit is 50000"]);
    let locals = format!("(component (core module (func (local {}))))", "i64 ".repeat(20_000));
    tells(
        load(locals).await,
        &["20000 locals in one function; the limit is 10000"],
    );
    let long = format!("(component (core module (func {})))", "nop ".repeat(2 << 20));
    tells(load(long).await, &[" bytes in one function; the limit is 1048576"]);
}

#[tokio::test]
async fn what_is_larger_than_any_plugin_is_not_called_damaged_nor_the_server_replaced() {
    let host = Host::start().await;
    let with = |more: &str| {
        let text = format!(
            r#"(component {more} (instance $handler) (export "lark-callback:plugin/handler@0.1.0" (instance $handler)))"#
        );
        Bytes::from(wat::parse_str(text).unwrap())
    };
    let module = |what: &str| with(&format!("(core module $m {what}) (core instance (instantiate $m))"));
    for (what, wasm) in [
        ("a memory of 4 GiB", module("(memory 65536)")),
        ("a table of four billion", module("(table 4294967295 funcref)")),
        (
            "half a million globals",
            module(&"(global i32 (i32.const 0))".repeat(400_000)),
        ),
    ] {
        let story = story(&host.load_bytes("x", wasm, "").await.unwrap_err());
        assert!(
            story.contains("initial memory or tables are larger than a plugin may have"),
            "{what}: {story}"
        );
    }
    let doubled: String = (1..200)
        .map(|n| format!("(type $t{n} (tuple $t{0} $t{0}))", n - 1))
        .collect();
    let deep: String = (1..2_000).map(|n| format!("(type $t{n} (list $t{}))", n - 1)).collect();
    for types in [doubled, deep] {
        let wasm = with(&format!("(type $t0 u8){types}"));
        tells(
            host.load_bytes("x", wasm, "").await,
            &["exceeds a limit of the component format"],
        );
    }
}

/// The parser has messages of several lines, and quotes what stands in the file.
#[test]
fn what_the_parser_says_of_a_damaged_file_is_one_line() {
    let nested_with_a_wrong_head = b"\0asm\x0d\0\x01\0\x01\x08\0bsm\x01\0\0\0";
    let problem = shape(nested_with_a_wrong_head).unwrap_err();
    let text = problem.to_string();
    assert!(matches!(problem, LoadProblem::Damaged { .. }), "{text}");
    assert!(text.contains("magic") && !text.contains(char::is_control), "{text}");
}
