//! What a plugin in TypeScript or Python finds in the sandbox: images and files, other services, and what there is of languages.

use std::{fs, path::Path};

use serde_json::{Value, json};
use test_guests::parts::Part;

use super::languages::{plugin, project, with_programs};
use crate::support::Place;

const TYPESCRIPT: &str = r#"
import { definePlugin, json, media } from "lark-plugin-sdk";

const has = (name: string): string => typeof Reflect.get(globalThis, name);

export default definePlugin({
  events: {
    async "card.action.trigger"() {
      const photo = media.download({ messageId: "om_1", fileKey: "img_1", kind: "image" }, 100);
      const absent = (): string => {
        try {
          media.open({ messageId: "om_1", fileKey: "img_2", kind: "image" });
          return "there";
        } catch (error) {
          return error instanceof media.MediaRejected ? String(error.larkCode) : String(error);
        }
      };
      const response = await fetch("https://api.example.com/v1", { method: "POST", body: "x" });
      return json({
        photo: photo.length,
        image: media.uploadImage(photo),
        file: media.uploadFile("pdf", "a.pdf", photo),
        absent: absent(),
        status: response.status,
        body: await response.json(),
        missing: ["Intl", "setTimeout", "WebAssembly"].filter((name) => has(name) === "undefined"),
        number: (1234567.5).toLocaleString("de-DE"),
        day: new Date(0).toLocaleDateString("zh-CN"),
        zone: new Date(0).getTimezoneOffset(),
        order: ["z", "ä", "a"].sort((a, b) => a.localeCompare(b, "de")).join(""),
        composed: "e\u0301".normalize("NFC").length,
        chinese: /^\p{Script=Han}+$/u.test("汉字"),
      });
    },
  },
});
"#;

const PYTHON: &str = r#"
import unicodedata
from datetime import datetime, timezone

from lark_plugin import Plugin, Rejected, http, json_reply, media

plugin = Plugin()


def absent():
    try:
        media.open(media.in_message("om_1", "img_2", "image"))
        return "there"
    except Rejected as error:
        return str(error.lark_code)


@plugin.on("card.action.trigger")
def clicked(event):
    photo = media.download(media.in_message("om_1", "img_1", "image"), 100)
    response = http.post("https://api.example.com/v1", body="x")
    return json_reply({
        "photo": len(photo),
        "image": media.upload_image(photo),
        "file": media.upload_file("pdf", "a.pdf", photo),
        "absent": absent(),
        "status": response.status,
        "body": response.json(),
        "number": f"{1234567.5:,}",
        "day": datetime.fromtimestamp(0, timezone.utc).strftime("%B"),
        "composed": len(unicodedata.normalize("NFC", "e\u0301")),
    })
"#;

const SETTINGS: &str = r#"[grant]
openapi = [
    "GET /open-apis/im/v1/messages/*/resources/*",
    "POST /open-apis/im/v1/images",
    "POST /open-apis/im/v1/files",
]
http = ["POST https://api.example.com/v1"]
"#;

/// The reply of a plugin in a project of this language.
async fn reply(place: &Place, language: &str, source: &str) -> Value {
    let folder = project(place, &format!("p-{language}-all"), language, source).await;
    let built = plugin(place, &["build", folder.to_str().unwrap()]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let wasm = folder.join(format!("dist/p-{language}-all.wasm"));
    answered(place, &folder, &wasm).await
}

async fn answered(place: &Place, folder: &Path, wasm: &Path) -> Value {
    let event = folder.join("click.json");
    let body = json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"},
        "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": {}, "tag": "button"}},
    });
    fs::write(&event, body.to_string()).unwrap();
    let host = json!({
        "lark": {"GET /open-apis/im/v1/messages/om_1/resources/img_1": {"file": "photo.png"}},
        "http": {"POST https://api.example.com/v1": {"status": 201, "body": {"a": 1}}},
    });
    fs::write(folder.join("click.host.json"), host.to_string()).unwrap();
    fs::write(folder.join("photo.png"), b"a photo").unwrap();
    fs::write(folder.join("granted.toml"), SETTINGS).unwrap();
    let settings = folder.join("granted.toml");
    let arguments = [
        "test",
        wasm.to_str().unwrap(),
        "--event",
        event.to_str().unwrap(),
        "--settings",
        settings.to_str().unwrap(),
        "--json",
    ];
    let tested = plugin(place, &arguments).await;
    let said: Value = serde_json::from_str(&tested.stdout).unwrap_or_else(|_| panic!("{tested:?}"));
    // It is no reply that Lark would take; what counts is what is in it.
    said["cases"][0]["reply"].clone()
}

#[tokio::test]
async fn a_plugin_in_typescript_has_media_and_fetch_and_of_languages_what_is_documented() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let reply = reply(&with_programs(), "ts", TYPESCRIPT).await;
    assert_eq!(
        reply,
        json!({
            "photo": 7, "image": "img_of_the_fixtures", "file": "file_of_the_fixtures", "absent": "234003",
            "status": 201, "body": {"a": 1},
            "missing": ["Intl", "setTimeout", "WebAssembly"],
            "number": "1234567.5", "day": "01/01/1970", "zone": 0, "order": "azä", "composed": 1, "chinese": true,
        })
    );
}

#[tokio::test]
async fn a_plugin_in_python_has_media_and_http_and_the_languages_of_its_standard_library() {
    if !Part::Languages.is_here_or_said() {
        return;
    }
    let reply = reply(&with_programs(), "python", PYTHON).await;
    assert_eq!(
        reply,
        json!({
            "photo": 7, "image": "img_of_the_fixtures", "file": "file_of_the_fixtures", "absent": "234003",
            "status": 201, "body": {"a": 1},
            "number": "1,234,567.5", "day": "January", "composed": 1,
        })
    );
}
