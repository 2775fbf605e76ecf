//! The cost of a callback: the real server beside a native one that makes the same checks, in one run.
//!
//! `cargo bench --package lark-callback --bench callback [-- PART OF A PATH'S NAME]`. Numbers of two machines, or of two
//! days, say little; what counts is the ratio. The load comes from the same machine.
//!
//! `-- neighbours` instead measures one plugin's clicks alone and beside plugins that attack, `-- plugins` a server with up to
//! 300 plugins, `-- reload` clicks while a plugin is replaced, `-- soak` ten minutes of a swap every 100 ms, and `-- http` a plugin's
//! HTTP requests beside the same ones without a plugin. `-- connection` compares a click over the long connection with one over HTTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark reports by printing and stops by panicking"
)]

mod connection;
mod deliveries;
mod in_process;
mod lark;
mod load;
mod native;
mod neighbours;
mod outward;
mod plugins;
mod reload;
mod report;
mod server;

use std::sync::Arc;

use self::{
    lark::{Lark, Question},
    load::{Connections, Load},
    report::{Report, Round},
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

/// One line of the table: a question, and which server answers it.
struct Path<'a> {
    name: &'static str,
    question: Question,
    server: &'a Server,
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
        if is(NEIGHBOURS) {
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
        } else {
            runtime.block_on(run(&effort));
        }
    }
}

async fn run(effort: &Effort) {
    let native = Server::native();
    let (unstored, durable) = (Server::ours("bench_toast", false), Server::ours("bench_toast", true));
    // Whose deliveries wait: what is left is the acknowledgement.
    let busy = Server::ours("bench_busy", true);
    let path = |name, question, server| Path { name, question, server };
    let paths = [
        path("challenge", Question::Challenge, &unstored),
        path("click, fresh instance", Question::Click, &unstored),
        path(
            "click, fresh instance, durable receipt and reply",
            Question::Click,
            &durable,
        ),
        path("message, durable receipt and delivery", Question::Message, &busy),
        path(
            "message, durable receipt and delivery, delivered",
            Question::Message,
            &durable,
        ),
    ];
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = wanted.unwrap_or_default();
    // A whole name is that path alone, although others may begin like it.
    let is_whole = paths.iter().any(|path| path.name == wanted);
    let is_wanted = |name: &str| name == wanted || !is_whole && name.contains(&wanted);
    let mut lark = Lark::new();
    let mut report = Report::default();
    for _ in 0..effort.rounds {
        // Next to each other, so that both see the same weather.
        for path in paths.iter().filter(|path| is_wanted(path.name)) {
            let native = measure(&native, path.question, effort, &mut lark).await;
            let ours = measure(path.server, path.question, effort, &mut lark).await;
            report.add(path.name, native, ours);
        }
    }
    report.print();
    if is_wanted("message, durable receipt and delivery, delivered") {
        deliveries::print(&durable, effort.requests).await;
    }

    let mut connections = Connections::open(durable.address, CONNECTIONS)
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

/// One load on one server, after a first one that warms both ends up.
async fn measure(server: &Server, question: Question, effort: &Effort, lark: &mut Lark) -> Round {
    let mut connections = Connections::open(server.address, CONNECTIONS)
        .await
        .expect("it listens");
    let warm_up = lark.requests(question, effort.requests / 10);
    let requests = lark.requests(question, effort.requests);
    send(&mut connections, warm_up, None, question, lark).await;
    server.settle();
    let log_bytes = server.log_bytes();
    let (before, machine, own) = (server.cpu(), server::machine(), server::own_cpu());
    let load = send(&mut connections, requests, None, question, lark).await;
    server.settle();
    let cpu = server.cpu() - before;
    let after = server::machine();
    let others = (after.0 - machine.0).saturating_sub(cpu + server::own_cpu() - own);
    Round {
        cpu_us: cpu.as_secs_f64() * 1e6 / effort.requests as f64,
        others: others.as_secs_f64() / (after.1 - machine.1).as_secs_f64(),
        commits: server.commits(log_bytes),
        load,
    }
}

/// Sends a load whose every answer must be the right one.
async fn send(
    connections: &mut Connections,
    requests: Vec<Vec<u8>>,
    rate: Option<f64>,
    question: Question,
    lark: &mut Lark,
) -> Load {
    let first = connections.ask(&lark.requests(question, 1).concat()).await;
    let first: Arc<[u8]> = first.expect("it answers").into();
    let answer: serde_json::Value = serde_json::from_slice(&first).expect("the answer is JSON");
    assert_eq!(answer, question.answer());
    connections
        .send(requests, rate, &first)
        .await
        .expect("all are answered")
}
