//! The cost of a callback: the real server beside a native one that makes the same checks, in one run.
//!
//! `cargo bench --package lark-callback --bench callback [-- PART OF A PATH'S NAME]`. Numbers of two machines, or of two
//! days, say little; what counts is the ratio. The load comes from the same machine.
//!
//! `-- neighbours` instead measures one plugin's clicks alone and beside plugins that attack, `-- plugins` a server with up to
//! 300 plugins, `-- reload` clicks while a plugin is replaced, `-- soak` ten minutes of a swap every 100 ms, and `-- http` a plugin's
//! HTTP requests beside the same ones without a plugin. `-- connection` compares a click over the long connection with one over HTTP.
//! `-- growth [PARTS] [--to FOLDER]` says how the cost grows with senders, plugins, applications, events that are kept, the body
//! and servers, as tables and as pictures in that folder.
//! `-- profile [PART OF A PATH'S NAME]` says where the CPU time of each path goes; it needs Linux' `perf`, and root.
//!
//! `BENCH_SERVER=FILE` has the servers run another build's program, so that two builds are compared with one benchmark.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark reports by printing and stops by panicking"
)]

mod connection;
mod deliveries;
mod growth;
mod in_process;
mod lark;
mod load;
mod measure;
mod native;
mod neighbours;
mod outward;
mod paths;
mod plugins;
mod postgres;
mod profile;
mod reload;
mod report;
mod server;

use self::{
    lark::{Lark, Question},
    load::Connections,
    measure::{measure, send},
    paths::Servers,
    report::Report,
    server::Server,
};

/// The argument that makes this program the native server.
const NATIVE: &str = "--native-server";

/// The arguments for the other benchmarks.
const NEIGHBOURS: &str = "neighbours";
const PLUGINS: &str = "plugins";
const RELOAD: &str = "reload";
const SOAK: &str = "soak";
const HTTP: &str = "http";
const CONNECTION: &str = "connection";
const PROFILE: &str = "profile";
const GROWTH: &str = "growth";

/// Like the gateways of a large tenant: enough that a commit finds company.
const CONNECTIONS: usize = 64;

/// A second, for the latency of a server that is not busy.
const PACED_RATE: f64 = 500.0;

/// Amount that is measured.
struct Effort {
    rounds: usize,
    requests: usize,
    paced: usize,
    /// How long a load lasts whose length is a time.
    seconds: u64,
}

impl Effort {
    /// At 20 µs a request a round takes the native server half a second: fifty times the unit of the measurement.
    const BENCH: Self = Self {
        rounds: 7,
        requests: 30_000,
        paced: 5_000,
        seconds: 30,
    };

    /// Only shows that everything works.
    const SMOKE: Self = Self {
        rounds: 1,
        requests: 256,
        paced: 64,
        seconds: 2,
    };
}

fn main() {
    let is = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    if is(NATIVE) {
        native::serve();
    } else if !cfg!(target_os = "linux") {
        println!("This benchmark reads CPU times from /proc and runs on Linux only.");
    } else {
        // Cargo gives the argument in `cargo bench`, and not in `cargo test`.
        let effort = if is("--bench") { Effort::BENCH } else { Effort::SMOKE };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime can be started");
        // First, because names of its parts are names of other benchmarks.
        if is(GROWTH) {
            runtime.block_on(growth::run(&effort));
        } else if is(NEIGHBOURS) {
            runtime.block_on(neighbours::run());
        } else if is(PLUGINS) {
            runtime.block_on(plugins::run(&effort));
        } else if is(RELOAD) {
            runtime.block_on(reload::run(&effort));
        } else if is(SOAK) {
            runtime.block_on(reload::soak(&effort));
        } else if is(HTTP) {
            runtime.block_on(outward::run(&effort));
        } else if is(CONNECTION) {
            runtime.block_on(connection::run(&effort));
        } else if is(PROFILE) {
            runtime.block_on(profile::run(&effort));
        } else {
            runtime.block_on(run(&effort));
        }
    }
}

async fn run(effort: &Effort) {
    let native = Server::native();
    let servers = Servers::start();
    let paths = servers.paths();
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = wanted.unwrap_or_default();
    let mut lark = Lark::new();
    let mut report = Report::default();
    for _ in 0..effort.rounds {
        // Next to each other, so that both see the same weather.
        for path in paths::wanted(&paths, &wanted) {
            let native = measure(&native, path.question, effort, &mut lark).await;
            let ours = measure(path.server, path.question, effort, &mut lark).await;
            report.add(path.name, native, ours);
        }
    }
    report.print();
    if paths::wanted(&paths, &wanted).any(|path| path.name == paths::DELIVERED) {
        deliveries::print(&servers.durable, effort.requests).await;
    }

    let mut connections = Connections::open(servers.durable.address, CONNECTIONS)
        .await
        .expect("it listens");
    let requests = lark.requests(Question::Click, effort.paced);
    let paced = send(&mut connections, requests, Some(PACED_RATE), Question::Click, &mut lark).await;
    println!(
        "Durable clicks at {PACED_RATE} a second: p50 {:.2} ms, p99 {:.2} ms.",
        paced.latency_ms(0.5),
        paced.latency_ms(0.99),
    );
}
