//! Result of a case, for people and as JSON.

use std::time::Duration;

use lark_protocol::reply::callback_body;
use serde_json::{Value, json};

use super::case::Case;
use crate::{
    app::workbench::{Called, Subject},
    cli::plugin::wasm,
    plugin::{CallError, HostCall, NewTask, Outcome, Place, Plugin, Reply},
    telemetry::{amount, chain},
};

/// Bytes of what was sent or came back that are shown in a line.
const SHOWN_CHARS: usize = 300;

/// Calls of a case: the first one in full, of all others the times.
#[derive(Debug)]
pub(super) struct Made {
    name: String,
    event_type: Option<(String, lark_protocol::Schema)>,
    cpu_ms_max: u64,
    memory_bytes_max: u64,
    first: Option<Called>,
    times: Vec<(Duration, Duration)>,
    failures: usize,
    differences: Vec<String>,
    /// What is worth a look and fails nothing.
    notes: Vec<String>,
}

impl Made {
    pub(super) fn of(case: &Case, plugin: &Plugin) -> Self {
        let limits = &plugin.settings().limits;
        Self {
            name: case.files.name.clone(),
            event_type: match &case.subject {
                Subject::Event(event) if event.kind == lark_protocol::Kind::Callback => {
                    Some((event.event_type.to_string(), event.schema))
                }
                Subject::Event(_) | Subject::Task(_) => None,
            },
            cpu_ms_max: limits.cpu_ms_max,
            memory_bytes_max: limits.memory_bytes_max,
            first: None,
            times: Vec::new(),
            failures: 0,
            differences: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, called: Called) {
        self.times.push((called.took, called.seen.cpu));
        self.failures += usize::from(called.result.is_err());
        self.first.get_or_insert(called);
    }

    /// Notes answers of the host that no call was for: a slip in a path looks as if the call had a friendly answer.
    pub(super) fn note_unasked(&mut self, case: &Case, unasked: &[String]) {
        self.notes
            .extend(unasked.iter().map(|answer| case.files.unasked(answer)));
    }

    /// Notes an event that a server would never deliver to this plugin, however well it is answered here.
    pub(super) fn note_untaken(&mut self, plugin: &Plugin, event_type: &str) {
        let taken = &plugin.description().event_types;
        if !taken.iter().any(|name| name == event_type || name == "*") {
            self.notes.push(format!(
                "the plugin does not take {event_type}, so no server delivers this to it; it takes {}",
                taken.join(", ")
            ));
        }
    }

    /// Compares with what was written down; a case without that is not good.
    pub(super) fn compare(&mut self, case: &Case) {
        match &case.files.expected {
            Some(expected) => {
                let mut came = self.outcome();
                if let (Some(came), Some(called)) = (came.as_object_mut(), &self.first) {
                    came.insert("log".to_owned(), called.log.lines().collect());
                }
                self.differences = expected.differences(&came);
            }
            None => self.differences.push(case.files.unexpected()),
        }
        if self.differences.is_empty() {
            self.is_as_expected();
            self.note_errors();
        }
    }

    /// Notes what the log of a good case says was wrong, such as a promise that nobody awaits.
    fn note_errors(&mut self) {
        let log = self.first.as_ref().map(|called| called.log.as_str());
        let errors = log
            .unwrap_or_default()
            .lines()
            .filter(|line| line.starts_with("ERROR "))
            .map(|line| format!("its log has {line}"));
        self.notes.extend(errors);
    }

    /// Takes what came as expected: what is expected to fail is good when it fails.
    pub(super) fn is_as_expected(&mut self) {
        self.failures = 0;
    }

    /// Whether it is as expected, or, when nothing is expected, went well; and whether Lark would take the reply.
    pub(super) fn is_good(&self) -> bool {
        self.differences.is_empty() && self.failures == 0 && self.refusal().is_none()
    }

    /// Actual result, in the form of `NAME.expected.json`.
    pub(super) fn outcome(&self) -> Value {
        let Some(called) = &self.first else { return Value::Null };
        let mut came = json!({});
        let mut put = |name: &str, value: Value| {
            if let Some(came) = came.as_object_mut() {
                came.insert(name.to_owned(), value);
            }
        };
        match &called.result {
            Ok(outcome) => {
                match &outcome.reply {
                    Reply::Pass => put("outcome", "pass".into()),
                    Reply::None => put("outcome", "done".into()),
                    Reply::Json(text) => {
                        put("outcome", "reply".into());
                        let reply = serde_json::from_str(text);
                        put("reply", reply.unwrap_or_else(|_not_json| Value::String(text.clone())));
                    }
                }
                if !outcome.tasks.is_empty() {
                    put("tasks", outcome.tasks.iter().map(task).collect());
                }
            }
            Err(error) => {
                put("outcome", error.code().into());
                put("error", message(error).into());
            }
        }
        let leaves = |call: &&HostCall| {
            ["openapi ", "http ", "oauth "]
                .iter()
                .any(|kind| call.what.starts_with(kind))
        };
        let calls: Vec<Value> = called
            .seen
            .host_calls
            .iter()
            .filter(leaves)
            .map(|call| call.what.clone().into())
            .collect();
        if !calls.is_empty() {
            put("calls", calls.into());
        }
        came
    }

    /// The names of the tasks that the plugin asks itself for.
    pub(super) fn own_tasks(&self) -> impl Iterator<Item = &str> {
        let outcome = self.first.as_ref().and_then(|called| called.result.as_ref().ok());
        let tasks = outcome.into_iter().flat_map(|outcome| &outcome.tasks);
        tasks
            .filter(|task| task.plugin.is_none())
            .map(|task| task.name.as_str())
    }

    /// Why Lark would not take the reply, if it would not.
    fn refusal(&self) -> Option<String> {
        let (event_type, schema) = self.event_type.as_ref()?;
        let Some(Ok(Outcome {
            reply: Reply::Json(text),
            ..
        })) = self.first.as_ref().map(|called| &called.result)
        else {
            return None;
        };
        let refused = callback_body(event_type, *schema, Some(text)).err()?;
        Some(format!("Lark would not take this reply: {}", chain(&refused)))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = self.differences.clone();
        problems.extend(self.refusal());
        if self.failures > 0
            && let Some(Err(error)) = self.first.as_ref().map(|called| &called.result)
        {
            problems.push(chain(error));
        } else if self.failures > 0 {
            problems.push(format!(
                "{} of {} failed",
                self.failures,
                amount(self.times.len(), "call")
            ));
        }
        problems
    }

    /// The lines of one case among others.
    fn in_short(&self) -> String {
        let mark = if self.is_good() { "ok  " } else { "FAIL" };
        let mut text = format!("{mark} {}: {}\n", self.name, self.figures());
        for note in &self.notes {
            text.push_str(&format!("       note: {note}\n"));
        }
        if !self.is_good() {
            for problem in self.problems() {
                text.push_str(&format!("       {problem}\n"));
            }
            let log = self
                .first
                .as_ref()
                .map(|called| called.log.as_str())
                .unwrap_or_default();
            for line in log.lines() {
                text.push_str(&format!("       log: {line}\n"));
            }
        }
        text
    }

    /// One case with everything.
    pub(super) fn at_length(&self) -> String {
        let Some(called) = &self.first else {
            return String::new();
        };
        let mut text = String::new();
        let mut part = |name: &str, lines: &str| {
            for (at, line) in lines.lines().enumerate() {
                let name = if at == 0 { name } else { "" };
                text.push_str(&format!("{name:<8} {line}\n"));
            }
        };
        match &called.result {
            Ok(outcome) => {
                match &outcome.reply {
                    Reply::Pass => part("reply", "pass: the next plugin is asked"),
                    Reply::None => part("reply", "none: handled, without a reply"),
                    Reply::Json(reply) => match serde_json::from_str::<Value>(reply) {
                        Ok(value) => part("reply", &format!("{value:#}")),
                        Err(_) => part("reply", reply),
                    },
                }
                for task in &outcome.tasks {
                    part("task", &self::task(task).to_string());
                }
            }
            Err(error) => part("failed", &format!("{} ({})", chain(error), error.code())),
        }
        for difference in &self.differences {
            part("differs", difference);
        }
        if let Some(refusal) = self.refusal() {
            part("refused", &refusal);
        }
        for note in &self.notes {
            part("note", note);
        }
        part("log", &called.log);
        for call in &called.seen.host_calls {
            let sent = call
                .sent
                .as_ref()
                .map_or(String::new(), |sent| format!(" {}", shown(sent)));
            part("host", &format!("{}{sent} -> {}", call.what, shown(&call.result)));
        }
        part("used", &self.figures());
        text
    }

    fn figures(&self) -> String {
        let Some(called) = &self.first else {
            return String::new();
        };
        let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1_000.0);
        let memory = format!(
            "memory {} of {}",
            wasm::size(called.seen.memory_bytes),
            wasm::size(self.memory_bytes_max)
        );
        if self.times.len() == 1 {
            let (took, cpu) = (ms(called.took), ms(called.seen.cpu));
            return format!("{took}, CPU {cpu} of {} ms, {memory}", self.cpu_ms_max);
        }
        let [took, cpu] = self
            .quantiles()
            .map(|[median, high, max]| format!("median {}, 99 % {}, at most {}", ms(median), ms(high), ms(max)));
        format!(
            "{} calls: {took}; CPU {cpu} of {} ms; {memory}",
            self.times.len(),
            self.cpu_ms_max
        )
    }

