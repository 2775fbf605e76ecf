//! How the cost of a request grows with the work around it: senders, plugins, applications, events that are kept, bytes, servers.
//!
//! `-- growth [PARTS] [--to FOLDER] [--events NUMBER] [--keep FOLDER]`: which parts (all when none is named), where a picture of
//! each is written to, up to how many events are kept, and where their databases are left for the next run.

mod applications;
mod axis;
mod body;
mod copies;
mod events;
mod many_plugins;
mod picture;
mod senders;
mod servers;

use std::path::PathBuf;

use self::axis::{Axis, Line, Point};
use crate::{Effort, lark::Lark, measure::Work};

/// Rounds of each point; the middle one is shown.
const ROUNDS: usize = 3;

const PARTS: [&str; 6] = ["senders", "plugins", "applications", "events", "body", "servers"];

/// Events that are kept in the last step, unless it is said.
const EVENTS_KEPT: u64 = 1_000_000;

/// The choice on the command line.
struct Wanted {
    parts: Vec<String>,
    pictures: Option<PathBuf>,
    events: u64,
    databases: Option<PathBuf>,
}

impl Wanted {
    fn from_arguments(is_smoke: bool) -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1).cloned()
        };
        let events = value("--events").map(|events| events.parse().expect("--events takes a number"));
        let all = if is_smoke { 1_000 } else { EVENTS_KEPT };
        Self {
            parts: arguments
                .iter()
                .filter(|part| PARTS.contains(&part.as_str()))
                .cloned()
                .collect(),
            pictures: value("--to").map(PathBuf::from),
            events: events.unwrap_or(all),
            databases: value("--keep").map(PathBuf::from),
        }
    }

    fn has(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

pub(crate) async fn run(effort: &Effort) {
    let wanted = Wanted::from_arguments(effort.rounds == 1);
    let mut lark = Lark::new();
    for part in PARTS.into_iter().filter(|part| wanted.has(part)) {
        let axes = match part {
            "senders" => vec![senders::measure(effort, &mut lark).await],
            "plugins" => many_plugins::measure(effort).await,
            "applications" => applications::measure(effort).await,
            "events" => events::measure(effort, wanted.events, wanted.databases.as_deref()).await,
            "body" => vec![body::measure(effort).await],
            _ => servers::measure(effort, &mut lark).await.into_iter().collect(),
        };
        for axis in axes {
            axis.print();
            if let Some(folder) = &wanted.pictures {
                picture::write(&axis, folder);
            }
        }
    }
}

/// One line of requests over several amounts of work, each measured in turn, so that all see the same weather.
async fn line(name: &str, effort: &Effort, works: &[(u64, Work<'_>)], lark: &mut Lark) -> Line {
    let mut rounds: Vec<Vec<Point>> = works.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS.min(effort.rounds) {
        for ((amount, work), rounds) in works.iter().zip(&mut rounds) {
            rounds.push(Point::of(*amount, &work.measure(lark).await));
        }
    }
    Line {
        name: name.to_owned(),
        points: rounds.into_iter().map(Point::middle).collect(),
    }
}
