//! What many plugins cost: a click, a start with a warm cache, and memory while nothing is called.

use std::{fs, path::Path, time::Instant};

use crate::{
    Effort,
    lark::{Lark, Question},
    measure::measure,
    server::Server,
};

const COUNTS: [usize; 4] = [1, 10, 100, 300];

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

pub(crate) async fn run(effort: &Effort) {
    println!(
        "| plugins | others take | first start s | start with a warm cache ms | memory MiB | click CPU µs | p50 ms | p99 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut lark = Lark::new();
    let mut alone_kib = None;
    for others_take in ["another type", "clicks too, and pass"] {
        for count in COUNTS {
            // The last row of the second table takes as long as all others: each click is passed on 299 times.
            let is_too_much = others_take != "another type" && count > 100;
            if count == 1 && alone_kib.is_some() || is_too_much {
                continue;
            }
            let folder = Server::folder();
            fill(&folder.path().join("plugins"), count, others_take);
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
            let alone = *alone_kib.get_or_insert(memory_kib);
            // Behind a hundred that pass a click costs a hundred times as much.
            let effort = Effort {
                requests: if others_take == "another type" {
                    effort.requests
                } else {
                    (effort.requests / count).max(10)
                },
                ..*effort
            };
            let round = measure(&server, Question::Click, &effort, &mut lark).await;
            println!(
                "| {count} | {others_take} | {first_s:.1} | {warm_ms:.0} | {:.1} ({:.0} KiB for each more) | {:.1} | {:.2} | {:.2} |",
                memory_kib as f64 / 1024.0,
                memory_kib.saturating_sub(alone) as f64 / (count - 1).max(1) as f64,
                round.cpu_us,
                round.load.latency_ms(0.5),
                round.load.latency_ms(0.99),
            );
        }
    }
}

/// Fills a folder with one plugin that answers clicks, and others.
fn fill(folder: &Path, count: usize, others_take: &str) {
    let write = |name: &str, wasm: &[u8]| fs::write(folder.join(name), wasm).expect("the folder can be written");
    // Asked last: by its name it stands behind the others, and before the built-in plugin.
    write("b.wasm", &guest("bench_toast"));
    let other = guest(if others_take == "another type" {
        "preview"
    } else {
        "echo"
    });
    for number in 1..count {
        write(&format!("a{number}.wasm"), &copy_of(&other, number));
    }
}
