//! The cost of one call of a plugin: a fresh store and instance, the call, and everything dropped again.
//!
//! `cargo bench -p lark-callback --bench plugin_call -- PLUGIN.wasm [CALLS [REUSE]]` prints microseconds per call, with REUSE in
//! warm mode. Run it under
//! `valgrind --tool=callgrind` to see where they go.

#![allow(clippy::print_stdout, reason = "what a benchmark is for")]

#[path = "callback/in_process.rs"]
mod in_process;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use lark_callback::plugin::{Bound, CallContext, Candidate, Engine, Plugin, Settings, Source};
use lark_callback_store::{Store, StoreSettings};

/// Calls in one batch; the fastest batch is the result, for everything else is somebody else's work.
const BATCH: usize = 200;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    // Without a plugin there is nothing to measure: this is how the tests run it.
    let Some(file) = arguments.next().map(PathBuf::from).filter(|file| file.exists()) else {
        return Ok(());
    };
    let calls = arguments
        .next()
        .map_or(Ok(20_000), |calls| calls.parse())
        .context("CALLS is a number")?;
    let settings = arguments.next().map(|reuse| format!("[limits]\nreuse = {reuse}\n"));
    let settings = Settings::parse(&settings.unwrap_or_default())?;
    tokio::runtime::Runtime::new()?.block_on(measure(file, calls, settings))
}

async fn measure(file: PathBuf, calls: usize, plugin_settings: Settings) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(&StoreSettings::at(folder.path().join("bench.db"))).await?;
    let engine = Engine::start(in_process::settings(), store)?;
    let wasm = std::fs::read(&file)?;
    let bytes = wasm.len();

    let started = Instant::now();
    let source = Source::File(file);
    let candidate = Candidate {
        name: "bench".to_owned(),
        source,
        wasm: wasm.into(),
        hash: None,
        settings: plugin_settings,
    };
    let plugin = Arc::new(engine.load(candidate).await?);
    println!(
        "load      {:>9.1} ms  ({bytes} bytes)",
        started.elapsed().as_secs_f64() * 1e3
    );

    let alone = Arc::clone(&plugin);
    tokio::spawn(async move { one_by_one(&alone, calls).await }).await??;
    side_by_side(&plugin, calls).await
}

/// The time of a call when nothing else runs.
async fn one_by_one(plugin: &Plugin, calls: usize) -> anyhow::Result<()> {
    let mut batches: Vec<Duration> = Vec::new();
    for _ in 0..calls.div_ceil(BATCH) {
        let started = Instant::now();
        for _ in 0..BATCH {
            call(plugin).await?;
        }
        batches.push(started.elapsed() / BATCH as u32);
    }
    batches.sort_unstable();
    let at = |share: usize| {
        batches
            .get(batches.len() * share / 100)
            .map_or(0.0, |batch| batch.as_secs_f64() * 1e6)
    };
    println!(
        "call      {:>9.2} µs  (best of {}; half of them within {:.2} µs)",
        at(0),
        batches.len(),
        at(50)
    );
    Ok(())
}

/// How many calls a second all cores make together, from 64 senders.
async fn side_by_side(plugin: &Arc<Plugin>, calls: usize) -> anyhow::Result<()> {
    let started = Instant::now();
    let senders: Vec<_> = (0..64)
        .map(|_| {
            let plugin = Arc::clone(plugin);
            tokio::spawn(async move {
                for _ in 0..calls.div_ceil(64) {
                    call(&plugin).await?;
                    tokio::task::yield_now().await;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for sender in senders {
        sender.await??;
    }
    let per_second = calls as f64 / started.elapsed().as_secs_f64();
    println!("together  {per_second:>9.0} calls/s");
    Ok(())
}

async fn call(plugin: &Plugin) -> anyhow::Result<()> {
    let begun = lark_callback::moment::Moment::now(1_700_000_000_000);
    plugin
        .handle(
            &in_process::click(CLICK),
            CallContext {
                bound: Bound::Callback,
                delivery: 0,
                attempt: 1,
                begun,
                deadline: begun.at + Duration::from_secs(3),
            },
        )
        .await?;
    Ok(())
}

/// The event of a card click with a small form, as long as they usually are.
const CLICK: &str = r#"{"operator":{"tenant_key":"2ed263bf32cf1651","user_id":"867dbb7g","open_id":"ou_3c14f3a59eaf2825dbe25359f15768ab","union_id":"on_c7a8b1b5d5a7e1f6a7b1b5d5a7e1f6a7"},"token":"c-295ee57216a5dc9de90fefd0aadb4b1d7d5ef7e0","action":{"value":{"echo":"hello","session_id":"0f8a2c6e4b1d4a7f9c3e5d7b2a6f8c1e","action":"authorize"},"tag":"button","timezone":"Asia/Shanghai","form_value":{"reason":"quarterly review","amount":"1200","when":"2026-11-23 +0800","approvers":["ou_1b2c3d4e5f60718293a4b5c6d7e8f901","ou_8f1e2d3c4b5a69788796a5b4c3d2e1f0"]},"name":"Button_lhhs7bq2"},"host":"im_message","context":{"open_message_id":"om_574d639e4a44e4dd646eaf628e2b4e42","open_chat_id":"oc_3dfb1a2c4e5f60718293a4b5c6d7e8f9"}}"#;
