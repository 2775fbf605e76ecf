//! How many events are acknowledged a second, from few and from many senders.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use lark_callback_store::{NewEvent, Received, Store};
use rustix::time::{ClockId, clock_gettime};

use crate::{Effort, database::TestDatabase, plain, rows};

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "what is measured arrives now")]
fn now_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

/// Who sends at once.
const SENDERS: [usize; 4] = [1, 8, 64, 256];

/// Result of one load.
struct Round {
    per_second: f64,
    /// Of all threads of this process, the senders among them; what another process does for it is not in it.
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    commits_per_second: f64,
    rows_per_commit: f64,
}

/// Prints the table.
pub(crate) async fn measure(effort: &Effort) {
    println!(
        "| database | senders | events/s | share of the plain loop | CPU µs each | p50 / p99 ms | commits/s | rows each |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for make in [|| Some(TestDatabase::file()), TestDatabase::server] {
        let Some(database) = make() else { continue };
        let mut number = 0;
        let mut events = |count: usize| -> Vec<NewEvent> {
            let at = now_ms();
            (0..count)
                .map(|_| {
                    number += 1;
                    rows::message(number, at)
                })
                .collect()
        };
        // In turn, so that all see the same weather.
        let mut limits = Vec::new();
        let mut rounds: Vec<Vec<Round>> = SENDERS.iter().map(|_| Vec::new()).collect();
        for _ in 0..effort.rounds {
            let rows = events(effort.events);
            let took = plain::insert(&make().expect("as before"), &rows).await;
            limits.push(rows.len() as f64 / took.as_secs_f64());
            for (senders, rounds) in SENDERS.into_iter().zip(&mut rounds) {
                // One sender waits for the disk at each event.
                let count = effort.events.min(senders * 2_500);
                let store = make().expect("as before");
                let opened = store.open().await;
                rounds.push(load(&opened, events(count), senders).await);
                opened.close().await;
            }
        }
        let limit = middle(limits);
        println!("| {} | plain loop | {limit:.0} | | | | | 256 |", database.name());
        for (senders, rounds) in SENDERS.into_iter().zip(rounds) {
            let of = |value: fn(&Round) -> f64| middle(rounds.iter().map(value).collect());
            println!(
                "| {} | {senders} | {:.0} | {:.0} % | {:.1} | {:.1} / {:.1} | {:.0} | {:.0} |",
                database.name(),
                of(|round| round.per_second),
                of(|round| round.per_second) / limit * 100.0,
                of(|round| round.cpu_us),
                of(|round| round.p50_ms),
                of(|round| round.p99_ms),
                of(|round| round.commits_per_second),
                of(|round| round.rows_per_commit),
            );
        }
    }
}

/// Has all of them received by so many senders, each with its next as soon as it has an answer.
async fn load(store: &Store, events: Vec<NewEvent>, senders: usize) -> Round {
    let count = events.len();
    let events = Arc::new(events);
    let next = Arc::new(AtomicUsize::new(0));
    let (before, cpu_before) = (store.commits(), cpu());
    let began = Instant::now();
    let senders: Vec<_> = (0..senders)
        .map(|_| {
            let (store, events, next) = (store.clone(), Arc::clone(&events), Arc::clone(&next));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while let Some(event) = events.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = Instant::now();
                    let received = store.receive(event.clone()).await.expect("it is stored");
                    took.push(sent.elapsed());
                    assert!(matches!(received, Received::First { .. }), "each is new");
                }
                took
            })
        })
        .collect();
    let mut latencies: Vec<Duration> = Vec::with_capacity(count);
    for sender in senders {
        latencies.extend(sender.await.expect("a sender"));
    }
    let elapsed = began.elapsed().as_secs_f64();
    let cpu_took = cpu() - cpu_before;
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let commits = store.commits();
    let committed = (commits.committed - before.committed) as f64;
    Round {
        per_second: count as f64 / elapsed,
        cpu_us: cpu_took.as_secs_f64() * 1e6 / count as f64,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        commits_per_second: committed / elapsed,
        rows_per_commit: (commits.rows - before.rows) as f64 / committed,
    }
}

/// CPU time of this process.
fn cpu() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().expect("a time")
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
