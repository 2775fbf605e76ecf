//! A fixture: an event or a task, what its host holds, and what the plugin must make of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use lark_protocol::{Keys, Opened, UnixSeconds, VerificationToken, outgoing};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answers::{self, Part},
    compare::Expected,
    usage,
};
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

/// The time of events that name none: 14 November 2023.
const NOW_MS: u64 = 1_700_000_000_000;
const APP_ID: &str = "cli_a5fb0ae6a4123456";
/// Proves the origin of fixtures, which prove nothing.
const TOKEN: &str = "of the fixtures";

const EVENT: &str = ".event.json";

/// A fixture.
#[derive(Debug)]
pub(super) struct Case {
    /// Its file name without `.event.json`.
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) now_ms: u64,
    pub(super) host: HostFile,
    /// Expected result, if that was written down.
    pub(super) expected: Option<Expected>,
    expected_path: PathBuf,
    host_path: PathBuf,
}

/// Content of `NAME.host.json`: what the host holds and answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct HostFile {
    /// The time of the call; that of the event when absent.
    now_ms: Option<u64>,
    /// Keys and values; a value that is not a text is written as JSON.
    pub(super) kv: BTreeMap<String, Value>,
    /// Lark's answers, by method and path; `*` stands for a part of a path.
    pub(super) lark: BTreeMap<String, Value>,
    /// Answers of other services, by method and URL without its query.
    pub(super) http: BTreeMap<String, Value>,
    /// Contents of the files that `lark` names for downloads: `{"file": "photo.png"}`, beside the fixture.
    #[serde(skip)]
    pub(super) files: BTreeMap<String, Bytes>,
}

impl HostFile {
    /// Refuses what would never be asked for or never be read.
    fn check(&self) -> Result<(), String> {
        for (part, answers) in [(Part::Lark, &self.lark), (Part::Http, &self.http)] {
            for (call, answer) in answers {
                answers::check(part, call, answer).map_err(|why| format!("{}.{call:?}: {why}", part.name()))?;
            }
        }
        Ok(())
    }

    fn read(path: &Path) -> Result<Self, Stopped> {
        let mut host: Self = read_as(path, &["now_ms", "kv", "lark", "http"])?;
        host.check().map_err(|why| failed(path, &why))?;
        let answers = host.lark.values().flat_map(|answer| match answer {
            Value::Array(several) => several.as_slice(),
            one => std::slice::from_ref(one),
        });
        for name in answers.filter_map(|answer| answer.get("file")?.as_str()) {
            let file = path.with_file_name(name);
            let content = fs::read(&file).map_err(|error| failed(&file, &chain(&error)))?;
            host.files.insert(name.to_owned(), content.into());
        }
        Ok(host)
    }
}

fn failed(path: &Path, why: &str) -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text: format!("{}: {why}", path.display()),
    }
}

impl Case {
    /// Reads all of a folder, in the order of their names.
    pub(super) fn read_all(folder: &Path) -> Result<Vec<Self>, Stopped> {
        let entries = fs::read_dir(folder).map_err(|error| failed(folder, &chain(&error)))?;
        let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
        let (mut events, others): (Vec<_>, Vec<_>) = paths
            .map_err(|error| failed(folder, &chain(&error)))?
            .into_iter()
            .partition(|path| path.to_string_lossy().ends_with(EVENT));
        for path in others.into_iter().filter(|path| path.is_file()) {
            check_beside(&path).map_err(|why| failed(&path, &why))?;
        }
        events.sort();
        events.iter().map(|path| Self::read(path, None)).collect()
    }

