//! A fixture as the server takes it: its event is opened as the body of a request.

use std::{fs, path::Path, sync::Arc};

use lark_fixture::{APP_ID, Fixture, FixtureError, NOT_WHOLE, NOW_MS, TaskFile};
use lark_protocol::{Keys, Opened, UnixSeconds, VerificationToken, outgoing};
use serde_json::Value;

use super::usage;
use crate::{
    app::workbench::Subject,
    cli::{
        Exit, Stopped,
        client::event_id,
        payload::{Payload, Sender},
    },
    config,
    plugin::Task,
    telemetry::chain,
};

/// Proves the origin of fixtures, which prove nothing.
const TOKEN: &str = "of the fixtures";

/// A fixture, and what the plugin is called with.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) files: Fixture,
    pub(super) subject: Subject,
    pub(super) now_ms: u64,
}

fn failed(path: &Path, why: &str) -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text: format!("{}: {why}", path.display()),
    }
}

impl From<FixtureError> for Stopped {
    fn from(error: FixtureError) -> Self {
        failed(&error.path, &error.why)
    }
}

fn read_text(path: &Path) -> Result<String, Box<dyn std::error::Error>> {
    Ok(config::read_text(path)?)
}

impl Case {
    /// Reads all of a folder, in the order of their names.
    pub(super) fn read_all(folder: &Path) -> Result<Vec<Self>, Stopped> {
        let all = Fixture::read_all(folder, &read_text)?;
        all.into_iter().map(|files| Self::of(files, None)).collect()
    }

    /// Reads one, with the files beside it.
    pub(super) fn read(path: &Path, event_type: Option<&str>) -> Result<Self, Stopped> {
        Self::of(Fixture::read(path, &read_text)?, event_type)
    }

    fn of(files: Fixture, event_type: Option<&str>) -> Result<Self, Stopped> {
        let subject = subject(&files, event_type)?;
        let created_ms = match &subject {
            Subject::Event(event) if event.create_time_ms > 0 => event.create_time_ms,
            Subject::Event(_) | Subject::Task(_) => NOW_MS,
        };
        Ok(Self {
            now_ms: files.host.now_ms.unwrap_or(created_ms),
            files,
            subject,
        })
    }

    /// Writes down what the plugin made of it.
    pub(super) fn bless(&self, outcome: &Value) -> Result<(), Stopped> {
        let path = &self.files.expected_path;
        fs::write(path, format!("{outcome:#}\n")).map_err(|error| failed(path, &chain(&error)))
    }
}

/// Takes a file for an event or a task, as the server would take the request with this body.
fn subject(files: &Fixture, event_type: Option<&str>) -> Result<Subject, Stopped> {
    if let Some(task) = files.task()? {
        return Ok(Subject::Task(task_of(task)));
    }
    let path = &files.path;
    let event_type = match event_type {
        Some(event_type) => event_type,
        None if files.is_whole() => "event",
        None => {
            return Err(usage(format!(
                "{}: {NOT_WHOLE}; if it is only the `event` object, name its type: --type TYPE",
                path.display()
            )));
        }
    };
    let sender = Sender {
        app_id: APP_ID,
        token: TOKEN,
        now_ms: NOW_MS,
    };
    let mut payload = Payload::of(event_type, sender, event_id()?);
    payload.replace(files.body.clone(), sender)?;
    opened(&payload).map(Subject::Event).map_err(|why| failed(path, &why))
}

fn opened(payload: &Payload) -> Result<Arc<lark_protocol::Event>, String> {
    let token = VerificationToken::new(TOKEN);
    let seconds = NOW_MS / 1_000;
    let secrets = outgoing::Secrets {
        encrypt_key: None,
        verification_token: Some(&token),
    };
    let timestamp = seconds.to_string();
    let stamp = outgoing::Stamp {
        timestamp: &timestamp,
        nonce: "of-the-fixtures",
        iv: [0; 16],
    };
    let request = outgoing::OutgoingCallback::new(payload.protection, &payload.text(), secrets, stamp);
    let keys = Keys {
        verification_tokens: vec![VerificationToken::new(TOKEN)],
        takes_legacy_cards: true,
        ..Keys::default()
    };
    match lark_protocol::open(&keys, &request.raw(), UnixSeconds::of_ms(NOW_MS)) {
        Ok(Opened::Event(event)) => Ok(Arc::new(event)),
        Ok(Opened::Challenge(_)) => Err("it is the check of a URL, which no plugin gets".to_owned()),
        Ok(Opened::AppTicket { .. }) => Err("it is the ticket of a store application, which no plugin gets".to_owned()),
        Err(error) => Err(chain(&error)),
    }
}

fn task_of(task: TaskFile) -> Task {
    Task {
        id: "delivery-1".to_owned(),
        name: task.name,
        payload: task.payload.to_string(),
        requested_by: task.requested_by,
        app_id: task.app_id,
        scheduled_at_ms: task.scheduled_at_ms,
    }
}
