//! Images and files: uploaded to Lark and downloaded from it, as bytes, where the operator granted it.

mod rough;

use serde_json::{Value, json};

use crate::support::{
    Place, Scene,
    fake_lark::{FakeLark, Fault},
};

const GRANTS: &str = "openapi = ['POST /open-apis/im/v1/images', 'POST /open-apis/im/v1/files', \
                      'GET /open-apis/im/v1/messages/*/resources/*', 'GET /open-apis/im/v1/images/*', \
                      'GET /open-apis/im/v1/files/*']";

const RESOURCE: &str = "/open-apis/im/v1/messages/om_1/resources/file_1";

async fn scene(lark: &FakeLark, toml: &str) -> Scene {
    place(&lark.url(), toml).serve().await
}

fn place(url: &str, toml: &str) -> Place {
    Place::new()
        .set("LARK_API_BASE_URL", url)
        .set("LARK_ACCOUNTS_BASE_URL", url)
        .plugin("files")
        .file("files.toml", toml.as_bytes())
}

fn granted(more: &str) -> String {
    format!("[grant]\n{GRANTS}\n{more}")
}

async fn told(scene: &Scene, value: Value) -> String {
    scene.click(value).await.toast()
}

#[tokio::test]
async fn an_image_and_a_file_arrive_as_they_are_with_lark_s_fields() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, &granted("")).await;
    let image = told(&scene, json!({"image": "\u{0}an image\r\n--"})).await;
    let file = told(&scene, json!({"file": "a film", "name": "a \"film\" 电影.mp4"})).await;
    assert!(
        image.starts_with("img_v3_") && file.starts_with("file_v3_"),
        "{image} {file}"
    );
    let uploaded = lark.uploaded();
    assert_eq!(uploaded[&image].bytes, b"\0an image\r\n--");
    assert_eq!(uploaded[&image].fields["image_type"], "message");
    let film = &uploaded[&file];
    assert_eq!(film.bytes, b"a film");
    let fields = ["file_type", "file_name", "duration"].map(|name| film.fields[name].as_str());
    assert_eq!(fields, ["mp4", "a \"film\" 电影.mp4", "1500"]);
    assert_eq!(
        told(&scene, json!({"image_key": image})).await,
        "application/octet-stream, 13 bytes: \0an image\r\n--"
    );
    assert_eq!(
        told(&scene, json!({"file_key": file})).await,
        "application/octet-stream, 6 bytes: a film"
    );
    let log = scene.log.text();
    assert!(lark.secrets().iter().all(|secret| !log.contains(secret)));
}

#[tokio::test]
async fn a_resource_of_a_message_is_read_and_passed_on_in_pieces() {
    let lark = FakeLark::start().await;
    let content = "文件 ".repeat(100_000);
    lark.put_resource("om_1", "file_1", "file", &content);
    let scene = scene(&lark, &granted("")).await;
    let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
    assert!(
        said.starts_with("application/octet-stream, 700000 bytes: 文件 "),
        "{said}"
    );
    let key = told(&scene, json!({"of": "om_1", "key": "file_1", "relay": true})).await;
    assert_eq!(lark.uploaded()[&key].bytes, content.as_bytes());
    let said = told(&scene, json!({"of": "om_1", "key": "file_2"})).await;
    assert!(said.contains("code 234003") && said.contains("logid-"), "{said}");
    assert_eq!(lark.take_refusals(), [234_003]);
}

#[tokio::test]
async fn what_lark_would_refuse_is_not_sent() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, &granted("")).await;
    for (value, wanted) in [
        (
            json!({"bytes": (10 << 20) + 1, "written": 1}),
            "the image has 10485761 bytes; Lark's limit is 10485760",
        ),
        (json!({"bytes": u64::MAX, "written": 1}), "Lark's limit is 10485760"),
        (json!({"image": ""}), "Lark takes no empty one"),
        (json!({"file": "a", "name": "../../etc/passwd"}), "`file_name` must be"),
        (
            json!({"file": "a", "name": "a\r\nContent-Type: text/html"}),
            "`file_name` must be",
        ),
        (
            json!({"of": "om_1/../../chats", "key": "file_1"}),
            "`message_id` must be an id of Lark",
        ),
        (
            json!({"of": "om_1", "key": "..%2f..%2fauth"}),
            "`file_key` must be an id of Lark",
        ),
        (
            json!({"of": "om_1", "key": "a?type=image"}),
            "`file_key` must be an id of Lark",
        ),
        (
            json!({"image_key": "a/../../files/x"}),
            "`image_key` must be an id of Lark",
        ),
    ] {
        let said = told(&scene, value).await;
        assert!(said.contains(wanted), "{said}");
    }
    assert!(lark.requests_to("/open-apis/im").is_empty());
    let largest = told(&scene, json!({"bytes": 10 << 20})).await;
    assert_eq!(lark.uploaded()[&largest].bytes.len(), 10 << 20);
}

