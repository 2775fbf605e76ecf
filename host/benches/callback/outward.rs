//! The cost of an HTTP request of a plugin: through the host, beside the same request by the same client without a plugin.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lark_callback::{
    http_client,
    moment::Moment,
    plugin::{Bound, CallContext, Candidate, Engine, Plugin, Settings, Source},
};
use lark_callback_store::{Store, StoreSettings};
use lark_protocol::Event;
use reqwest::Client;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{Effort, in_process};

/// What a service is asked and what it answers: JSON of a usual size.
const BODY_BYTES: usize = 1_000;

/// Requests of one call of the plugin: one, as for a click, and several, which shows what each costs beside the call.
const TIMES: [usize; 2] = [1, 16];

pub(crate) async fn run(effort: &Effort) {
    let address = serve();
    let url = format!("http://{address}/v1/items");
    let body = json!({"note": "n".repeat(BODY_BYTES)}).to_string();
    let client = http_client::builder([url.as_str()])
        .build()
        .expect("a client can be built");
    let plugin = plugin(address).await;
    let requests = effort.paced;
    natively(&client, &url, &body, requests / 10 + 1).await;
    through(&plugin, &event(&url, &body, 1), requests / 10 + 1).await;
    println!("| requests of one call | natively µs | through the host µs | ratio |");
    println!("|---|---|---|---|");
    for times in TIMES {
        let event = event(&url, &body, times);
        let calls = (requests / times).max(1);
        let mut rounds = Vec::new();
        for _ in 0..effort.rounds {
            // Next to each other, so that both see the same weather.
            let native = natively(&client, &url, &body, calls * times).await / (calls * times) as u32;
            let ours = through(&plugin, &event, calls).await / (calls * times) as u32;
            rounds.push((ours.as_secs_f64() / native.as_secs_f64(), native, ours));
        }
        rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, native, ours) = rounds[rounds.len() / 2];
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        println!(
            "| {times} | {:.1} | {:.1} | **{ratio:.2}** |",
            micros(native),
            micros(ours)
        );
    }
}

async fn natively(client: &Client, url: &str, body: &str, requests: usize) -> Duration {
    let begun = Instant::now();
    for _ in 0..requests {
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_owned());
        let response = request.send().await.expect("it answers");
        assert!(response.status().is_success());
        assert!(!response.bytes().await.expect("a body").is_empty());
    }
    begun.elapsed()
}

async fn through(plugin: &Plugin, event: &Arc<Event>, calls: usize) -> Duration {
    let begun = Instant::now();
    for _ in 0..calls {
        let begun = Moment::now(1_700_000_000_000);
        let context = CallContext {
            delivery: 0,
            attempt: 1,
            begun,
            deadline: begun.at + Duration::from_secs(30),
            bound: Bound::Attempt,
        };
        plugin.handle(event, context).await.expect("it succeeds");
    }
    begun.elapsed()
}

async fn plugin(address: SocketAddr) -> Plugin {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let store = Store::open(&StoreSettings::at(folder.path().join("bench.db"))).await;
    let engine =
        Engine::start(in_process::settings(), store.expect("a database can be made")).expect("plugins can run");
    let toml = format!("[grant]\nhttp_private = ['POST http://{address}/**']");
    let file = test_guests::guest("bench_http");
    let candidate = Candidate {
        name: "bench".to_owned(),
        wasm: std::fs::read(&file).expect("the plugin can be read").into(),
        hash: None,
        source: Source::File(file),
        settings: Settings::parse(&toml).expect("the settings are good"),
    };
    engine.load(candidate).await.expect("the plugin loads")
}

fn event(url: &str, body: &str, times: usize) -> Arc<Event> {
    let payload = json!({"url": url, "times": times, "body": body.replace('"', "'")});
    in_process::click(&payload.to_string())
}

/// A service on a thread of its own; it lives as long as the benchmark.
fn serve() -> SocketAddr {
    let (tell, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be started").block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("it is bound");
            tell.send(address).expect("somebody waits for it");
            loop {
                let (stream, _) = listener.accept().await.expect("connections come");
                stream.set_nodelay(true).expect("a socket can be set");
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)));
            }
        });
    });
    address.recv().expect("the service starts")
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // All of it is read before the answer, as a service does that needs it.
    let bytes = request
        .into_body()
        .collect()
        .await
        .map_or(0, |body| body.to_bytes().len());
    let body = json!({"bytes": bytes, "note": "n".repeat(BODY_BYTES)}).to_string();
    Ok(Response::new(Full::from(body)))
}
