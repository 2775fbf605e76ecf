//! What many plugins cost: a click, a start with a warm cache, and memory while nothing is called.

use std::{fs, path::Path, time::Instant};

use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    measure::Work,
    report::Round,
    server::Server,
};

const COUNTS: [usize; 4] = [1, 10, 100, 300];

const CONNECTIONS_TO_MANY: usize = 8;

/// The same plugin in another file: a custom section more, so that its hash and its compiled code are its own.
pub(crate) fn copy_of(wasm: &[u8], number: usize) -> Vec<u8> {
    const NAME: &[u8] = b"copy";
    let number = u32::try_from(number).unwrap_or_default().to_le_bytes();
    let length = u8::try_from(1 + NAME.len() + number.len()).unwrap_or_default();
    let name_length = u8::try_from(NAME.len()).unwrap_or_default();
    [wasm, &[0, length, name_length], NAME, &number].concat()
}

pub(crate) fn guest(name: &str) -> Vec<u8> {
    fs::read(test_guests::guest(name)).expect("the plugin can be read")
}

/// A server with so many plugins.
pub(crate) struct Seen {
    pub(crate) count: usize,
    /// Whether the others take clicks too, and pass; otherwise each takes a type of its own.
    pub(crate) others_pass: bool,
    pub(crate) first_s: f64,
    pub(crate) warm_ms: f64,
    pub(crate) memory_kib: u64,
    pub(crate) round: Round,
}

pub(crate) async fn run(effort: &Effort) {
    println!(
        "| plugins | others take | first start s | start with a warm cache ms | memory MiB | click CPU µs | p50 ms | p99 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut alone_kib = None;
    measure(effort, |seen| {
        let alone = *alone_kib.get_or_insert(seen.memory_kib);
        println!(
            "| {} | {} | {:.1} | {:.0} | {:.1} ({:.0} KiB for each more) | {:.1} | {:.2} | {:.2} |",
            seen.count,
            if seen.others_pass {
                "clicks too, and pass"
            } else {
                "another type each"
            },
            seen.first_s,
            seen.warm_ms,
            seen.memory_kib as f64 / 1024.0,
            seen.memory_kib.saturating_sub(alone) as f64 / (seen.count - 1).max(1) as f64,
            seen.round.cpu_us,
            seen.round.load.latency_ms(0.5),
            seen.round.load.latency_ms(0.99),
        );
    })
    .await;
}

/// Tells each as soon as it is seen.
pub(crate) async fn measure(effort: &Effort, mut tell: impl FnMut(Seen)) {
    let mut lark = Lark::new();
    for others_pass in [false, true] {
        for count in COUNTS.into_iter().filter(|count| !others_pass || *count > 1) {
            let folder = Server::folder();
            fill(&folder.path().join("plugins"), count, others_pass);
            let begun = Instant::now();
            let server = Server::start(folder, false);
            server.until_loaded();
            let first_s = begun.elapsed().as_secs_f64();
            let folder = server.stop();
            let begun = Instant::now();
            let server = Server::start(folder, false);
            server.until_loaded();
            let warm_ms = begun.elapsed().as_secs_f64() * 1e3;
            server.settle();
            let memory_kib = server.idle_memory();
            let work = Work {
                servers: std::slice::from_ref(&server),
                question: Question::Click,
                // Behind many that pass a click takes so long that it would wait for others beyond Lark's three seconds.
                connections: if others_pass { CONNECTIONS_TO_MANY } else { CONNECTIONS },
                requests: if others_pass {
                    (effort.requests / count).max(10)
                } else {
                    effort.requests
                },
                postgres: None,
            };
            tell(Seen {
                count,
                others_pass,
                first_s,
                warm_ms,
                memory_kib,
                round: work.measure(&mut lark).await,
            });
        }
    }
}

/// Fills a folder with one plugin that answers clicks, and others.
fn fill(folder: &Path, count: usize, others_pass: bool) {
    let write = |name: &str, wasm: &[u8]| fs::write(folder.join(name), wasm).expect("the folder can be written");
    // Asked last: by its name it stands behind the others, and before the built-in plugin.
    write("b.wasm", &guest("bench_toast"));
    let other = guest(if others_pass { "echo" } else { "preview" });
    for number in 1..count {
        let copy = copy_of(&other, number);
        write(
            &format!("a{number}.wasm"),
            &if others_pass { copy } else { of_own_type(copy, number) },
        );
    }
}

/// The plugin with another type in the place of the one that it takes.
fn of_own_type(mut wasm: Vec<u8>, number: usize) -> Vec<u8> {
    const TYPE: &[u8] = b"url.preview.get";
    let own = format!("url.preview.{number:03}");
    let places = wasm.windows(TYPE.len()).enumerate().filter(|(_, bytes)| *bytes == TYPE);
    for place in places.map(|(place, _)| place).collect::<Vec<_>>() {
        wasm[place..place + TYPE.len()].copy_from_slice(own.as_bytes());
    }
    wasm
}
