//! A Lark that misbehaves while bytes are on their way: each call ends in its time, and the neighbours are served.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{granted, place, told};
use crate::support::{Scene, until};

/// Behaviour after the head of a request for a file or an image has been read.
#[derive(Debug, Clone, Copy)]
enum Does {
    /// Writes this and closes.
    Say(&'static str),
    /// Writes this, then `a` without end.
    SayForever(&'static str),
    /// Reads no more and says nothing.
    Hang,
    /// Reads so many bytes of the body and closes.
    CloseAfter(usize),
    /// Reads to the end, and says that the key is `img_1`.
    Keep,
}

/// Gives out a token, and does that with everything else.
struct Rough {
    url: String,
    /// Heads of requests, and the bytes of their bodies that came before the end.
    seen: Arc<Mutex<Vec<(String, usize)>>>,
    serving: JoinHandle<()>,
}

impl Rough {
    async fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let seen_here = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, does, Arc::clone(&seen_here)));
            }
        });
        Self { url, seen, serving }
    }

    async fn scene(&self, more: &str) -> Scene {
        let place = place(&self.url, &granted(more)).plugin("second");
        place.set("CALLBACK_BUDGET_MS", "1000").serve().await
    }

    fn seen(&self) -> Vec<(String, usize)> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Rough {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Fails when the other side closes, which is the end of it.
async fn answer(mut stream: TcpStream, does: Does, seen: Arc<Mutex<Vec<(String, usize)>>>) -> Option<()> {
    let mut bytes = Vec::new();
    let end = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(at) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    if head.starts_with("POST /open-apis/auth/") {
        let token = json!({"code": 0, "msg": "ok", "tenant_access_token": "t-1", "expire": 7200}).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{token}",
            token.len()
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
        return stream.shutdown().await.ok();
    }
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let announced: usize = announced.map_or(0, |length| length.parse().unwrap());
    let mut read = bytes.len() - end;
    let wanted = match does {
        Does::CloseAfter(bytes) => bytes,
        Does::Keep => announced,
        _ => 0,
    };
    let mut part = vec![0; 64 << 10];
    while read < wanted {
        match stream.read(&mut part).await {
            Ok(more) if more > 0 => read += more,
            _ => break,
        }
    }
    seen.lock().unwrap().push((head, read));
    match does {
        Does::Say(text) => stream.write_all(text.as_bytes()).await.ok()?,
        Does::SayForever(text) => {
            stream.write_all(text.as_bytes()).await.ok()?;
            loop {
                stream.write_all(&[b'a'; 4096]).await.ok()?;
            }
        }
        Does::Keep if read == announced => {
            let key = json!({"code": 0, "data": {"image_key": "img_1"}}).to_string();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{key}", key.len());
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
        Does::Keep | Does::CloseAfter(_) => {}
        Does::Hang => std::future::pending().await,
    }
    Some(())
}

async fn neighbour_answers(scene: &Scene) {
    assert_eq!(
        scene.click(json!({"second": "hello"})).await.toast(),
        "version 1 heard hello"
    );
}

const FILE: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n";

#[tokio::test]
async fn a_download_that_announces_too_much_is_not_read() {
    let rough = Rough::start(Does::SayForever(
        "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 9223372036854775807\r\n\r\n",
    ))
    .await;
    let scene = rough.scene("").await;
    let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
    assert!(said.contains("`media_received_bytes_max = 33554432`"), "{said}");
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_download_without_end_ends_at_the_limit_of_its_bytes() {
    let rough = Rough::start(Does::SayForever(
        "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n",
    ))
    .await;
    let scene = rough.scene("[limits]\nmedia_received_bytes_max = 500000").await;
    let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
    assert!(said.contains("`media_received_bytes_max = 500000`"), "{said}");
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn a_download_that_breaks_off_never_looks_complete() {
    for rest in [
        "content-length: 100\r\n\r\nhalf",
        "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let text: &'static str = Box::leak(format!("{FILE}{rest}").into_boxed_str());
        let rough = Rough::start(Does::Say(text)).await;
        let scene = rough.scene("").await;
        let said = told(&scene, json!({"of": "om_1", "key": "file_1"})).await;
        assert!(said.contains("closed before the response was complete"), "{said}");
        // Nothing of it was kept by whom it was passed on to.
        let said = told(&scene, json!({"of": "om_1", "key": "file_1", "relay": true})).await;
        assert!(!said.starts_with("img_") && !said.starts_with("file_"), "{said}");
    }
}

#[tokio::test]
async fn a_call_ends_in_its_time_whatever_lark_does_with_its_bytes() {
    let download = json!({"of": "om_1", "key": "file_1"});
    for value in [download, json!({"bytes": 10 << 20}), json!({"bytes": 10})] {
        let rough = Rough::start(Does::Hang).await;
        let scene = rough.scene("").await;
        let clicking = scene.click(value);
        let (said, ()) = tokio::join!(clicking, neighbour_answers(&scene));
        assert!(said.toast().contains("no response from Lark within"), "{said:?}");
        neighbour_answers(&scene).await;
    }
}

#[tokio::test]
async fn an_upload_whose_connection_breaks_is_told_to_try_again() {
    for after in [0, 100_000] {
        let rough = Rough::start(Does::CloseAfter(after)).await;
        let scene = rough.scene("").await;
        let said = told(&scene, json!({"bytes": 10 << 20})).await;
        assert!(
            said.contains("Lark is not available: the connection to Lark was closed"),
            "{said}"
        );
        neighbour_answers(&scene).await;
    }
}

#[tokio::test]
async fn an_answer_in_the_middle_of_an_upload_ends_it() {
    let rough = Rough::start(Does::Say(
        "HTTP/1.1 413 Too Large\r\ncontent-length: 39\r\n\r\n{\"code\":234006,\"msg\":\"exceed the max\"} ",
    ))
    .await;
    let scene = rough.scene("").await;
    let said = told(&scene, json!({"bytes": 10 << 20})).await;
    assert!(said.contains("code 234006") || said.contains("was closed"), "{said}");
    neighbour_answers(&scene).await;
}

#[tokio::test]
async fn an_upload_announces_its_length_and_one_that_is_dropped_is_cut() {
    let rough = Rough::start(Does::Keep).await;
    let scene = rough.scene("").await;
    assert_eq!(told(&scene, json!({"bytes": 1 << 20})).await, "img_1");
    assert_eq!(
        told(&scene, json!({"bytes": 1 << 20, "written": 500_000, "drop": true})).await,
        "dropped"
    );
    let [whole, cut] = until("two uploads", async || rough.seen().try_into().ok()).await;
    let announced = |head: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
    };
    assert_eq!(announced(&whole.0), Some(whole.1));
    assert!(whole.1 > 1 << 20 && cut.1 < 1 << 20, "{whole:?} {cut:?}");
    assert!(!whole.0.contains("transfer-encoding"), "{}", whole.0);
}
