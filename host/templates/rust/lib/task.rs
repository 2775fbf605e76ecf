//! Answers at once and does the slow part afterwards, in a task, which is retried when it fails and survives restarts.

use lark_plugin_sdk::{Kind, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Default)]
struct {{Type}};

const SEND: &str = "POST /open-apis/im/v1/messages";
const REPORT: &str = "report";
const EVENT: &str = "{{event}}";

/// Payload of the task.
#[derive(Serialize, Deserialize)]
struct Report {
    event_id: String,
}

impl Plugin for {{Type}} {
    const EVENTS: &'static [&'static str] = &[EVENT];
    const WANTS: &'static [Want] = &[
        Want::config("chat", "the chat (oc_…) that gets the reports"),
        Want::grant("openapi", SEND, "to send the reports"),
    ];

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let event_id = event.id.clone();
        let task = NewTask::new(REPORT, &Report { event_id })?;
        let outcome = match event.kind {
            Kind::Callback => Outcome::reply(&CardReply::toast(Toast::info("处理中")))?,
            Kind::Event => Outcome::done(),
        };
        Ok(outcome.with_task(task))
    }

    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        if task.name != REPORT {
            return Err(task.unknown(&[REPORT]));
        }
        let report: Report = task.payload()?;
        let chat = host.config().require("chat")?;
        let text = format!("事件 {} 已处理", report.event_id);
        host.openapi().send_text(To::Chat(&chat), &text)?;
        Ok(Outcome::done())
    }
}

register!({{Type}});

#[cfg(test)]
mod tests {
    use lark_plugin_sdk::{
        prelude::*,
        testing::{FakeHost, assert_fixtures},
    };
    use serde_json::json;

    use super::{EVENT, {{Type}}};

    #[test]
    fn an_event_becomes_a_task() {
        let event = Event::new(EVENT, &json!({}));
        let host = FakeHost::new();
        let outcome = host.handle(&{{Type}}, &event).unwrap();
        assert_eq!(outcome.tasks.len(), 1);
        assert_eq!(outcome.tasks[0].name, "report");
    }

    #[test]
    fn the_task_sends_a_message() {
        let host = FakeHost::new().with_config("chat", "oc_reports");
        let task = Task::new("report", &json!({"event_id": "e1"})).unwrap();
        host.run(&{{Type}}, &task).unwrap();
        let sent = host.calls()[0].body.clone().unwrap();
        assert!(sent.contains("oc_reports"), "{sent}");
    }

    /// The same files that `lark-callback plugin test` runs in the sandbox.
    #[test]
    fn the_fixtures_are_answered() {
        assert_fixtures::<{{Type}}>("fixtures", &[]);
    }
}