    /// Of the time on the clock and of the CPU time: the median, the 99th of a hundred, and the longest.
    fn quantiles(&self) -> [[Duration; 3]; 2] {
        let mut took: Vec<_> = self.times.iter().map(|(took, _)| *took).collect();
        let mut cpu: Vec<_> = self.times.iter().map(|(_, cpu)| *cpu).collect();
        [&mut took, &mut cpu].map(|times| {
            times.sort_unstable();
            let last = times.len().saturating_sub(1);
            [last / 2, last * 99 / 100, last].map(|at| times.get(at).copied().unwrap_or_default())
        })
    }

    pub(super) fn as_json(&self) -> Value {
        let mut said = self.outcome();
        let (Some(called), Some(object)) = (&self.first, said.as_object_mut()) else {
            return said;
        };
        let ms = |time: &Duration| time.as_secs_f64() * 1_000.0;
        let host_calls: Vec<Value> = called
            .seen
            .host_calls
            .iter()
            .map(|call| json!({"what": call.what, "sent": call.sent, "result": call.result}))
            .collect();
        let [took, cpu] = self.quantiles();
        let times = |times: [Duration; 3]| {
            let [median, high, max] = times.map(|time| ms(&time));
            json!({"median": median, "p99": high, "max": max})
        };
        object.extend([
            ("name".to_owned(), self.name.clone().into()),
            ("ok".to_owned(), self.is_good().into()),
            ("problems".to_owned(), self.problems().into()),
            ("notes".to_owned(), self.notes.clone().into()),
            ("log".to_owned(), called.log.lines().collect()),
            ("host_calls".to_owned(), host_calls.into()),
            ("runs".to_owned(), self.times.len().into()),
            ("ms".to_owned(), times(took)),
            ("cpu_ms".to_owned(), times(cpu)),
            ("memory_bytes".to_owned(), called.seen.memory_bytes.into()),
        ]);
        said
    }
}

