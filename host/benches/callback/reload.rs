//! Plugins that are replaced under load: how long a click is held up by a swap, and whether anything grows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    Effort,
    lark::{Lark, Question},
    load::{Connections, Load},
    measure::send,
    plugins::{copy_of, guest},
    server::Server,
};

/// Clicks a second: few enough that a swap is seen, and not a queue.
const RATE: f64 = 200.0;

/// The time between two swaps where each is to be seen.
const SWAP_EVERY: Duration = Duration::from_millis(500);

/// The same for the soak.
const SOAK_EVERY: Duration = Duration::from_millis(100);

/// Half of each minute has clicks, half has events.
const SOAK_MINUTES: usize = 10;

/// Replaces the plugin again and again on a thread of its own, until it is dropped.
struct Swaps {
    end: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Swaps {
    fn start(server: &Arc<Server>, every: Duration) -> Self {
        let end = Arc::<AtomicBool>::default();
        let (is_over, server) = (Arc::clone(&end), Arc::clone(server));
        let thread = thread::spawn(move || {
            let begun = Instant::now();
            let versions = versions();
            for number in 0_u32.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                server.put("bench.wasm", &versions[number as usize % 2]);
                pause((begun + every * (number + 1)).saturating_duration_since(Instant::now()));
            }
        });
        Self {
            end,
            thread: Some(thread),
        }
    }
}

impl Drop for Swaps {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // What went wrong there was said there.
            let _ = thread.join();
        }
    }
}

/// The two versions that take turns.
fn versions() -> [Vec<u8>; 2] {
    [1, 2].map(|number| copy_of(&guest("bench_toast"), number))
}

/// Has both versions compiled: what is measured is a swap, and a new version would end the compiling of the one before it.
fn compile_both(server: &Server) {
    for (number, version) in (1..).zip(versions()) {
        server.put("bench.wasm", &version);
        while server.lines_with(" replaces ") < number {
            pause(Duration::from_millis(20));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread has nothing else to do")]
fn pause(time: Duration) {
    thread::sleep(time);
}

/// A load without swaps beside one with a swap every half second.
pub(crate) async fn run(effort: &Effort) {
    let round = Duration::from_secs(effort.seconds);
    let server = Arc::new(Server::ours("bench_toast", true));
    server.until_loaded();
    let mut lark = Lark::new();
    compile_both(&server);
    // Both ends warm up.
    load(&server, &mut lark, round).await;
    println!("| clicks | p50 ms | p99 ms | p99.9 ms | longest ms | swaps |");
    println!("|---|---|---|---|---|---|");
    for _ in 0..effort.rounds {
        for every in [None, Some(SWAP_EVERY)] {
            let swapped = server.lines_with(" replaces ");
            let swaps = every.map(|every| Swaps::start(&server, every));
            let load = load(&server, &mut lark, round).await;
            drop(swaps);
            println!(
                "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {} |",
                if every.is_some() { "beside swaps" } else { "alone" },
                load.latency_ms(0.5),
                load.latency_ms(0.99),
                load.latency_ms(0.999),
                load.latency_ms(1.0),
                server.lines_with(" replaces ") - swapped,
            );
        }
    }
}

/// A swap every 100 ms under clicks and events; the first request without its answer ends it.
pub(crate) async fn soak(effort: &Effort) {
    let half = Duration::from_secs(effort.seconds);
    let server = Arc::new(Server::ours("bench_toast", true));
    server.until_loaded();
    compile_both(&server);
    let mut lark = Lark::new();
    let _swaps = Swaps::start(&server, SOAK_EVERY);
    println!("| minute | swaps | memory MiB | threads | descriptors | click p50 ms | p99 ms | longest ms |");
    println!("|---|---|---|---|---|---|---|---|");
    for minute in 1..=SOAK_MINUTES {
        let mut others = Lark::after((minute as u128) << 64);
        let clicks = load(&server, &mut lark, half).await;
        let events = others.requests(Question::Message, (RATE * half.as_secs_f64()) as usize);
        let mut connections = Connections::open(server.address, 4).await.expect("it listens");
        send(&mut connections, events, Some(RATE), Question::Message, &mut others).await;
        let [memory_kib, threads, descriptors] = server.holds();
        println!(
            "| {minute} | {} | {:.1} | {threads} | {descriptors} | {:.2} | {:.2} | {:.2} |",
            server.lines_with(" replaces "),
            memory_kib as f64 / 1024.0,
            clicks.latency_ms(0.5),
            clicks.latency_ms(0.99),
            clicks.latency_ms(1.0),
        );
    }
}

async fn load(server: &Server, lark: &mut Lark, time: Duration) -> Load {
    let mut connections = Connections::open(server.address, 4).await.expect("it listens");
    let requests = lark.requests(Question::Click, (RATE * time.as_secs_f64()) as usize);
    send(&mut connections, requests, Some(RATE), Question::Click, lark).await
}