    /// Reads one, with the files beside it.
    pub(super) fn read(path: &Path, event_type: Option<&str>) -> Result<Self, Stopped> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = file
            .strip_suffix(EVENT)
            .or(file.strip_suffix(".json"))
            .unwrap_or(&file)
            .to_owned();
        let beside = |part: &str| path.with_file_name(format!("{name}.{part}.json"));
        let subject = subject(path, &json_of(path)?, event_type)?;
        let host_path = beside("host");
        let host = if host_path.exists() {
            HostFile::read(&host_path)?
        } else {
            HostFile::default()
        };
        let expected_path = beside("expected");
        let expected = if expected_path.exists() {
            Some(read_as(&expected_path, &Expected::MEMBERS)?)
        } else {
            None
        };
        let created_ms = match &subject {
            Subject::Event(event) if event.create_time_ms > 0 => event.create_time_ms,
            Subject::Event(_) | Subject::Task(_) => NOW_MS,
        };
        Ok(Self {
            now_ms: host.now_ms.unwrap_or(created_ms),
            name,
            subject,
            host,
            expected,
            expected_path,
            host_path,
        })
    }

    /// Writes down what the plugin made of it.
    pub(super) fn bless(&self, outcome: &Value) -> Result<(), Stopped> {
        let path = &self.expected_path;
        fs::write(path, format!("{outcome:#}\n")).map_err(|error| failed(path, &chain(&error)))
    }

    /// What the host holds and answers.
    pub(super) fn host_path(&self) -> &Path {
        &self.host_path
    }

    /// Where what is expected has to be written.
    pub(super) fn expected_path(&self) -> &Path {
        &self.expected_path
    }
}

/// Refuses a file that looks like one beside an event and would not be read: one without its event, or with a part of its name
/// misspelt. Other files are for downloads.
fn check_beside(path: &Path) -> Result<(), String> {
    const PARTS: [&str; 3] = ["event", "host", "expected"];
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let Some((name, part)) = file.strip_suffix(".json").and_then(|file| file.rsplit_once('.')) else {
        return Ok(());
    };
    let has_event = path.with_file_name(format!("{name}{EVENT}")).exists();
    match answers::nearest(part, &PARTS) {
        Some(near) if near != part => Err(format!("it is not read; did you mean {name}.{near}.json?")),
        Some(_) if !has_event => Err(format!("it is not read: there is no {name}{EVENT} beside it")),
        _ => Ok(()),
    }
}

fn json_of(path: &Path) -> Result<Value, Stopped> {
    let text = config::read_text(path).map_err(|error| failed(path, &error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(path, &format!("not JSON: {error}")))
}

fn read_as<T: serde::de::DeserializeOwned>(path: &Path, members: &[&'static str]) -> Result<T, Stopped> {
    let file = json_of(path)?;
    answers::check_members("the file", &file, members).map_err(|why| failed(path, &why))?;
    placed(&file).map_err(|why| failed(path, &why))
}

/// Reads a value; an error tells where in it.
fn placed<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| format!("`{}`: {}", error.path(), error.inner()))
}

/// Takes a file for an event or a task, as the server would take the request with this body.
fn subject(path: &Path, file: &Value, event_type: Option<&str>) -> Result<Subject, Stopped> {
    if let Some(task) = file.get("task") {
        let members = answers::check_members("the file", file, &["task"]);
        return members
            .and_then(|()| task_of(task))
            .map(Subject::Task)
            .map_err(|why| failed(path, &why));
    }
    if file.get("encrypt").is_some() {
        return Err(failed(
            path,
            "the body is encrypted; `lark-callback events export --form files` writes bodies that are not",
        ));
    }
    let is_whole = ["header", "uuid", "open_message_id"]
        .iter()
        .any(|name| file.get(name).is_some());
    let event_type = match event_type {
        Some(event_type) => event_type,
        None if is_whole => "event",
        None => {
            return Err(usage(format!(
                "{}: it is neither a whole body (with `schema`, `header` and `event`) nor a task (`{{\"task\": {{\"name\": …, \
                 \"payload\": …}}}}`); if it is only the `event` object, name its type: --type TYPE",
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
    payload.replace(file.clone(), sender)?;
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

/// A task of a file.
#[derive(Debug, Deserialize)]
struct TaskFile {
    name: String,
    payload: Option<Value>,
    requested_by: Option<String>,
    app_id: Option<String>,
    scheduled_at_ms: Option<u64>,
}

fn task_of(task: &Value) -> Result<Task, String> {
    const MEMBERS: [&str; 5] = ["name", "payload", "requested_by", "app_id", "scheduled_at_ms"];
    answers::check_members("`task`", task, &MEMBERS)?;
    let task: TaskFile = placed(task).map_err(|why| format!("in `task`, {why}"))?;
    Ok(Task {
        id: "delivery-1".to_owned(),
        name: task.name,
        payload: task.payload.unwrap_or_else(|| json!({})).to_string(),
        requested_by: task.requested_by.unwrap_or_default(),
        app_id: task.app_id.unwrap_or_else(|| APP_ID.to_owned()),
        scheduled_at_ms: task.scheduled_at_ms,
    })
}
