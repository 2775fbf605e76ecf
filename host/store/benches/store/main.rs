//! Load for the database: acknowledgements from many senders at once, beside a plain loop that inserts the same rows, and
//! how memory and file behave while a million events pass.
//!
//! `cargo bench --package lark-callback-store [-- senders | soak [EVENTS]]`. Numbers of two machines, or of two
//! days, say little; what counts is the share of the plain loop in the same run.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark reports by printing and stops by panicking"
)]

mod database;
mod plain;
mod rows;
mod senders;
mod soak;

/// Amount that is measured.
struct Effort {
    /// Events of one sender count; fewer where one sender waits for each commit alone.
    events: usize,
    rounds: usize,
    /// Events of the soak.
    soak: u64,
}

impl Effort {
    const BENCH: Self = Self {
        events: 40_000,
        rounds: 3,
        soak: 1_000_000,
    };

    /// Only shows that everything works.
    const SMOKE: Self = Self {
        events: 512,
        rounds: 1,
        soak: 2_000,
    };
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let is = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    // Cargo gives the argument in `cargo bench`, and not in `cargo test`.
    let effort = if is("--bench") { Effort::BENCH } else { Effort::SMOKE };
    let events = arguments.iter().find_map(|argument| argument.parse().ok());
    // As the server has it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime can be started").block_on(async {
        if !is("soak") {
            senders::measure(&effort).await;
        }
        if !is("senders") {
            soak::measure(events.unwrap_or(effort.soak)).await;
        }
    });
}