#[tokio::test]
async fn an_upload_that_is_not_whole_is_never_kept() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, &granted("")).await;
    let said = told(&scene, json!({"bytes": 300_000, "written": 299_999})).await;
    assert!(
        said.contains("announced with 300000 bytes, and 1 of them were not written"),
        "{said}"
    );
    let said = told(&scene, json!({"bytes": 300_000, "written": 300_001})).await;
    assert!(
        said.contains("announced with 300000 bytes, and more were written"),
        "{said}"
    );
    assert_eq!(told(&scene, json!({"bytes": 300_000, "drop": true})).await, "dropped");
    assert!(lark.uploaded().is_empty());
    let key = told(&scene, json!({"bytes": 300_000})).await;
    assert_eq!(lark.uploaded()[&key].bytes.len(), 300_000, "the next one is");
}

#[tokio::test]
async fn what_was_not_granted_is_not_sent_and_the_line_to_add_is_told() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, "[grant]\nopenapi = ['POST /open-apis/im/v1/files']").await;
    for (value, line) in [
        (
            json!({"image": "x"}),
            "\"POST /open-apis/im/v1/images\"]` under [grant] in files.toml",
        ),
        (
            json!({"of": "om_1", "key": "file_1"}),
            "\"GET /open-apis/im/v1/messages/*/resources/*\"]`",
        ),
        (json!({"image_key": "img_v3_1"}), "\"GET /open-apis/im/v1/images/*\"]`"),
    ] {
        let said = told(&scene, value).await;
        assert!(said.contains(line), "{said}");
    }
    assert!(lark.requests_to("/open-apis/im").is_empty());
}

#[tokio::test]
async fn the_bytes_and_the_number_of_uploads_and_downloads_are_limited() {
    let lark = FakeLark::start().await;
    lark.put_resource("om_1", "file_1", "file", &"a".repeat(60_000));
    let limits = "[limits]\nmedia_sent_bytes_max = 10000\nmedia_received_bytes_max = 50000\nmedia_open_max = 2";
    let scene = scene(&lark, &granted(limits)).await;
    let said = told(&scene, json!({"bytes": 10_001})).await;
    assert!(
        said.contains("`media_sent_bytes_max = 10000` under [limits] in files.toml"),
        "{said}"
    );
    assert!(lark.requests_to("/open-apis/im").is_empty(), "nothing of it is sent");
    let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
    assert!(
        said.contains("`media_received_bytes_max = 50000` under [limits] in files.toml"),
        "{said}"
    );
    lark.put_resource("om_1", "file_2", "file", "small");
    let said = told(&scene, json!({"of": "om_1", "key": "file_2", "hold": 3})).await;
    assert!(
        said.contains("`media_open_max = 2` under [limits] in files.toml"),
        "{said}"
    );
    assert_eq!(
        told(&scene, json!({"of": "om_1", "key": "file_2", "hold": 2})).await,
        "2 held"
    );
    assert!(
        told(&scene, json!({"bytes": 10_000})).await.starts_with("img_v3_"),
        "each call has its own"
    );
}

#[tokio::test]
async fn what_is_no_file_is_never_taken_for_one() {
    let lark = FakeLark::start().await;
    lark.put_resource("om_1", "file_1", "file", "the file");
    let scene = scene(&lark, &granted("")).await;
    let page = |status, media_type: &str, body: &str| Fault::Answer {
        status,
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        body: body.to_owned(),
    };
    for (fault, wanted) in [
        (
            page(200, "text/html; charset=utf-8", "<html>log in"),
            "is not from Lark's OpenAPI",
        ),
        (
            page(200, "application/json", "{\"code\": 0}"),
            "is not from Lark's OpenAPI",
        ),
        (page(302, "text/plain", ""), "is not from Lark's OpenAPI"),
        (
            page(502, "text/html", "bad gateway"),
            "Lark had an internal error, status 502",
        ),
        (
            page(200, "application/json", "{\"code\": 234009, \"msg\": \"no\"}"),
            "code 234009",
        ),
        (
            Fault::limit(429, ("x-ogw-ratelimit-reset", "7")),
            "Lark asks to wait 7000 ms",
        ),
        (Fault::Drop, "the connection to Lark was closed"),
    ] {
        lark.fault(RESOURCE, fault);
        let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
        assert!(said.contains(wanted), "{said}");
    }
    let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
    assert_eq!(said, "application/octet-stream, 8 bytes: the file");
}

#[tokio::test]
async fn a_token_that_lark_refuses_is_replaced() {
    let lark = FakeLark::start().await;
    lark.put_resource("om_1", "file_1", "file", "the file");
    let scene = scene(&lark, &granted("")).await;
    lark.fault(RESOURCE, Fault::code(400, 99_991_663));
    let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
    assert_eq!(
        said, "application/octet-stream, 8 bytes: the file",
        "a download is asked for again"
    );
    lark.fault("/open-apis/im/v1/images", Fault::code(400, 99_991_663));
    let said = told(&scene, json!({"image": "x"})).await;
    assert!(said.contains("the next attempt gets a new one"), "{said}");
    assert!(told(&scene, json!({"image": "x"})).await.starts_with("img_v3_"));
}
