//! The latency of a plugin's clicks while other plugins spin, exhaust memory and flood the host, compared with that alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::task::JoinSet;

use crate::{
    lark::{Lark, Question},
    load::{Connections, Load},
    measure::send,
    server::Server,
};

/// Clicks of the plugin that is measured, at once: as many as a gateway keeps open for one that is clicked now and then.
const CONNECTIONS: usize = 16;

/// A second; they leave both cores at rest most of the time.
const RATE: f64 = 200.0;

const CLICKS: usize = 1_000;

/// A tenth of a minute each; the machine's own weather is in one or two of them.
const ROUNDS: u128 = 5;

/// Kinds of attack, and from how many connections each comes.
const ATTACKS: [(&str, usize); 7] = [
    ("spin", 100),
    ("many", 16),
    ("memory", 16),
    ("fill", 4),
    ("log", 16),
    ("metrics", 16),
    ("keys", 16),
];

/// The load beside the plugin that is measured.
const SCENES: [(&str, &[&str]); 9] = [
    ("alone", &[]),
    ("spin", &["spin"]),
    ("many short calls", &["many"]),
    ("memory", &["memory"]),
    ("fill", &["fill"]),
    ("log", &["log"]),
    ("metrics", &["metrics"]),
    ("keys", &["keys"]),
    ("spin, memory and log", &["spin", "memory", "log"]),
];

/// Attackers begin before the measurement, so that it meets them at their worst, and one after the other: a hundred calls whose
/// time ends at the same moment would be measured as the burst of a hundred clicks that follows.
const RUN_UP: Duration = Duration::from_secs(3);

/// One scene in one round.
struct Seen {
    answered: f64,
    p50_ms: f64,
    p99_ms: f64,
    of_alone: f64,
}

pub(crate) async fn run() {
    let settings =
        ATTACKS.map(|(attack, _)| format!("[config]\nattack = \"{attack}\"\n[limits]\ncrashes_max = 1000000\n"));
    let mut guests = vec![("bench", "bench_toast", "")];
    guests.extend(
        ATTACKS
            .iter()
            .zip(&settings)
            .map(|((attack, _), toml)| (*attack, "attacks", toml.as_str())),
    );
    let server = Server::with(&guests, true);
    let mut lark = Lark::new();
    // Both ends warm up.
    measure(&server, &mut lark).await;
    let mut seen: Vec<Vec<Seen>> = SCENES.iter().map(|_| Vec::new()).collect();
    for round in 1..=ROUNDS {
        let mut alone_ms = None;
        for (number, (_, attacks)) in SCENES.iter().enumerate() {
            let first = (round * SCENES.len() as u128 + number as u128) << 64;
            let attackers = Attackers::start(&server, attacks, first);
            if !attacks.is_empty() {
                tokio::time::sleep(RUN_UP).await;
            }
            let before = attackers.answered();
            let load = measure(&server, &mut lark).await;
            let answered = (attackers.answered() - before) as f64 / load.elapsed.as_secs_f64();
            drop(attackers);
            server.settle();
            let p99_ms = load.latency_ms(0.99);
            seen[number].push(Seen {
                answered,
                p50_ms: load.latency_ms(0.5),
                p99_ms,
                // Alone comes first in each round.
                of_alone: p99_ms / *alone_ms.get_or_insert(p99_ms),
            });
        }
    }
    println!("| beside | attacks answered a second | p50 ms | p99 ms | p99, of alone in the same round |");
    println!("|---|---|---|---|---|");
    for ((name, _), seen) in SCENES.iter().zip(&seen) {
        let sorted = |value: fn(&Seen) -> f64| {
            let mut values: Vec<f64> = seen.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let middle = |value| sorted(value)[seen.len() / 2];
        let ratios = sorted(|seen| seen.of_alone);
        println!(
            "| {name} | {:.0} | {:.2} | {:.2} | **{:.1}** ({:.1} to {:.1}) |",
            middle(|seen| seen.answered),
            middle(|seen| seen.p50_ms),
            middle(|seen| seen.p99_ms),
            ratios[ratios.len() / 2],
            ratios[0],
            ratios[ratios.len() - 1]
        );
    }
    println!("\n{ROUNDS} rounds of {CLICKS} clicks, {RATE} a second; medians.");
}

/// The clicks of the plugin that is measured; each must be answered by it.
async fn measure(server: &Server, lark: &mut Lark) -> Load {
    let mut connections = Connections::open(server.address, CONNECTIONS)
        .await
        .expect("it listens");
    let requests = lark.requests(Question::Click, CLICKS);
    send(&mut connections, requests, Some(RATE), Question::Click, lark).await
}

/// Attackers on a thread of their own; they end when this is dropped.
struct Attackers {
    end: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Attackers {
    fn start(server: &Server, attacks: &'static [&'static str], first: u128) -> Self {
        let (end, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let address = server.address;
        let connections = ATTACKS
            .into_iter()
            .filter(|(attack, _)| attacks.contains(attack))
            .flat_map(|(attack, connections)| vec![attack; connections]);
        let (is_over, count) = (Arc::clone(&end), Arc::clone(&answered));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be started").block_on(async {
                let mut attackers = JoinSet::new();
                let connections: Vec<_> = connections.collect();
                let pause = RUN_UP / u32::try_from(connections.len().max(1)).unwrap_or(u32::MAX);
                for (number, attack) in (1_u128..).zip(connections) {
                    tokio::time::sleep(pause).await;
                    let (is_over, count) = (Arc::clone(&is_over), Arc::clone(&count));
                    attackers.spawn(async move {
                        let mut lark = Lark::after(first + (number << 32));
                        let mut connection = Connections::open(address, 1).await.expect("it listens");
                        while !is_over.load(Ordering::Relaxed) {
                            let request = lark.requests(Question::Attack(attack), 1).concat();
                            // Whatever it is: hardly an attack succeeds.
                            connection.ask(&request).await.expect("it answers");
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
                attackers.join_all().await;
            });
        });
        Self {
            end,
            answered,
            thread: Some(thread),
        }
    }

    fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // What went wrong there was said there.
            let _ = thread.join();
        }
    }
}
