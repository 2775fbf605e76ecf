//! Servers on one PostgreSQL, which share their senders and two cores with it.

use super::{Axis, line};
use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    measure::Work,
    postgres::Postgres,
    server::Server,
};

const COUNTS: [usize; 3] = [1, 2, 3];

/// None without PostgreSQL on this machine.
pub(super) async fn measure(effort: &Effort, lark: &mut Lark) -> Option<Axis> {
    let mut lines = Vec::new();
    for (name, plugin, question) in [
        ("click, durable", "bench_toast", Question::Click),
        ("message, acknowledged", "bench_busy", Question::Message),
        ("message, delivered", "bench_toast", Question::Message),
    ] {
        let postgres = Postgres::new()?;
        let start = || Server::start_with(Server::folder_with(plugin), true, &[("DATABASE_URL", postgres.url())]);
        let mut points = Vec::new();
        let mut servers = Vec::new();
        for count in COUNTS {
            let server = start();
            server.until_loaded();
            servers.push(server);
            let work = Work {
                servers: &servers,
                question,
                connections: CONNECTIONS,
                requests: effort.requests,
                postgres: Some(&postgres),
            };
            points.extend(line(name, effort, &[(count as u64, work)], lark).await.points);
        }
        lines.push(super::Line {
            name: name.to_owned(),
            points,
        });
    }
    Some(Axis {
        file: "servers",
        amount: "servers on one PostgreSQL",
        value: "CPU µs of all servers a request",
        lines,
    })
}
