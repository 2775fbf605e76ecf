//! A million events pass through SQLite, each delivered, and are deleted when their time has come: memory and file must not
//! grow beyond what is kept. The clock runs so fast that a month is a quarter of all.

use std::{fs, path::Path, time::Instant};

use lark_callback_store::{Claim, Finish, Lost, Retention, Store, Then};

use crate::{
    database::TestDatabase,
    rows::{APP, PLUGIN, message},
};

/// So much of the time of all is kept: events live 30 days.
const KEPT_PART: u64 = 4;
const KEPT_DAYS: u64 = 30;
const DAY_MS: u64 = 86_400_000;

/// Between two sweeps, as senders of a busy server would be served meanwhile.
const TOGETHER: u64 = 256;

/// Lines of the table.
const LINES: u64 = 10;

/// Prints the table.
pub(crate) async fn measure(events: u64) {
    let database = TestDatabase::file();
    let TestDatabase::File(folder) = &database else { return };
    let store = database.open().await;
    let step_ms = (KEPT_DAYS * DAY_MS * KEPT_PART / events).max(1);
    let now_ms = |number: u64| 1_700_000_000_000 + number * step_ms;
    println!(
        "\n| events | days | events/s | resident MiB | in use MiB | file MiB | log MiB |\n|---|---|---|---|---|---|---|"
    );
    let (mut number, mut line, mut began) = (0, 1, Instant::now());
    while number < events {
        let together = TOGETHER.min(events - number);
        receive(&store, number, together, now_ms).await;
        number += together;
        deliver(&store, now_ms(number)).await;
        while store
            .prune(&Retention::default(), now_ms(number))
            .await
            .expect("a sweep")
            > 0
        {}
        if number >= events * line / LINES {
            let per_second = (events / LINES) as f64 / began.elapsed().as_secs_f64();
            let days = (now_ms(number) - now_ms(0)) / DAY_MS;
            let in_use = store.bytes().await.expect("its size");
            let file = |name: &str| bytes(&folder.path().join(name));
            println!(
                "| {number} | {days} | {per_second:.0} | {} | {} | {} | {} |",
                mib(resident()),
                mib(in_use),
                mib(file("config.db")),
                mib(file("config.db-wal"))
            );
            (line, began) = (line + 1, Instant::now());
        }
    }
    store.close().await;
}

async fn receive(store: &Store, first: u64, count: u64, now_ms: impl Fn(u64) -> u64) {
    let received: Vec<_> = (first..first + count)
        .map(|number| {
            let (store, new) = (store.clone(), message(number, now_ms(number)));
            tokio::spawn(async move { store.receive(new).await })
        })
        .collect();
    for received in received {
        received.await.expect("a sender").expect("it is stored");
    }
}

/// Brings everything that is due to its end.
async fn deliver(store: &Store, now_ms: u64) {
    loop {
        let claim = Claim {
            plugin: PLUGIN.to_owned(),
            limit: 256,
            lost: Lost::Never,
            leaves_expired: false,
            now_ms,
        };
        let claimed = store.claim(claim).await.expect("a claim");
        if claimed.is_empty() {
            return;
        }
        let finished: Vec<_> = claimed
            .into_iter()
            .map(|delivery| {
                let store = store.clone();
                let finish = Finish {
                    delivery: delivery.id,
                    event: delivery.event,
                    app: APP.to_owned(),
                    attempt: delivery.attempt,
                    started_at_ms: now_ms,
                    duration_us: 100,
                    outcome: "ok".to_owned(),
                    error: None,
                    plugin_hash: String::new(),
                    log: String::new(),
                    then: Then::Done,
                    tasks: Vec::new(),
                    now_ms,
                };
                tokio::spawn(async move { store.finish(finish).await })
            })
            .collect();
        for finished in finished {
            finished.await.expect("an attempt").expect("it is recorded");
        }
    }
}

/// Memory of this process.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

fn bytes(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}
