//! `jobs`: one action on many events or deliveries, counted, then done by the server.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use serde_json::Value;
use tokio::{signal::ctrl_c, time::sleep};

use super::{
    arguments::{JobsCommand, StartArguments},
    confirm::agreed,
    load,
    remote::Remote,
    tell,
};
use crate::{
    app::now_ms,
    cli::{Exit, Stopped},
    config::Flags,
};

/// Time between two looks at a job.
const LOOK_EVERY: Duration = Duration::from_millis(300);

pub(in crate::cli) async fn jobs(flags: &Flags, command: JobsCommand) -> Result<(), Stopped> {
    let remote = Remote::of_running(&load(flags)?)?;
    match command {
        JobsCommand::List { form } => tell(&form, &remote.jobs().await?),
        JobsCommand::Show { job } => tell(&job.form, &remote.job(&job.key).await?),
        JobsCommand::Cancel { job } => tell(&job.form, &remote.cancel_job(&job.key).await?),
        JobsCommand::Start(arguments) => start(&remote, &arguments).await,
    }
}

async fn start(remote: &Remote, arguments: &StartArguments) -> Result<(), Stopped> {
    let counted = remote.count_job(&arguments.request(now_ms())).await?;
    let counted = until(remote, counted, |phase| phase != "counting").await?;
    let key = text(&counted, "job").to_owned();
    if text(&counted, "phase") != "counted" {
        return told(arguments, &counted);
    }
    let count = number(&counted, "count");
    if arguments.many.dry_run || count == 0 {
        // Nobody will start it.
        remote.cancel_job(&key).await?;
        return tell(&arguments.form, &counted);
    }
    if count > 1
        && !arguments.many.yes
        && let Err(not_agreed) = agreed(arguments.verb(), count)
    {
        remote.cancel_job(&key).await?;
        return Err(not_agreed);
    }
    let started = remote.start_job(&key).await?;
    if arguments.detach {
        return tell(&arguments.form, &started);
    }
    tokio::select! {
        ended = until(remote, started, is_end) => told(arguments, &ended?),
        _ = ctrl_c() => Err(Stopped {
            exit: Exit::Failed,
            text: format!("the job goes on; end it with: lark-callback jobs cancel {key}"),
        }),
    }
}

fn is_end(phase: &str) -> bool {
    !matches!(phase, "counting" | "counted" | "waiting" | "running")
}

/// Looks at a job until it has reached such a phase; a person sees how far it is.
async fn until(remote: &Remote, mut job: Value, is_reached: impl Fn(&str) -> bool) -> Result<Value, Stopped> {
    let mut out = io::stderr();
    let is_seen = out.is_terminal();
    let mut is_told = false;
    while !is_reached(text(&job, "phase")) {
        if is_seen && text(&job, "phase") == "running" {
            let _ = write!(out, "\r{} of {}", number(&job, "done"), number(&job, "count"));
            let _ = out.flush();
            is_told = true;
        }
        sleep(LOOK_EVERY).await;
        job = remote.job(text(&job, "job")).await?;
    }
    if is_told {
        let _ = writeln!(out);
    }
    Ok(job)
}

/// Prints a job that has ended. It failed when it could not go on, or could not do all.
fn told(arguments: &StartArguments, job: &Value) -> Result<(), Stopped> {
    tell(&arguments.form, job)?;
    let failed = number(job, "failed");
    let error = match text(job, "error") {
        "" if failed == 0 && text(job, "phase") == "done" => return Ok(()),
        "" if failed > 0 => format!("{failed} could not be done; `failures` says why"),
        "" => format!("the job ended as {}", text(job, "phase")),
        error => error.to_owned(),
    };
    Err(Stopped {
        exit: Exit::Failed,
        text: error,
    })
}

fn text<'v>(job: &'v Value, name: &str) -> &'v str {
    job.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(job: &Value, name: &str) -> u64 {
    job.get(name).and_then(Value::as_u64).unwrap_or_default()
}
