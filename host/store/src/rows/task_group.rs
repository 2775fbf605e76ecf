//! The tasks of one outcome, as they are inserted together.

use super::{deliveries::Finish, events::NewReply, node::random, tasks::NewTasks};

/// Origin of the tasks of one outcome. They stand in one line: each waits for those before it that are due no later.
#[derive(Debug)]
pub(crate) struct TaskGroup<'a> {
    pub(crate) event: Option<i64>,
    pub(crate) origin: Option<i64>,
    pub(crate) app: &'a str,
    pub(crate) now_ms: u64,
    pub(crate) ordering_key: Option<String>,
    /// Whether this server keeps them to itself until it gives them back.
    pub(crate) is_held: bool,
}

impl<'a> TaskGroup<'a> {
    pub(crate) fn of_reply(reply: &'a NewReply) -> Self {
        Self {
            event: Some(reply.event),
            origin: None,
            app: &reply.app,
            now_ms: reply.now_ms,
            ordering_key: Some(format!("reply/{}", reply.event)),
            is_held: true,
        }
    }

    pub(crate) fn of_attempt(finish: &'a Finish) -> Self {
        Self {
            event: finish.event,
            origin: Some(finish.delivery),
            app: &finish.app,
            now_ms: finish.now_ms,
            ordering_key: Some(format!("delivery/{}/{}", finish.delivery, finish.attempt)),
            is_held: false,
        }
    }

    /// Tasks that follow from nothing; one alone stands in no line.
    pub(crate) fn alone(new: &'a NewTasks) -> Self {
        Self {
            event: None,
            origin: None,
            app: &new.app,
            now_ms: new.now_ms,
            ordering_key: (new.tasks.len() > 1).then(|| format!("line/{}", random())),
            is_held: new.is_held,
        }
    }
}
