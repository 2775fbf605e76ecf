//! `plugin dev`: each change is built, taken by a local server, and tried with the last event. A stand-in for cargo copies a
//! finished component, so that what is tested is not the compiler.

use std::{fs, net::TcpStream, os::unix::fs::PermissionsExt, path::Path};

use rustix::process::Signal;
use serde_json::{Value, json};
use test_guests::guest;

use crate::support::{Place, Program, until};

/// Builds the component whose path is in `src/lib.rs`, and refuses everything else as cargo does.
const CARGO: &str = r#"#!/bin/sh
wasm=$(cat src/lib.rs)
if [ ! -f "$wasm" ]; then
    echo "error[E0425]: cannot find value --> src/lib.rs:1:1" >&2
    exit 101
fi
cp "$wasm" built.tmp.wasm && mkdir -p target && mv built.tmp.wasm target/live.wasm
echo '{"reason":"compiler-artifact","target":{"name":"live"},"filenames":["'"$PWD"'/target/live.wasm"]}'
"#;

const RUSTC: &str = "#!/bin/sh\necho /\n";

/// A place with a project and the stand-ins.
fn project() -> Place {
    let place = Place::new().unset("CALLBACK_PLUGINS_DIR");
    let project = place.path("live");
    for folder in ["src", "fixtures"] {
        fs::create_dir_all(project.join(folder)).unwrap();
    }
    let manifest = "[package]\nname = \"live\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    fs::write(project.join("live.toml"), "").unwrap();
    write_fixture(&project, json!({"count": "likes"}));
    fs::create_dir(place.path("bin")).unwrap();
    for (name, script) in [("cargo", CARGO), ("rustc", RUSTC)] {
        let path = place.path("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", place.path("bin").display());
    write_source(&project, guest("counter").to_str().unwrap());
    place.set("PATH", &path)
}

fn write_source(project: &Path, text: &str) {
    fs::write(project.join("src/lib.rs"), text).unwrap();
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a caller writes `json!(…)` where the value is wanted"
)]
fn write_fixture(project: &Path, value: Value) {
    let event = json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"},
        "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": value, "tag": "button"}},
    });
    fs::write(project.join("fixtures/click.event.json"), event.to_string()).unwrap();
}

/// The step of this name that has come so often.
async fn step(program: &Program, name: &str, count: usize) -> Value {
    until(&format!("step {name} number {count}"), async || {
        let steps = program.stdout();
        let mut steps = steps
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|step| step["step"] == name);
        steps.nth(count - 1)
    })
    .await
}

#[tokio::test]
async fn each_change_is_built_and_taken_and_the_event_is_sent_again() {
    let place = project();
    let folder = place.path("live");
    let program = place.run(&["plugin", "dev", "live", "--json"]);
    let reply = step(&program, "reply", 1).await;
    assert_eq!(reply["reply"]["toast"]["content"], "1", "{program:?}");
    step(&program, "watching", 1).await;

    // A fault of the compiler's leaves what was there.
    write_source(&folder, "nonsense");
    step(&program, "not built", 1).await;
    assert!(program.stderr().contains("E0425"), "{program:?}");
    step(&program, "watching", 2).await;

    // Another plugin, whose panic is told with file and line.
    write_fixture(&folder, json!({"do": "panic"}));
    write_source(&folder, guest("naughty").to_str().unwrap());
    let first = step(&program, "serving", 1).await;
    let second = step(&program, "serving", 2).await;
    assert_ne!(first["hash"], second["hash"]);
    let told = until("the panic", async || {
        program
            .stdout()
            .contains("as the button said")
            .then(|| program.stdout())
    })
    .await;
    assert!(told.contains("naughty.rs:"), "{told}");
    step(&program, "watching", 3).await;

    // Settings are sources, too.
    fs::write(folder.join("live.toml"), "[limit]\n").unwrap();
    let failed = step(&program, "failed", 1).await;
    assert!(
        failed["error"].as_str().unwrap().contains("nearest one is `limits`"),
        "{failed}"
    );

    let address = step(&program, "server", 2).await;
    let address = address["url"].as_str().unwrap().split('/').nth(2).unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    program.signal(Signal::INT);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(TcpStream::connect(&address).is_err(), "the server is stopped with it");
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_told_and_their_correction_is_taken() {
    let place = project();
    let settings = place.path("live/live.toml");
    fs::write(&settings, "[grants]\n").unwrap();
    let program = place.run(&["plugin", "dev", "live", "--json"]);
    let failed = step(&program, "failed", 1).await;
    assert!(
        failed["error"].as_str().unwrap().contains("nearest one is `grant`"),
        "{failed}"
    );
    step(&program, "watching", 1).await;
    fs::write(&settings, "").unwrap();
    let reply = step(&program, "reply", 1).await;
    assert_eq!(reply["reply"]["toast"]["content"], "1", "{program:?}");
    program.signal(Signal::INT);
    assert_eq!(program.finished().await.code, Some(0));
}

#[tokio::test]
async fn a_running_dev_is_used_and_its_last_event_is_sent_again() {
    let place = project();
    fs::create_dir(place.path("server")).unwrap();
    fs::write(place.path("server/.env"), "CALLBACK_ADMIN_PORT=0\n").unwrap();
    let mut server = Program::bare(&place.path("server"), &["dev", "--port", "0"], place.lark.clone());
    server.until_said("Ctrl-C stops").await;
    let env_file = place.path("server/data/dev.env");
    let env_file = env_file.to_str().unwrap();
    let program = place.run(&["plugin", "dev", "live", "--json", "--env-file", env_file]);
    step(&program, "reply", 1).await;
    assert_eq!(step(&program, "server", 1).await["started"], false);

    // Somebody clicks on something else, which becomes the event to try.
    let value = r#"{"read":"likes"}"#;
    let send = ["send", "card", "--value", value, "--env-file", env_file];
    let sent = Program::bare(&place.path("server"), &send, place.lark.clone())
        .finished()
        .await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
    step(&program, "watching", 1).await;
    fs::write(place.path("live/live.toml"), "[config]\na = \"b\"\n").unwrap();
    let again = step(&program, "sent", 2).await;
    assert!(again["origin"].as_str().unwrap().contains("again"), "{again}");
    let reply = step(&program, "reply", 2).await;
    assert_eq!(reply["reply"]["toast"]["content"], "1", "it was read, not counted");

    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    assert!(place.path("server/plugins/live.wasm").exists());
    server.signal(Signal::INT);
    assert_eq!(server.finished().await.code, Some(0));
}

#[tokio::test]
async fn it_works_in_a_project_and_on_no_real_server() {
    let place = project();
    let nowhere = place.run(&["plugin", "dev", "bin"]).finished().await;
    assert_eq!(nowhere.code, Some(2), "{nowhere:?}");
    assert!(nowhere.stderr.contains("plugin new NAME"), "{nowhere:?}");
    let absent = place
        .run(&["plugin", "dev", "live", "--env-file", "no.env"])
        .finished()
        .await;
    assert_eq!(absent.code, Some(5), "{absent:?}");
    let real = "LARK_APP_ID=cli_1\nLARK_VERIFICATION_TOKEN=t\n";
    fs::write(place.path("real.env"), real).unwrap();
    let real = place
        .run(&["plugin", "dev", "live", "--env-file", "real.env"])
        .finished()
        .await;
    assert_eq!(real.code, Some(2), "{real:?}");
    assert!(real.stderr.contains("real Lark"), "{real:?}");
    assert!(!place.path("live/.dev").exists());
}
