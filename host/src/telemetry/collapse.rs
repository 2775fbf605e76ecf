//! The layer that keeps repeated warnings and errors out of the log.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{Layer, layer::Context};

use super::lines::Lines;

/// Lets through what is not a repeat; other levels than warnings and errors cost a comparison.
pub(super) struct Collapse(pub(super) Lines);

impl<S: Subscriber> Layer<S> for Collapse {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        *event.metadata().level() > Level::WARN || self.0.admit(event)
    }
}
