//! Senders at once: connections to one server.

use super::{Axis, line};
use crate::{
    Effort,
    lark::{Lark, Question},
    measure::Work,
    server::Server,
};

const SENDERS: [usize; 6] = [1, 4, 16, 64, 256, 1024];

/// One sender waits for the disk at each request.
const REQUESTS_EACH: usize = 4_000;

pub(super) async fn measure(effort: &Effort, lark: &mut Lark) -> Axis {
    let unstored = Server::ours("bench_toast", false);
    let durable = Server::ours("bench_toast", true);
    let busy = Server::ours("bench_busy", true);
    for server in [&unstored, &durable, &busy] {
        server.until_loaded();
    }
    let mut lines = Vec::new();
    for (name, server, question) in [
        ("click, fresh sandbox", &unstored, Question::Click),
        ("click, durable", &durable, Question::Click),
        ("message, acknowledged", &busy, Question::Message),
        ("message, delivered", &durable, Question::Message),
    ] {
        let works = SENDERS.map(|connections| {
            let work = Work {
                servers: std::slice::from_ref(server),
                question,
                connections,
                requests: effort.requests.min(connections * REQUESTS_EACH),
                postgres: None,
            };
            (connections as u64, work)
        });
        lines.push(line(name, effort, &works, lark).await);
    }
    Axis {
        file: "senders",
        amount: "senders at once",
        value: "CPU µs a request",
        lines,
    }
}
