//! The paths that a request takes, and the servers of which each shows one.

use crate::{lark::Question, server::Server};

/// The name of the path whose deliveries are made.
pub(crate) const DELIVERED: &str = "message, durable receipt and delivery, delivered";

/// One line of the table: a question, and which server answers it.
pub(crate) struct Path<'a> {
    pub(crate) name: &'static str,
    pub(crate) question: Question,
    pub(crate) server: &'a Server,
}

/// The servers of all paths.
pub(crate) struct Servers {
    unstored: Server,
    pub(crate) durable: Server,
    /// Whose deliveries wait: what is left is the acknowledgement.
    busy: Server,
}

impl Servers {
    pub(crate) fn start() -> Self {
        let servers = Self {
            unstored: Server::ours("bench_toast", false),
            durable: Server::ours("bench_toast", true),
            busy: Server::ours("bench_busy", true),
        };
        for server in [&servers.unstored, &servers.durable, &servers.busy] {
            server.until_loaded();
        }
        servers
    }

    pub(crate) fn paths(&self) -> [Path<'_>; 5] {
        let path = |name, question, server| Path { name, question, server };
        [
            path("challenge", Question::Challenge, &self.unstored),
            path("click, fresh instance", Question::Click, &self.unstored),
            path(
                "click, fresh instance, durable receipt and reply",
                Question::Click,
                &self.durable,
            ),
            path("message, durable receipt and delivery", Question::Message, &self.busy),
            path(DELIVERED, Question::Message, &self.durable),
        ]
    }
}

/// The paths whose names contain this. A whole name is that path alone, although others may begin like it.
pub(crate) fn wanted<'a>(paths: &'a [Path<'a>], wanted: &'a str) -> impl Iterator<Item = &'a Path<'a>> {
    let is_whole = paths.iter().any(|path| path.name == wanted);
    let is_wanted = move |name: &str| name == wanted || !is_whole && name.contains(wanted);
    paths.iter().filter(move |path| is_wanted(path.name))
}
