//! Asks for whatever tasks a click or a task names: `{"tasks": [{"name": "…", "times": 1}]}`. A task whose payload names tasks
//! asks for them in turn, and counts itself under `done`; `{"done": true}` tells how many were done. `{"reply": "…"}` is
//! replied as it is, `{"fail": 5000}` fails for good with so many bytes of words.

use std::time::Duration;

use lark_plugin_sdk::Reply;
use lark_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Default)]
struct Greedy;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Value {
    tasks: Vec<Wish>,
    done: bool,
    reply: Option<String>,
    fail: Option<usize>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(default)]
struct Wish {
    plugin: Option<String>,
    name: String,
    /// JSON text; absent: the wishes of the next generation.
    payload: Option<String>,
    delay_ms: u64,
    times: usize,
    /// How many more times each of them asks for the same.
    again: usize,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            plugin: None,
            name: "wish".to_owned(),
            payload: None,
            delay_ms: 0,
            times: 1,
            again: 0,
        }
    }
}

impl Wish {
    fn tasks(&self) -> Result<Vec<NewTask>, Failure> {
        let next = Self {
            again: self.again.saturating_sub(1),
            ..self.clone()
        };
        let mut task = NewTask::new(&self.name, &Some(next).filter(|_| self.again > 0))?;
        if let Some(payload) = &self.payload {
            task.payload.clone_from(payload);
        }
        task.plugin.clone_from(&self.plugin);
        Ok(vec![task.after(Duration::from_millis(self.delay_ms)); self.times])
    }
}

impl Plugin for Greedy {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        if let Some(bytes) = value.fail {
            return Err(Failure::permanent("x".repeat(bytes)));
        }
        let said = if value.done {
            host.kv().get_json("done")?.map_or(0, |entry| entry.value).to_string()
        } else {
            "asked".to_owned()
        };
        let mut outcome = Outcome::reply(&CardReply::toast(Toast::info(said)))?;
        if let Some(reply) = value.reply {
            outcome.reply = Reply::Json(reply);
        }
        for wish in value.tasks {
            outcome.tasks.extend(wish.tasks()?);
        }
        Ok(outcome)
    }

    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        host.kv()
            .update_json("done", None, |number: Option<u64>| Some(number.unwrap_or(0) + 1))?;
        let mut outcome = Outcome::done();
        if let Some(wish) = task.payload::<Option<Wish>>()? {
            outcome.tasks = wish.tasks()?;
        }
        Ok(outcome)
    }
}

register!(Greedy);
