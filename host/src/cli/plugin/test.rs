//! `plugin test`: calls of a plugin in the real sandbox, with a Lark and services that are played.

mod case;
mod fake;
mod report;

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde_json::{Value, json};

use self::{case::Case, fake::Fakes, report::Made};
use super::{Printed, wasm};
use crate::{
    app::workbench::{self, Subject, Workbench},
    cli::{Exit, Stopped},
    config::{self, Flags},
    plugin::{Bound, Plugin, Settings},
    telemetry::chain,
};

/// Arguments of `plugin test`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TestArguments {
    /// The component
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show one call: with this event, a whole body as Lark sends it, or a task
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// With --event: the type of an `event` object without its header
    #[arg(long = "type", value_name = "TYPE", requires = "event")]
    event_type: Option<String>,
    /// Folder of NAME.event.json, NAME.expected.json and NAME.host.json [default: fixtures beside the component, or
    /// beside its folder]
    #[arg(long, value_name = "FOLDER", conflicts_with = "event")]
    fixtures: Option<PathBuf>,
    /// Its settings [default: the .toml file of the same name beside it, or in the project of which it is in dist]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Make each call so many times, and show the times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    repeat: u32,
    /// Write what came as NAME.expected.json, instead of comparing with it
    #[arg(long, conflicts_with = "event")]
    bless: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Time for a reply to somebody who waits, as on a server with its default settings.
const CALLBACK_MS: u64 = 2_400;

/// Calls and compares; the answer is not good when something differs.
pub(super) async fn run(flags: &Flags, arguments: &TestArguments) -> Result<Printed, Stopped> {
    // First, because a missing component is also why there are no fixtures beside it.
    let component = wasm::read(&arguments.file)?;
    let cases = cases(arguments)?;
    let fakes = Fakes::start().await?;
    let played = fakes.clone();
    let services = Box::new(move |method: &str, url: &str| played.answer_http(method, url));
    let compile = wasm::compile_settings(&arguments.file, component.len());
    let bench = Workbench::open(fakes.url(), services, compile).await?;
    let made = match load(flags, arguments, component, &bench).await {
        Ok(plugin) => {
            let made = all(&bench, &plugin, &fakes, &cases, arguments).await;
            made.map(|made| {
                let notes = untried(&plugin, &made, &cases);
                (made, notes)
            })
        }
        Err(stopped) => Err(stopped),
    };
    bench.close().await;
    let (made, untried) = made?;
    let is_good = made.iter().all(Made::is_good);
    let text = if arguments.json {
        let cases: Vec<Value> = made.iter().map(Made::as_json).collect();
        let said = json!({"ok": is_good, "file": arguments.file, "cases": cases, "notes": untried});
        format!("{said}\n")
    } else if arguments.event.is_some() {
        made.iter().map(Made::at_length).collect()
    } else {
        report::all(&made, &untried)
    };
    Ok(Printed::new(text, is_good))
}

/// Tasks of schedules and of outcomes that no fixture runs: whether the plugin knows them would be seen when they are due, and
/// not before.
fn untried(plugin: &Plugin, made: &[Made], cases: &[Case]) -> Vec<String> {
    let is_run = |name: &str| {
        let mut cases = cases.iter();
        cases.any(|case| matches!(&case.subject, Subject::Task(task) if task.name == name))
    };
    let scheduled = plugin.schedules().iter().map(|schedule| schedule.spec.task.as_str());
    let scheduled = scheduled.map(|name| (name, "has a schedule"));
    let asked_for = made.iter().flat_map(Made::own_tasks);
    let asked_for = asked_for.map(|name| (name, "a fixture asks for"));
    let mut told = BTreeSet::new();
    let untried = scheduled
        .chain(asked_for)
        .filter(|(name, _)| !is_run(name) && told.insert(*name));
    let notes = untried.map(|(name, why)| {
        let file = json!({"task": {"name": name}});
        format!("no fixture runs the task `{name}`, which {why}; add one: {file}")
    });
    notes.collect()
}

fn usage(text: String) -> Stopped {
    Stopped {
        exit: Exit::Usage,
        text,
    }
}

