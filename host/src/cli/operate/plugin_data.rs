//! `plugin keys` and `plugin log`: what a plugin has written, on a running server.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use tokio::{signal::ctrl_c, task::spawn_blocking, time::sleep};

use super::{FormArguments, Remote, arguments::key, load, tell};
use crate::{
    cli::{Exit, Stopped},
    config::Flags,
    telemetry::{escaped_json, local, on_one_line},
};

/// Time between two looks for new lines.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Commands on what a plugin has written.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PluginDataCommand {
    /// List the keys of a plugin with the beginnings of their values; secrets of its settings are masked
    Keys(KeysArguments),
    /// Show the last log lines of a plugin on the running server, and its calls of Lark
    Log(LogArguments),
}

/// Page of keys.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeysArguments {
    /// Name of the plugin
    #[arg(value_parser = key)]
    name: String,
    /// Only keys that begin like this
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: String,
    /// Continue after this key
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
    #[command(flatten)]
    form: FormArguments,
}

/// Log of a plugin.
#[derive(Debug, Args)]
pub(in crate::cli) struct LogArguments {
    /// Name of the plugin
    #[arg(value_parser = key)]
    name: String,
    /// Go on with the lines that come, until it is interrupted
    #[arg(long, short)]
    follow: bool,
    /// Only lines of this level and above; a call of Lark counts as debug
    #[arg(long, value_enum, default_value = "debug")]
    level: Level,
    #[command(flatten)]
    form: FormArguments,
}

/// Level of a line, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    fn of_word(word: &str) -> Self {
        match word {
            "ERROR" => Self::Error,
            "WARN" => Self::Warn,
            "INFO" => Self::Info,
            _ => Self::Debug,
        }
    }
}

pub(in crate::cli) async fn plugin_data(flags: &Flags, command: &PluginDataCommand) -> Result<(), Stopped> {
    let remote = Remote::of_running(&load(flags)?)?;
    match command {
        PluginDataCommand::Keys(asked) => {
            let found = remote.plugin_keys(&asked.name, &asked.prefix, asked.after.as_deref());
            tell(&asked.form, &found.await?)
        }
        PluginDataCommand::Log(asked) => tokio::select! {
            ended = log(&remote, asked) => ended,
            _ = ctrl_c() => Ok(()),
        },
    }
}

/// Prints the lines that there are, and with `--follow` those that come: for programs one JSON object a line.
async fn log(remote: &Remote, asked: &LogArguments) -> Result<(), Stopped> {
    let mut from = 0;
    loop {
        let answer = remote.plugin_lines(&asked.name, from).await?;
        let lines = answer.get("lines").and_then(Value::as_array).into_iter().flatten();
        let text: String = lines
            .filter(|line| Level::of_word(field(line, "level")) >= asked.level)
            .map(|line| {
                if asked.form.json {
                    format!("{}\n", escaped_json(&line.to_string()))
                } else {
                    shown(line)
                }
            })
            .collect();
        if !text.is_empty() {
            // A reader that has stalled, such as a pager, must not keep Ctrl-C from ending this.
            let written = spawn_blocking(move || {
                let mut out = io::stdout();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            });
            let written = written.await.map_err(|error| Stopped::new(Exit::Failed, &error))?;
            written.map_err(|error| Stopped::unheard(&error))?;
        }
        if !asked.follow {
            return Ok(());
        }
        let next = answer.get("next").and_then(Value::as_u64).unwrap_or_default();
        // A server that was started again counts from the beginning.
        from = if next < from { 0 } else { next };
        sleep(LOOK_EVERY).await;
    }
}

fn shown(line: &Value) -> String {
    let at_ms = line.get("at_ms").and_then(Value::as_u64).unwrap_or_default();
    let (level, event) = (field(line, "level"), on_one_line(field(line, "event_id")));
    format!(
        "{}  {level:5}  {}  ({event})\n",
        local(at_ms),
        on_one_line(field(line, "text"))
    )
}

fn field<'v>(line: &'v Value, name: &str) -> &'v str {
    line.get(name).and_then(Value::as_str).unwrap_or_default()
}
