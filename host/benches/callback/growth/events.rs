//! Events that are kept, all of one day, so that each may still come again.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Axis, Line, Point, copies::Database, line};
use crate::{
    CONNECTIONS, Effort,
    lark::{Lark, Question},
    measure::Work,
    postgres::Postgres,
    server::{Server, pause},
};

const STEPS: [u64; 5] = [0, 10_000, 100_000, 1_000_000, 10_000_000];

/// Stored by a server, of either kind; what is copied.
const ORIGINALS: usize = 1_000;

/// The database of the events.
enum Place {
    File { kept: Option<PathBuf> },
    Server(Postgres),
}

pub(super) async fn measure(effort: &Effort, events: u64, kept: Option<&Path>) -> Vec<Axis> {
    let mut places = vec![(
        "SQLite",
        Place::File {
            kept: kept.map(Path::to_owned),
        },
    )];
    places.extend(Postgres::new().map(|postgres| ("PostgreSQL", Place::Server(postgres))));
    let mut steps: Vec<u64> = STEPS.into_iter().filter(|step| *step < events).collect();
    steps.push(events);
    let (mut lines, mut starts) = (Vec::new(), Vec::new());
    for (name, place) in &places {
        let [mut clicks, mut messages, mut start] = ["click", "message", "start"].map(|what| Line {
            name: format!("{what}, {name}"),
            points: Vec::new(),
        });
        for &count in &steps {
            let seen = place.measure(effort, count).await;
            clicks.points.push(seen.click);
            messages.points.push(seen.message);
            start.points.push(seen.start);
        }
        lines.extend([clicks, messages]);
        starts.push(start);
    }
    let axis = |file, value, lines| Axis {
        file,
        amount: "events kept",
        value,
        lines,
    };
    vec![
        axis("events", "CPU µs a request", lines),
        axis("start-by-events", "ms until it serves", starts),
    ]
}

/// The points of one number of events.
struct Seen {
    click: Point,
    message: Point,
    start: Point,
}

impl Place {
    async fn measure(&self, effort: &Effort, events: u64) -> Seen {
        // Each measured on the same rows: what the one adds is a small part of them.
        let mut folder = self.filled(events).await;
        let mut points = Vec::new();
        let mut start = None;
        for (plugin, question) in [("bench_toast", Question::Click), ("bench_busy", Question::Message)] {
            Server::replace_plugin(&folder, plugin);
            let begun = Instant::now();
            let server = self.start(folder);
            start.get_or_insert(begun.elapsed());
            server.until_loaded();
            let work = Work {
                servers: std::slice::from_ref(&server),
                question,
                connections: CONNECTIONS,
                requests: effort.requests,
                postgres: match self {
                    Self::File { .. } => None,
                    Self::Server(postgres) => Some(postgres),
                },
            };
            // Ids of an earlier run may be there, which went from the first one on.
            let mut lark = Lark::after(u128::from(events) << 40 | u128::from(std::process::id()) << 80);
            points.extend(line("", effort, &[(events, work)], &mut lark).await.points);
            folder = server.stop();
        }
        let mut points = points.into_iter();
        let mut next = || points.next().expect("one for each question");
        Seen {
            click: next(),
            message: next(),
            start: Point::alone(events, start.unwrap_or(Duration::ZERO).as_secs_f64() * 1e3),
        }
    }

    fn start(&self, folder: tempfile::TempDir) -> Server {
        match self {
            Self::File { .. } => Server::start(folder, true),
            Self::Server(postgres) => Server::start_with(folder, true, &[("DATABASE_URL", postgres.url())]),
        }
    }

    /// A folder for a server whose database has so many events.
    async fn filled(&self, events: u64) -> tempfile::TempDir {
        let folder = Server::folder_with("bench_toast");
        if events == 0 {
            return folder;
        }
        let data = folder.path().join("data");
        let kept = match self {
            Self::File { kept: Some(kept) } => Some(kept.join(format!("{events}.db"))),
            _ => None,
        };
        if let Some(kept) = kept.as_deref().filter(|kept| kept.exists()) {
            fs::create_dir_all(&data).expect("the folder can be written");
            fs::copy(kept, data.join("config.db")).expect("the database can be copied");
            return folder;
        }
        let folder = self.with_originals(folder).await;
        let data = folder.path().join("data");
        let begun = Instant::now();
        let mut database = match self {
            Self::File { .. } => Database::file(data.join("config.db")).await,
            Self::Server(postgres) => Database::server(postgres),
        };
        database.fill(events).await;
        database.close().await;
        println!(
            "{events} events are there after {:.0} s.",
            begun.elapsed().as_secs_f64()
        );
        if let Some(kept) = kept {
            fs::create_dir_all(kept.parent().expect("a folder")).expect("the folder can be made");
            fs::copy(data.join("config.db"), kept).expect("the database can be copied");
        }
        folder
    }

    /// Has a server store some events of each kind, and deliver what is to be delivered.
    async fn with_originals(&self, folder: tempfile::TempDir) -> tempfile::TempDir {
        let server = self.start(folder);
        server.until_loaded();
        let mut lark = Lark::after(u128::from(std::process::id()) << 96);
        for question in [Question::Click, Question::Message] {
            let work = Work {
                servers: std::slice::from_ref(&server),
                question,
                connections: CONNECTIONS,
                requests: ORIGINALS,
                postgres: None,
            };
            work.measure(&mut lark).await;
        }
        server.settle();
        pause();
        server.stop()
    }
}
