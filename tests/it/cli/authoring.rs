//! The commands for authors: a project that builds and passes its test, and what `check`, `inspect` and `test` say of plugins.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use test_guests::guest;

use crate::support::{Finished, Place};

pub(super) async fn plugin(place: &Place, arguments: &[&str]) -> Finished {
    place.run(&[&["plugin"], arguments].concat()).finished().await
}

async fn plugin_json(place: &Place, arguments: &[&str]) -> (Option<i32>, Value) {
    let finished = plugin(place, &[arguments, &["--json"]].concat()).await;
    let said = serde_json::from_str(&finished.stdout);
    (
        finished.code,
        said.unwrap_or_else(|error| panic!("{error}: {finished:?}")),
    )
}

/// A component with settings beside it and a folder of fixtures.
pub(super) fn laid_out(place: &Place, name: &str, settings: &str, fixtures: &[(&str, Value)]) -> PathBuf {
    let folder = place.path("author");
    fs::create_dir_all(folder.join("fixtures")).unwrap();
    let wasm = folder.join(format!("{name}.wasm"));
    fs::copy(guest(name), &wasm).unwrap();
    fs::write(wasm.with_extension("toml"), settings).unwrap();
    for (file, value) in fixtures {
        fs::write(folder.join("fixtures").join(file), value.to_string()).unwrap();
    }
    wasm
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a caller writes `json!(…)` where the value is wanted"
)]
pub(super) fn click(value: Value) -> Value {
    json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"},
        "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": value, "tag": "button"}},
    })
}

