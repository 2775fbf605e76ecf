//! The simulated Lark inside `dev`, as plugins and commands meet it: images, files, and what was written in chats.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Finished, Place, Program, wasm};

const GRANTS: &str = "[grant]\nopenapi = ['POST /open-apis/im/v1/images', 'POST /open-apis/im/v1/files', \
                      'GET /open-apis/im/v1/messages/*/resources/*', 'GET /open-apis/im/v1/images/*', \
                      'GET /open-apis/im/v1/files/*']\n";

fn start(folder: &Path, arguments: &[&str]) -> Program {
    Program::bare(folder, arguments, Place::new().lark)
}

async fn dev(folder: &Path, more: &[&str]) -> Program {
    fs::write(folder.join(".env"), "CALLBACK_ADMIN_PORT=0\n").unwrap();
    let mut program = start(folder, &[&["dev", "--port", "0"], more].concat());
    program.until_said("Ctrl-C stops").await;
    program
}

async fn run(folder: &Path, arguments: &[&str]) -> Finished {
    start(folder, &[arguments, &["--env-file", "data/dev.env"]].concat())
        .finished()
        .await
}

/// Clicks, and returns what the terminal shows of the answer.
async fn told(folder: &Path, value: Value) -> String {
    let sent = run(folder, &["send", "card", "--value", &value.to_string()]).await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
    sent.stdout
}

/// The key of an upload that the answer shows.
fn key(told: &str, prefix: &str) -> String {
    let from = told.find(prefix).unwrap_or_else(|| panic!("no {prefix} in {told}"));
    let is_of_key = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '-');
    told[from..].chars().take_while(|symbol| is_of_key(*symbol)).collect()
}

#[tokio::test]
async fn a_plugin_uploads_and_downloads_images_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("plugins")).unwrap();
    fs::write(folder.join("plugins/files.wasm"), wasm("files")).unwrap();
    fs::write(folder.join("plugins/files.toml"), GRANTS).unwrap();
    let mut program = dev(folder, &[]).await;
    let image = key(&told(folder, json!({"image": "GIF89a, nearly"})).await, "img_v3_");
    program.until_said("[Lark] upload of image (message, 14 bytes)").await;
    let shown = told(folder, json!({"image_key": image})).await;
    assert!(shown.contains("image/gif, 14 bytes: GIF89a, nearly"), "{shown}");
    let film = key(
        &told(folder, json!({"file": "a film", "name": "电影.mp4"})).await,
        "file_v3_",
    );
    program.until_said("[Lark] upload of 电影.mp4 (mp4, 6 bytes)").await;
    let shown = told(folder, json!({"file_key": film})).await;
    assert!(shown.contains("application/octet-stream, 6 bytes: a film"), "{shown}");
    // A person's file; nobody can upload one here.
    let shown = told(folder, json!({"of": "om_of_anna", "key": "file_v3_x"})).await;
    assert!(shown.contains("An example"), "{shown}");
    for (value, code) in [
        // No picture.
        (json!({"image": "a text"}), "234011"),
        // Of somebody else.
        (json!({"image_key": "img_v3_x"}), "234008"),
        (json!({"file_key": image}), "234008"),
        // The card that is clicked on holds no file.
        (
            json!({"of": "om_574d639e4a44e4dd646eaf628e2e4a3d", "key": film}),
            "234003",
        ),
    ] {
        let shown = told(folder, value.clone()).await;
        assert!(shown.contains(code), "{value}: {shown}");
    }
}

#[tokio::test]
async fn what_people_wrote_while_no_connection_was_open_is_caught_up_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _program = dev(folder, &["--long-connection"]).await;
    let push = async |event: &str, more: &[&str]| {
        let message = ["send", "message", "--long-connection", "--event-id", event];
        run(folder, &[&message, more].concat()).await
    };
    assert_eq!(push("heard", &[]).await.code, Some(0));
    assert_eq!(push("cut", &["--silent"]).await.code, Some(0));
    let missed = push("missed", &[]).await;
    assert!(
        missed.code == Some(1) && missed.stderr.contains("events catch-up"),
        "{missed:?}"
    );
    let fetched = async |more: &[&str]| {
        let fetched = run(
            folder,
            &[&["events", "catch-up", "--since", "1h", "--json"], more].concat(),
        )
        .await;
        assert_eq!(fetched.code, Some(0), "{fetched:?}");
        let fetched: Value = serde_json::from_str(&fetched.stdout).unwrap();
        let of = |name: &str| fetched["caught_up"][name].as_u64();
        let counts = [of("found"), of("known"), of("added")];
        (counts.map(|count| count.unwrap_or_else(|| panic!("{fetched:#}")))).to_vec()
    };
    // The silent connection had taken its message.
    assert_eq!(fetched(&["--dry-run"]).await, [3, 2, 1]);
    assert_eq!(fetched(&[]).await, [3, 2, 1]);
    assert_eq!(fetched(&[]).await, [3, 3, 0]);
    // What the application has written itself is no event.
    assert_eq!(fetched(&["--all-messages"]).await, [3, 3, 0]);
    let unknown = fetched(&["--chat", "oc_of_others"]).await;
    assert_eq!(unknown, [0, 0, 0]);
}