/// All cases, what is worth a look beside them, and how many are not good.
pub(super) fn all(made: &[Made], notes: &[String]) -> String {
    let mut text: String = made.iter().map(Made::in_short).collect();
    for note in notes {
        text.push_str(&format!("note: {note}\n"));
    }
    let bad = made.iter().filter(|made| !made.is_good()).count();
    text.push_str(&match bad {
        0 if made.len() == 1 => "1 fixture, as expected.\n".to_owned(),
        0 => format!("{} fixtures, all as expected.\n", made.len()),
        bad => {
            let are = if bad == 1 { "is" } else { "are" };
            format!("{bad} of {} {are} not as expected.\n", amount(made.len(), "fixture"))
        }
    });
    text
}

fn task(task: &NewTask) -> Value {
    let payload = serde_json::from_str(&task.payload);
    let mut said = json!({
        "name": task.name,
        "payload": payload.unwrap_or_else(|_not_json| Value::String(task.payload.clone())),
    });
    if let Some(said) = said.as_object_mut() {
        if let Some(plugin) = &task.plugin {
            said.insert("plugin".to_owned(), plugin.clone().into());
        }
        if task.delay_ms > 0 {
            said.insert("delay_ms".to_owned(), task.delay_ms.into());
        }
    }
    said
}

/// The plugin's own words where it has some.
fn message(error: &CallError) -> String {
    match error {
        CallError::Retry { message, .. } | CallError::Permanent { message } => message.clone(),
        // Where it was is another place each time.
        CallError::OverCpu { cpu_ms_max, .. } => chain(&CallError::OverCpu {
            cpu_ms_max: *cpu_ms_max,
            place: Place::default(),
        }),
        other => chain(other),
    }
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