fn cargo(folder: &Path, target: &Path, arguments: &[&str]) {
    let mut cargo = Command::new("cargo");
    cargo
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target);
    let run = cargo.output().unwrap();
    assert!(
        run.status.success(),
        "cargo {arguments:?} in {}: {}{}",
        folder.display(),
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

/// The projects of all kinds use the SDK of the first one, and the folder of what was compiled stays: compiling is dear.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo and its registry are found by the environment"
)]
#[tokio::test]
async fn a_new_project_of_each_kind_is_formatted_and_passes_its_test_and_one_goes_into_the_sandbox() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-projects");
    let mut place = Place::new().set("CARGO_TARGET_DIR", target.to_str().unwrap());
    // Where cargo and its registry are.
    for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Ok(value) = std::env::var(name) {
            place = place.set(name, &value);
        }
    }
    let projects = place.path("projects");
    fs::create_dir_all(&projects).unwrap();
    let kinds = ["card", "bot", "preview", "task", "event"];
    for kind in kinds {
        let folder = projects.join(format!("p-{kind}"));
        let mut arguments = vec!["new", folder.to_str().unwrap(), "--kind", kind];
        if kind == "event" {
            arguments.extend(["--event", "contact.user.updated_v3"]);
        }
        let made = plugin(&place, &arguments).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        // The versions that this repository is built with: they are on this machine.
        fs::copy(
            concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"),
            folder.join("Cargo.lock"),
        )
        .unwrap();
        cargo(&folder, &target, &["fmt", "--check"]);
    }
    let first = projects.join("p-card");
    let built = plugin(&place, &["build", first.to_str().unwrap(), "--offline"]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let wasm = first.join("dist/p-card.wasm");
    for command in ["check", "inspect", "test"] {
        let finished = plugin(&place, &[command, wasm.to_str().unwrap()]).await;
        assert_eq!(finished.code, Some(0), "{command}: {finished:?}");
    }
    // Another project of the same name has its own component, although Cargo compiles both into one folder.
    let other = projects.join("other/p-card");
    let made = plugin(&place, &["new", other.to_str().unwrap(), "--kind", "card"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    fs::copy(first.join("Cargo.lock"), other.join("Cargo.lock")).unwrap();
    let source = other.join("src/lib.rs");
    let text = fs::read_to_string(&source).unwrap();
    assert!(text.contains("Clicks: "), "{text}");
    fs::write(&source, text.replace("Clicks: ", "Others: ")).unwrap();
    for (project, said) in [(&other, "Others: "), (&first, "Clicks: ")] {
        let built = plugin(&place, &["build", project.to_str().unwrap(), "--offline"]).await;
        assert_eq!(built.code, Some(0), "{built:?}");
        let made = fs::read(project.join("dist/p-card.wasm")).unwrap();
        let has_said = made.windows(said.len()).any(|bytes| bytes == said.as_bytes());
        assert!(has_said, "{said} is in {}", project.display());
    }
    for kind in kinds {
        let manifest = projects.join(format!("p-{kind}/Cargo.toml"));
        let text = fs::read_to_string(&manifest).unwrap();
        let text = text.replace("path = \"vendor", "path = \"../p-card/vendor");
        let (text, own) = text.split_once("[workspace]").unwrap();
        assert!(own.contains("vendor"), "{own}");
        fs::write(&manifest, text).unwrap();
    }
    fs::copy(first.join("Cargo.lock"), projects.join("Cargo.lock")).unwrap();
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"p-*\"]\nexclude = [\"p-card/vendor\"]\n";
    fs::write(projects.join("Cargo.toml"), members).unwrap();
    cargo(&projects, &target, &["test", "--offline", "--workspace", "--quiet"]);
}

#[tokio::test]
async fn a_cache_that_cannot_be_used_is_told_and_keeps_nobody_from_checking() {
    let place = Place::new();
    let wasm = laid_out(&place, "hello", "", &[]);
    let open = place.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let place = place.set("CALLBACK_CACHE_DIR", open.to_str().unwrap());
    let checked = plugin(&place, &["check", wasm.to_str().unwrap()]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked
            .stderr
            .starts_with("lark-callback: warning: Not using the cache for compiled plugins")
            && checked.stderr.contains("chmod 700"),
        "{checked:?}"
    );
}

#[tokio::test]
async fn a_plugin_without_what_it_wants_is_told_the_lines_to_add() {
    let place = Place::new();
    let wasm = laid_out(&place, "wants_config", "", &[]);
    let wasm = wasm.to_str().unwrap();
    let (code, said) = plugin_json(&place, &["check", wasm]).await;
    assert_eq!((code, &said["ok"]), (Some(1), &json!(false)));
    let problem = said["problems"][0].as_str().unwrap();
    assert!(
        problem.contains("wants_config.toml") && problem.contains("under [config]"),
        "{problem}"
    );

    // What it needs can be copied from `inspect`, which does not mind that it is missing.
    let (code, inspected) = plugin_json(&place, &["inspect", wasm]).await;
    assert_eq!(code, Some(0), "{inspected}");
    fs::write(
        Path::new(wasm).with_extension("toml"),
        inspected["settings"].as_str().unwrap(),
    )
    .unwrap();
    let (code, said) = plugin_json(&place, &["check", wasm]).await;
    assert_eq!((code, &said["ok"]), (Some(0), &json!(true)), "{said}");
}

#[tokio::test]
async fn every_finding_is_told_and_not_only_the_first() {
    let place = Place::new();
    let wasm = laid_out(&place, "wants_config", "[limit]\ncpu_ms_max = 1\n", &[]);
    let broken = wasm.with_file_name("Broken.wasm");
    fs::write(&broken, b"\0asm\x01\0\0\0").unwrap();
    let (_, said) = plugin_json(&place, &["check", wasm.to_str().unwrap()]).await;
    assert!(
        said["problems"][0]
            .as_str()
            .unwrap()
            .contains("the nearest one is `limits`"),
        "{said}"
    );
    let (code, said) = plugin_json(&place, &["check", broken.to_str().unwrap()]).await;
    assert_eq!(
        (code, said["problems"].as_array().unwrap().len()),
        (Some(1), 2),
        "{said}"
    );
    let text = said["problems"].to_string();
    assert!(
        text.contains("only has a-z") && text.contains("wasm32-wasip2"),
        "{text}"
    );
    let absent = plugin(&place, &["check", "nowhere.wasm"]).await;
    assert_eq!(absent.code, Some(5), "{absent:?}");
}

#[tokio::test]
async fn a_call_is_shown_with_its_reply_its_log_its_host_calls_and_what_it_used() {
    let place = Place::new();
    let wasm = laid_out(
        &place,
        "counter",
        "",
        &[("likes.event.json", click(json!({"count": "likes"})))],
    );
    let event = wasm.with_file_name("fixtures").join("likes.event.json");
    let arguments = [
        "test",
        wasm.to_str().unwrap(),
        "--event",
        event.to_str().unwrap(),
        "--repeat",
        "3",
    ];
    let (code, said) = plugin_json(&place, &arguments).await;
    assert_eq!(code, Some(0), "{said}");
    let case = &said["cases"][0];
    assert_eq!(case["outcome"], "reply");
    assert!(
        case["host_calls"][0]["what"].as_str().unwrap().starts_with("kv get"),
        "{case}"
    );
    assert!(
        case["memory_bytes"].as_u64().unwrap() > 0 && case["cpu_ms"]["median"].as_f64().unwrap() > 0.0,
        "{case}"
    );
    assert_eq!(case["runs"], 3);
    let shown = plugin(&place, &arguments).await;
    assert!(
        shown.stdout.contains("host     kv get") && shown.stdout.contains("3 calls"),
        "{shown:?}"
    );
}

#[tokio::test]
async fn fixtures_are_a_regression_test_that_names_each_difference() {
    let place = Place::new();
    let wasm = laid_out(
        &place,
        "counter",
        "",
        &[
            ("first.event.json", click(json!({"count": "likes"}))),
            // A value that the host holds before the call.
            ("known.event.json", click(json!({"count": "likes"}))),
            (
                "known.host.json",
                json!({"kv": {"likes": "41"}, "lark": {"GET /a": {"code": 0}}}),
            ),
        ],
    );
    let wasm = wasm.to_str().unwrap();
    let unwritten = plugin(&place, &["test", wasm]).await;
    assert_eq!(unwritten.code, Some(1), "{unwritten:?}");
    assert!(unwritten.stdout.contains("--bless"), "{unwritten:?}");
    assert_eq!(plugin(&place, &["test", wasm, "--bless"]).await.code, Some(0));
    let good = plugin(&place, &["test", wasm]).await;
    assert_eq!(good.code, Some(0));
    let note = "note: no call was for lark.\"GET /a\" in ";
    assert!(good.stdout.contains(note), "{good:?}");

    let expected = place.path("author/fixtures/first.expected.json");
    let written = fs::read_to_string(&expected).unwrap();
    assert_ne!(
        written,
        fs::read_to_string(place.path("author/fixtures/known.expected.json")).unwrap()
    );
    fs::write(
        &expected,
        json!({"outcome": "reply", "reply": {"toast": {"content": "other"}}}).to_string(),
    )
    .unwrap();
    let differs = plugin(&place, &["test", wasm]).await;
    assert_eq!(differs.code, Some(1), "{differs:?}");
    assert!(
        differs.stdout.contains("reply.toast.content: expected \"other\", got "),
        "{differs:?}"
    );
    assert!(differs.stdout.contains("ok   known"), "{differs:?}");
}

/// Mistakes of a plugin while it runs, and the words that the author needs of the message.
#[tokio::test]
async fn what_goes_wrong_in_a_call_is_told_with_what_to_do() {
    let place = Place::new();
    let deeds = [
        ("panic", "trap", &["as the button said", "naughty.rs"][..]),
        ("trap", "trap", &["in "]),
        ("stack", "trap", &["a recursion without end?", "recurse"]),
        ("exit", "trap", &["exit(0)"]),
        ("spin", "over_cpu", &["cpu_ms_max = 60", "[limits]", "it was in "]),
        ("memory", "over_memory", &["memory_bytes_max", "8388608"]),
        ("permanent", "permanent", &["never"]),
        ("bad-reply", "reply", &["Lark would not take this reply"]),
    ];
    let fixtures: Vec<(String, Value)> = deeds
        .iter()
        .map(|(deed, ..)| (format!("{deed}.event.json"), click(json!({"do": deed}))))
        .collect();
    let fixtures: Vec<(&str, Value)> = fixtures
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let settings = "[limits]\ncpu_ms_max = 60\nmemory_bytes_max = 8388608\n";
    let wasm = laid_out(&place, "naughty", settings, &fixtures);
    let (code, said) = plugin_json(&place, &["test", wasm.to_str().unwrap()]).await;
    assert_eq!(code, Some(1), "{said}");
    for (deed, outcome, told) in deeds {
        let cases = said["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["name"] == *deed).unwrap();
        assert_eq!(
            (&case["ok"], &case["outcome"]),
            (&json!(false), &json!(outcome)),
            "{case}"
        );
        for words in told {
            assert!(case["problems"].to_string().contains(words), "{deed}, {words}: {case}");
        }
    }
}

#[tokio::test]
async fn a_failure_that_was_blessed_is_as_expected_at_once_and_no_secret_for_requests_is_needed() {
    let place = Place::new();
    let settings = "[http.\"https://api.example.com\"]\nheaders = { Authorization = { env = \"MODEL_KEY\" } }\n";
    let wasm = laid_out(
        &place,
        "naughty",
        settings,
        &[("retry.event.json", click(json!({"do": "retry"})))],
    );
    let wasm = wasm.to_str().unwrap();
    for arguments in [&["test", wasm, "--bless"][..], &["test", wasm]] {
        let tested = plugin(&place, arguments).await;
        assert_eq!(tested.code, Some(0), "{tested:?}");
        assert_eq!(tested.stderr.matches("MODEL_KEY").count(), 1, "{tested:?}");
    }
    let missing = plugin(&place, &["test", "nothing.wasm"]).await;
    assert!(missing.stderr.contains("nothing.wasm: "), "{missing:?}");
}
