//! One push: opened, dispatched like a request over HTTP, and answered.

use std::sync::Arc;

use lark_protocol::{
    Kind, Opened,
    long_connection::{Acknowledgement, Frame, Push},
};
use tokio_util::sync::DropGuard;

use super::live::Handled;
use crate::{
    apps::{App, Apps},
    dispatch::{Answer, Dispatched, Dispatcher, Origin, RequestIds, shown_id},
    moment::Moment,
    telemetry::{Connection, RequestKind, Via},
    trace::{self, Tracer},
};

/// Name of this way in the database.
const TRANSPORT: &str = "long_connection";

/// Parts that pushes of all connections need.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// All applications.
    pub apps: Apps,
    /// Receives events.
    pub dispatcher: Dispatcher,
    /// Begins their traces.
    pub tracer: Tracer,
}

impl Receiver {
    /// Handles a push for the application of the connection. None when it must not be answered.
    pub(super) async fn handle(
        self,
        app_id: Arc<str>,
        state: Connection,
        push: Push,
        arrival: Moment,
    ) -> Option<Handled> {
        let app = self.apps.with_id(&app_id)?;
        let mut measuring = app.latencies.measure(Via::LongConnection, arrival.at);
        let Push { frame, body } = push;
        let count = |result| state.change(|state| *state.pushes.entry(result).or_default() += 1);
        let opened = match lark_protocol::open_pushed(&body) {
            Ok(opened) => opened,
            Err(error) => {
                count("malformed");
                tracing::warn!(
                    app.id = &*app_id,
                    reason = error.code(),
                    "A push over the long connection was answered with 500: {error}"
                );
                return Some(answered(frame, Acknowledgement::Failed, arrival, None));
            }
        };
        drop(body);
        if let Some(claimed) = another_app(&opened, &app_id) {
            count("wrong_app");
            tracing::error!(
                app.id = &*app_id,
                claimed,
                "A push over the long connection names another application, and is not answered; please report it"
            );
            return None;
        }
        measuring.set_kind(RequestKind::of(&opened));
        let (kind, dispatched) = self.dispatch(&app, opened, origin(&frame), arrival).await;
        let told = match (&dispatched.answer, kind) {
            (Answer::Reply(reply), Kind::Callback) => Acknowledgement::Reply(reply),
            (Answer::Reply(_), Kind::Event) => Acknowledgement::Taken,
            (Answer::SendAgain, _) => Acknowledgement::Failed,
        };
        count(if told == Acknowledgement::Failed {
            "unavailable"
        } else {
            "answered"
        });
        Some(answered(frame, told, arrival, dispatched.written))
    }

    async fn dispatch(&self, app: &App, opened: Opened, origin: Origin, arrival: Moment) -> (Kind, Dispatched) {
        match opened {
            Opened::AppTicket { event, ticket } => {
                self.dispatcher.hear_time(&event, arrival);
                let kept = self
                    .dispatcher
                    .keep_app_ticket(&app.app_id, event, ticket, origin, arrival);
                (Kind::Event, kept.await)
            }
            Opened::Event(event) => {
                let kind = event.kind;
                self.dispatcher.hear_time(&event, arrival);
                let span = self.tracer.opened(&app.app_id, &event, None, arrival);
                let dispatching = self.dispatcher.dispatch(&app.app_id, event, origin, arrival);
                (kind, trace::traced(span, dispatching).await)
            }
            // Cannot come: a challenge is refused when it is opened.
            Opened::Challenge(_) => (
                Kind::Event,
                Dispatched {
                    answer: Answer::SendAgain,
                    written: None,
                },
            ),
        }
    }
}

/// The names under which Lark knows a push: its id, which all fragments have, and the one that Lark's support asks for.
fn origin(frame: &Frame) -> Origin {
    let id = |key| frame.header(key).map(str::as_bytes).and_then(shown_id);
    Origin {
        peer: None,
        ids: RequestIds {
            transport: Some(TRANSPORT),
            request_id: id("message_id"),
            log_id: id("trace_id"),
        },
    }
}

/// The application that a push names, if it is another one than the connection's.
fn another_app<'a>(opened: &'a Opened, app_id: &str) -> Option<&'a str> {
    let (Opened::Event(event) | Opened::AppTicket { event, .. }) = opened else {
        return None;
    };
    (!event.app_id.is_empty() && &*event.app_id != app_id).then_some(&*event.app_id)
}

fn answered(frame: Frame, told: Acknowledgement<'_>, arrival: Moment, written: Option<DropGuard>) -> Handled {
    let took = u64::try_from(arrival.at.elapsed().as_millis()).unwrap_or(u64::MAX);
    Handled {
        answer: frame.answer(told, took),
        written,
    }
}
