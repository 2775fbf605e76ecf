//! The size of a body: a click whose button carries more.

use super::{Axis, line};
use crate::{
    Effort,
    lark::{Lark, Question},
    measure::Work,
    server::Server,
};

/// Of the HTTP body, in KiB; encrypted and in base64, so that the click in clear is three quarters of it. The last one is a
/// little below the largest that is taken.
const KIBS: [usize; 6] = [1, 4, 16, 64, 256, 1020];

/// Bytes of all requests of a load, which are made before it.
const BYTES_MAX: usize = 256 << 20;

/// A megabyte from each of many more at once runs into the limits of a call.
const CONNECTIONS_OF_LARGE: usize = 8;

/// Fewer requests than this are too few for the clock.
const REQUESTS_MIN: usize = 64;

pub(super) async fn measure(effort: &Effort) -> Axis {
    let native = Server::native();
    let unstored = Server::ours("bench_toast", false);
    let durable = Server::ours("bench_toast", true);
    unstored.until_loaded();
    durable.until_loaded();
    let mut lines = Vec::new();
    for (name, server) in [
        ("native", &native),
        ("click, fresh sandbox", &unstored),
        ("click, durable", &durable),
    ] {
        let mut points = Vec::new();
        for kib in KIBS {
            let mut lark = Lark::with_clicks_of((kib << 10) / 4 * 3);
            let work = Work {
                servers: std::slice::from_ref(server),
                question: Question::Click,
                connections: CONNECTIONS_OF_LARGE,
                requests: effort.requests.min((BYTES_MAX / (kib << 10)).max(REQUESTS_MIN)),
                postgres: None,
            };
            let one = line(name, effort, &[(kib as u64, work)], &mut lark).await;
            points.extend(one.points);
        }
        lines.push(super::Line {
            name: name.to_owned(),
            points,
        });
    }
    Axis {
        file: "body",
        amount: "KiB of body",
        value: "CPU µs a request",
        lines,
    }
}
