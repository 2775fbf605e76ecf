//! Runs by itself at every full minute, and says for which time; it takes no events.

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct Timed;

impl Plugin for Timed {
    const EVENTS: &'static [&'static str] = &[];
    const SCHEDULES: &'static [Schedule] = &[Schedule::new("tick", "* * * * *").payload(r#"{"from":"the plugin"}"#)];

    fn handle(&self, _host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
        Ok(Outcome::pass())
    }

    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        let at_ms = task
            .scheduled_at_ms()
            .ok_or_else(|| Failure::permanent("no schedule wanted it"))?;
        host.log().info(&format!(
            "{} for minute {} of {} with {}, asked by {}",
            task.name,
            at_ms / 60_000,
            task.app_id,
            task.payload,
            task.requested_by
        ));
        Ok(Outcome::done())
    }
}

register!(Timed);
