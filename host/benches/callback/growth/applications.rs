//! Applications of one server, each with its own address and keys, asked in turn.

use std::{fmt::Write as _, fs, time::Instant};

use super::{Axis, Line, Point, line};
use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    measure::Work,
    server::Server,
};

const COUNTS: [usize; 4] = [1, 10, 100, 1_000];

pub(super) async fn measure(effort: &Effort) -> Vec<Axis> {
    let mut lines: Vec<Line> = ["click, durable", "message, acknowledged"]
        .map(|name| Line {
            name: name.to_owned(),
            points: Vec::new(),
        })
        .into();
    let mut starts = Vec::new();
    for count in COUNTS {
        let mut lark = Lark::of_applications(count);
        for (line_of, (plugin, question)) in lines
            .iter_mut()
            .zip([("bench_toast", Question::Click), ("bench_busy", Question::Message)])
        {
            let begun = Instant::now();
            let server = start(plugin, &lark);
            if question == Question::Click {
                starts.push(Point::alone(count as u64, begun.elapsed().as_secs_f64() * 1e3));
            }
            server.until_loaded();
            let work = Work {
                servers: std::slice::from_ref(&server),
                question,
                connections: CONNECTIONS,
                requests: effort.requests,
                postgres: None,
            };
            let one = line("", effort, &[(count as u64, work)], &mut lark).await;
            line_of.points.extend(one.points);
        }
    }
    vec![
        Axis {
            file: "applications",
            amount: "applications",
            value: "CPU µs a request",
            lines,
        },
        Axis {
            file: "start-by-applications",
            amount: "applications",
            value: "ms until it serves",
            lines: vec![Line {
                name: "start".to_owned(),
                points: starts,
            }],
        },
    ]
}

fn start(plugin: &str, lark: &Lark) -> Server {
    let folder = Server::folder_with(plugin);
    let mut settings = String::new();
    for application in lark.applications() {
        writeln!(
            settings,
            "[apps.{}]\napp_id = \"{}\"\napp_secret = \"bench-secret\"\nverification_token = \"{}\"\nencrypt_key = \"{}\"",
            application.name, application.id, application.token, application.key_text
        )
        .expect("text can be written");
    }
    fs::write(folder.path().join("lark-callback.toml"), settings).expect("the folder can be written");
    Server::start(folder, true)
}