fn cases(arguments: &TestArguments) -> Result<Vec<Case>, Stopped> {
    if let Some(event) = &arguments.event {
        return Ok(vec![Case::read(event, arguments.event_type.as_deref())?]);
    }
    let folder = match &arguments.fixtures {
        Some(folder) => folder.clone(),
        None => fixtures(&arguments.file)?,
    };
    let cases = Case::read_all(&folder)?;
    if cases.is_empty() {
        return Err(Stopped {
            exit: Exit::NotFound,
            text: format!(
                "{} has no *.event.json; record one: lark-callback events export --form files --out {}, or make one with \
                 --event FILE in hand, and name it NAME.event.json",
                folder.display(),
                folder.display()
            ),
        });
    }
    Ok(cases)
}

/// Beside the component, or beside the folder that it is in.
fn fixtures(file: &Path) -> Result<PathBuf, Stopped> {
    let beside = file.with_file_name("fixtures");
    let parent = file.parent().unwrap_or(Path::new(""));
    let above = parent.join("..").join("fixtures");
    if beside.is_dir() {
        Ok(beside)
    } else if above.is_dir() {
        Ok(above)
    } else {
        Err(Stopped {
            exit: Exit::NotFound,
            text: format!(
                "there are no fixtures: neither {} nor {} is a folder; name one with --fixtures FOLDER, or one event with \
                 --event FILE",
                beside.display(),
                above.display()
            ),
        })
    }
}

async fn load(
    flags: &Flags,
    arguments: &TestArguments,
    component: Bytes,
    bench: &Workbench,
) -> Result<Plugin, Stopped> {
    let file = &arguments.file;
    let refused = |text: String| Stopped {
        exit: Exit::Failed,
        text: format!("{}: {text}", file.display()),
    };
    let beside = wasm::settings_file(file, arguments.settings.as_deref())?;
    let variables = config::load_variables(flags);
    let read = workbench::read_settings_with_stand_ins(&beside, &variables, Settings::http_secret_sources);
    let (settings, absent) = read.map_err(|problem| refused(problem.to_string()))?;
    for source in absent {
        let _ = writeln!(
            std::io::stderr(),
            "lark-callback: note: {source} has no secret here, so another text stands in its place; nothing leaves the machine"
        );
    }
    let candidate = workbench::candidate(file, component, settings).map_err(|problem| refused(problem.to_string()))?;
    let loaded = bench.load(candidate).await;
    loaded.map_err(|error| refused(chain(&error.problem)))
}

async fn all(
    bench: &Workbench,
    plugin: &Plugin,
    fakes: &Fakes,
    cases: &[Case],
    arguments: &TestArguments,
) -> Result<Vec<Made>, Stopped> {
    let mut all = Vec::new();
    for case in cases {
        let mut made = Made::of(case, plugin);
        for _ in 0..arguments.repeat {
            prepare(bench, plugin, fakes, case).await?;
            let limits = &plugin.settings().limits;
            let (ms, bound) = match &case.subject {
                Subject::Event(event) if event.kind == lark_protocol::Kind::Callback => {
                    (limits.callback_ms_max.unwrap_or(CALLBACK_MS), Bound::Callback)
                }
                Subject::Event(_) | Subject::Task(_) => (limits.attempt_ms_max, Bound::Attempt),
            };
            let budget = std::time::Duration::from_millis(ms);
            made.add(bench.call(plugin, &case.subject, case.now_ms, budget, bound).await);
        }
        made.note_unasked(case, &fakes.unasked());
        if let Subject::Event(event) = &case.subject {
            made.note_untaken(plugin, &event.event_type);
        }
        if arguments.bless {
            case.bless(&made.outcome())?;
            made.is_as_expected();
        } else if arguments.event.is_none() || case.files.expected.is_some() {
            made.compare(case);
        }
        all.push(made);
    }
    Ok(all)
}

/// Everything is as the case says, whatever the call before did.
async fn prepare(bench: &Workbench, plugin: &Plugin, fakes: &Fakes, case: &Case) -> Result<(), Stopped> {
    let failed = |text: String| Stopped {
        exit: Exit::Failed,
        text,
    };
    fakes.begin(&case.files.host);
    bench.forget(plugin.name()).await.map_err(failed)?;
    for (key, value) in case.files.host.stored() {
        let put = bench.put(plugin.name(), key, value, case.now_ms).await;
        put.map_err(failed)?;
    }
    Ok(())
}
