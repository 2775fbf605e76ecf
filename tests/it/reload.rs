//! Plugins that come, change and go while the server runs.

mod soak;

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use crate::support::{Place, Scene, until, wasm};

/// The click that `second` answers.
fn hello() -> Value {
    json!({"second": "hello"})
}

const ONE: &str = "version 1 heard hello";
const TWO: &str = "version 2 heard hello";

async fn until_nobody_answers(scene: &Scene, value: Value) {
    until("nobody to answer", async || {
        (scene.click(value.clone()).await.body == "{}").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_dropped_into_the_folder_answers() {
    let scene = Place::new().serve().await;
    assert_eq!(scene.click(hello()).await.body, "{}");
    scene.place.write("second.wasm", &wasm("second"));
    scene.until_click_says(hello(), ONE).await;
    scene.place.put("preview.wasm", &wasm("preview"));
    until("a new handler", async || {
        let handlers = scene.health().await["registered_handlers"].clone();
        (handlers == json!(["card_action_trigger", "oauth_redirect", "url_preview_get"])).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_overwritten_or_renamed_over_is_followed() {
    let scene = Place::new().plugin("second").serve().await;
    assert_eq!(scene.click(hello()).await.toast(), ONE);
    scene.place.put("second.wasm", &wasm("second_v2"));
    scene.until_click_says(hello(), TWO).await;
    scene.place.write("second.wasm", &wasm("second"));
    scene.until_click_says(hello(), ONE).await;
    let line = scene.log.until("Plugin second 2 replaces 1").await;
    assert!(
        line.contains(r#""plugin.hash""#) && line.contains(r#""generation":2"#),
        "{line}"
    );
}

#[tokio::test]
async fn a_file_that_is_deleted_answers_no_more() {
    let scene = Place::new().plugin("second").serve().await;
    scene.place.remove("second.wasm");
    until_nobody_answers(&scene, hello()).await;
    scene.log.until("Plugin second is removed").await;
}

#[tokio::test]
async fn a_file_that_grows_slowly_serves_when_it_is_whole_and_the_old_one_until_then() {
    let scene = Place::new().plugin("second").serve().await;
    let new = wasm("second_v2");
    let mut file = File::create(scene.place.plugin_path("second.wasm")).unwrap();
    for part in new.chunks(new.len() / 3 + 1).take(2) {
        let told = scene.log.lines_with("is not used").len();
        file.write_all(part).unwrap();
        file.sync_all().unwrap();
        until("a look at the part", async || {
            (scene.log.lines_with("is not used").len() > told).then_some(())
        })
        .await;
        assert_eq!(scene.click(hello()).await.toast(), ONE);
    }
    file.write_all(&new[(new.len() / 3 + 1) * 2..]).unwrap();
    drop(file);
    scene.until_click_says(hello(), TWO).await;
}

#[tokio::test]
async fn no_bad_file_disturbs_the_good_one_and_the_log_says_what_to_do() {
    let scene = Place::new().plugin("second").serve().await;
    let whole = wasm("second_v2");
    let core = wat::parse_str("(module (func (export \"handle\")))").unwrap();
    let other_world = wat::parse_str("(component)").unwrap();
    let traps = wasm("traps_in_describe");
    let wants = wasm("wants_config");
    let bad: [(&[u8], &str); 7] = [
        (b"", "it is empty; perhaps it is still being copied"),
        (b"hello, this is not it", "it is not WebAssembly"),
        (&whole[..whole.len() / 2], "it is damaged at byte"),
        (&core, "build it with `cargo build --target wasm32-wasip2 --release`"),
        (&other_world, "it is a component, but not a plugin"),
        (&traps, "its `describe` failed"),
        (&wants, "add to second.toml beside it"),
    ];
    for (bytes, reason) in bad {
        scene.place.put("second.wasm", bytes);
        let line = scene.log.until(reason).await;
        assert!(
            line.contains("version 1 stays loaded") && line.contains(r#""level":"WARN""#),
            "{line}"
        );
        assert_eq!(scene.click(hello()).await.toast(), ONE);
    }
    scene.place.put("second.wasm", &whole);
    scene.until_click_says(hello(), TWO).await;
}

#[tokio::test]
async fn a_bad_file_at_the_start_stops_nobody_else() {
    let place = Place::new().plugin("second").file("bad.wasm", b"not WebAssembly");
    let scene = place.file("second.toml", b"").serve().await;
    assert_eq!(scene.click(hello()).await.toast(), ONE);
    assert_eq!(scene.log.lines_with("no plugin of this name is loaded").len(), 1);
}

#[tokio::test]
async fn files_that_are_dropped_together_switch_together() {
    let scene = Place::new().serve().await;
    scene.place.put("echo.wasm", &wasm("echo"));
    scene.place.put("second.wasm", &wasm("second"));
    let generation = async |name: &str| -> Value {
        let line = scene.log.until(&format!("Plugin {name} ")).await;
        serde_json::from_str::<Value>(&line).unwrap()["generation"].clone()
    };
    assert_eq!(generation("echo").await, generation("second").await);
}

#[tokio::test]
async fn a_plugin_waits_for_the_setting_it_wants() {
    let scene = Place::new().plugin("wants_config").serve().await;
    let greet = json!({"greet": "world"});
    assert_eq!(scene.click(greet.clone()).await.body, "{}");
    let held = scene.log.until("add to wants_config.toml beside it").await;
    let held: Value = serde_json::from_str(&held).unwrap();
    let message = held["message"].as_str().unwrap();
    assert!(
        message.contains("`greeting = \"…\"` under [config] (the word before the name)"),
        "{message}"
    );

    scene
        .place
        .write("wants_config.toml", b"[config]\ngreeting = 'hello'\n");
    scene.until_click_says(greet.clone(), "hello world").await;
    scene
        .place
        .write("wants_config.toml", b"[config]\ngreeting = 'goodbye'\n");
    scene.until_click_says(greet.clone(), "goodbye world").await;
    scene.place.write("wants_config.toml", b"[config]\ngreting = 'hello'\n");
    scene.log.until("stays loaded, with its settings").await;
    assert_eq!(scene.click(greet).await.toast(), "goodbye world");
}

#[tokio::test]
async fn a_plugin_is_switched_off_and_on_beside_its_file() {
    let place = Place::new().plugin("second").file("second.toml", b"enabled = false\n");
    let scene = place.serve().await;
    assert_eq!(scene.click(hello()).await.body, "{}");
    scene.place.write("second.toml", b"enabled = true\n");
    scene.until_click_says(hello(), ONE).await;
    scene.place.write("second.toml", b"enabled = false\n");
    until_nobody_answers(&scene, hello()).await;
    scene.place.remove("second.toml");
    scene.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_mistake_in_the_settings_is_told_with_its_line_and_changes_nothing() {
    let scene = Place::new().plugin("second").serve().await;
    for (toml, reason) in [
        ("enabled = true\n[limits\n", "line 2 is not TOML"),
        (
            "enable = true\n",
            "`enable` is not a setting; the nearest one is `enabled`",
        ),
        ("[limits]\ncpu_ms_max = 'much'\n", "`limits.cpu_ms_max` must be"),
    ] {
        scene.place.write("second.toml", toml.as_bytes());
        scene.log.until(reason).await;
        assert_eq!(scene.click(hello()).await.toast(), ONE);
    }
}

#[tokio::test]
async fn a_file_takes_the_place_of_the_built_in_plugin_and_gives_it_back() {
    let scene = Place::new().serve().await;
    let unknown = json!({"card_auth": "guessed", "action": "reject"});
    let built_in = scene.click(unknown.clone()).await;
    assert!(built_in.is_error_toast(), "{built_in:?}");
    scene.place.put("card-auth.wasm", &wasm("second"));
    scene.until_click_says(hello(), ONE).await;
    assert_eq!(scene.click(unknown.clone()).await.body, "{}");
    scene.place.remove("card-auth.wasm");
    scene.until_click_says(unknown, &built_in.toast()).await;
    assert_eq!(scene.click(hello()).await.body, "{}");
}

/// Kubernetes mounts `a.wasm -> ..data/a.wasm` and `..data -> ..<time>`, and changes all files by renaming one link over.
#[tokio::test]
async fn a_mounted_volume_that_swaps_one_link_is_followed() {
    let place = Place::new();
    let folder = place.plugin_path("");
    for (version, guest) in [("..one", "second"), ("..two", "second_v2")] {
        fs::create_dir(folder.join(version)).unwrap();
        fs::write(folder.join(version).join("second.wasm"), wasm(guest)).unwrap();
    }
    let link = |to: &str, name: &str| symlink(Path::new(to), folder.join(name)).unwrap();
    link("..one", "..data");
    link("..data/second.wasm", "second.wasm");
    let scene = place.serve().await;
    assert_eq!(scene.click(hello()).await.toast(), ONE);
    link("..two", "..data_tmp");
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    scene.until_click_says(hello(), TWO).await;
}

#[tokio::test]
async fn a_folder_that_is_missing_at_the_start_is_made() {
    let place = Place::new();
    let place = place.set("CALLBACK_PLUGINS_DIR", "").unset("CALLBACK_PLUGINS_DIR");
    let folder = place.path("elsewhere/plugins");
    let scene = place
        .set("CALLBACK_PLUGINS_DIR", folder.to_str().unwrap())
        .serve()
        .await;
    fs::write(folder.join("second.wasm"), wasm("second")).unwrap();
    scene.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_call_that_runs_is_finished_by_the_plugin_that_began_it() {
    let scene = Place::new().plugin_as("a", "slow").serve().await;
    let (client, slow) = (scene.client(), scene.lark.click(json!({"sleep_ms": 2_000})));
    let running = tokio::spawn(async move { client.send(&slow).await });
    scene.place.put("a.wasm", &wasm("second"));
    scene.until_click_says(hello(), ONE).await;
    assert_eq!(running.await.unwrap().toast(), "slept 2000 ms");
}

#[tokio::test]
async fn twenty_replacements_under_load_cost_no_request() {
    let scene = Place::new().plugin("second").serve().await;
    let done = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (client, done) = (scene.client(), Arc::clone(&done));
        clients.spawn(async move {
            let mut connection = client.connect().await;
            let mut answers = 0;
            while !done.load(Ordering::Relaxed) {
                let toast = connection.send(&client.lark.click(hello())).await.toast();
                assert!(toast == ONE || toast == TWO, "{toast}");
                answers += 1;
            }
            answers
        });
    }
    for number in 0..20 {
        let (guest, toast) = if number % 2 == 0 {
            ("second_v2", TWO)
        } else {
            ("second", ONE)
        };
        scene.place.put("second.wasm", &wasm(guest));
        scene.until_click_says(hello(), toast).await;
    }
    done.store(true, Ordering::Relaxed);
    let answers: Vec<usize> = clients.join_all().await;
    assert!(answers.iter().all(|answers| *answers > 20), "{answers:?}");
    assert_eq!(scene.log.lines_with("replaces").len(), 20);
}

#[tokio::test]
async fn a_file_that_would_be_waited_for_holds_up_nobody_and_is_named() {
    let scene = Place::new().plugin("second").serve().await;
    let made = std::process::Command::new("mkfifo")
        .arg(scene.place.plugin_path("pipe.wasm"))
        .status();
    assert!(made.unwrap().success());
    symlink("/proc/kmsg", scene.place.plugin_path("kernel.wasm")).unwrap();
    symlink("/dev/zero", scene.place.plugin_path("endless.wasm")).unwrap();
    symlink("/proc/kmsg", scene.place.plugin_path("second.toml")).unwrap();
    scene.place.put("echo.wasm", &wasm("echo"));
    scene.until_click_says(json!({"echo": "hello"}), "hello").await;
    for name in ["pipe.wasm", "kernel.wasm", "endless.wasm", "second.toml"] {
        scene.log.until(&format!("{name} is not used")).await;
    }
    assert_eq!(scene.click(hello()).await.toast(), ONE);
    scene.stop().await;
}
