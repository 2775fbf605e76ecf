//! `events`: lists with a search, one event, what comes, exports and replays.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    time::Duration,
};

use lark_callback_store::Filter;
use serde_json::{Value, json};
use tokio::{signal::ctrl_c, task::spawn_blocking, time::sleep};

use super::{
    arguments::{CatchUpArguments, EventsCommand, FormArguments},
    confirmed, export, load,
    page::searched,
    remote::Remote,
    table,
    target::Target,
    tell,
};
use crate::{
    app::now_ms,
    cli::{Exit, Stopped, language::Language},
    config::{Flags, OperatorConfig},
    operate::{Command, Replay},
    telemetry::escaped_json,
};

/// Time between two looks for new events.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Servers that share a database may commit numbers in another order; so many are looked at again.
const OVERLAP_EVENTS: i64 = 256;

/// Rows of one look. More than the overlap, so that each look gets on.
const LOOK_ROWS: u32 = 500;

/// How long an event may wait for its outcome before it is shown without.
const OUTCOME_MS_MAX: u64 = 3_000;

fn gaps_since(app: Option<String>, since: Option<u64>, now_ms: u64) -> Command {
    Command::Gaps(Filter {
        app,
        since_ms: since.map(|age| now_ms.saturating_sub(age)),
        ..Filter::default()
    })
}

async fn catch_up(config: &OperatorConfig, arguments: &CatchUpArguments, now_ms: u64) -> Result<(), Stopped> {
    let fetched = Remote::of_running(config)?.catch_up(&arguments.missing(now_ms)).await?;
    tell(&arguments.form, &fetched)
}

/// Prints what a command answers.
async fn asked(config: &OperatorConfig, form: &FormArguments, command: &Command) -> Result<(), Stopped> {
    tell(form, &Target::find(config).await?.execute(command).await?)
}

pub(in crate::cli) async fn events(flags: &Flags, command: EventsCommand) -> Result<(), Stopped> {
    let config = load(flags)?;
    let now_ms = now_ms();
    match command {
        EventsCommand::List {
            filter,
            search,
            page,
            form,
        } => {
            let filter = search.within(filter.page(&page, now_ms));
            tell(&form, &searched(&Target::find(&config).await?, filter).await?)
        }
        EventsCommand::Count { filter, search, form } => {
            let command = Command::CountEvents(search.within(filter.filter(now_ms)));
            asked(&config, &form, &command).await
        }
        EventsCommand::Show { event, form } => asked(&config, &form, &Command::Event(event)).await,
        EventsCommand::Tail { filter, search, form } => {
            let filter = search.within(filter.filter(now_ms));
            let target = Target::find(&config).await?;
            tokio::select! {
                ended = tail(&target, filter, &form) => ended,
                _ = ctrl_c() => Ok(()),
            }
        }
        EventsCommand::Export {
            filter,
            search,
            form,
            out,
            limit,
            before,
        } => {
            let filter = Filter {
                before,
                ..search.within(filter.filter(now_ms))
            };
            export::export(&Target::find(&config).await?, filter, form, out.as_deref(), limit).await
        }
        EventsCommand::Gaps { app, since, form } => asked(&config, &form, &gaps_since(app, since, now_ms)).await,
        EventsCommand::CatchUp(arguments) => catch_up(&config, &arguments, now_ms).await,
        EventsCommand::Replay {
            events,
            filter,
            force,
            many,
            form,
        } => {
            let replay = |dry_run| {
                let mut filter = filter.filter(now_ms);
                Command::Replay(Replay {
                    events: events.clone(),
                    plugin: filter.plugin.take(),
                    filter,
                    force,
                    all: many.all,
                    dry_run,
                })
            };
            let target = Target::find(&config).await?;
            if confirmed(&target, replay(true), &many, &form, "replay").await? {
                tell(&form, &target.execute(&replay(false)).await?)?;
            }
            Ok(())
        }
    }
}

/// Prints events as they come. One that has no outcome yet is waited for, a little.
async fn tail(target: &Target, mut filter: Filter, form: &FormArguments) -> Result<(), Stopped> {
    filter.limit = Some(LOOK_ROWS);
    filter.after = Some(-1);
    let newest = cursor(&target.execute(&Command::Events(filter.clone())).await?);
    let (mut after, mut shown) = (newest, BTreeSet::new());
    let mut is_headed = form.json;
    loop {
        filter.after = Some(after);
        let mut answer = target.execute(&Command::Events(filter.clone())).await?;
        let (next, is_full) = (cursor(&answer), answer.get("is_full") == Some(&Value::Bool(true)));
        let events = answer.get_mut("events").map(Value::take).unwrap_or_default();
        let now_ms = now_ms();
        let mut undecided = None;
        let mut ready = Vec::new();
        for event in events.as_array().into_iter().flatten() {
            let Some(id) = event.get("id").and_then(Value::as_i64) else {
                continue;
            };
            if shown.contains(&id) || id <= newest {
                continue;
            }
            if is_undecided(event, now_ms) {
                undecided = undecided.or(Some(id));
            } else {
                shown.insert(id);
                ready.push(event.clone());
            }
        }
        if !ready.is_empty() {
            let text = shown_as(&ready, form, std::mem::replace(&mut is_headed, true));
            // A reader that has stalled, such as a pager, must not keep Ctrl-C from ending this.
            let written = spawn_blocking(move || write(&text)).await;
            written.map_err(|error| Stopped::new(Exit::Failed, &error))??;
        }
        let passed = if is_full {
            next
        } else {
            next.saturating_sub(OVERLAP_EVENTS)
        };
        let passed = undecided.map_or(passed, |id| passed.min(id.saturating_sub(1)));
        after = after.max(passed);
        shown = shown.split_off(&after);
        if !is_full || undecided.is_some() {
            sleep(LOOK_EVERY).await;
        }
    }
}

fn cursor(answer: &Value) -> i64 {
    answer.get("next_after").and_then(Value::as_i64).unwrap_or_default()
}

/// Whether the plugins are still at it.
fn is_undecided(event: &Value, now_ms: u64) -> bool {
    let received = event.get("received_at_ms").and_then(Value::as_u64).unwrap_or_default();
    if now_ms.saturating_sub(received) >= OUTCOME_MS_MAX {
        return false;
    }
    let deliveries = event.get("deliveries").and_then(Value::as_array);
    let is_open = |delivery: &Value| {
        let state = delivery.get("state").and_then(Value::as_str);
        matches!(state, Some("ready" | "running"))
    };
    match deliveries.filter(|deliveries| !deliveries.is_empty()) {
        Some(deliveries) => deliveries.iter().any(is_open),
        None => event.get("outcome").is_none_or(Value::is_null),
    }
}

fn shown_as(events: &[Value], form: &FormArguments, is_headed: bool) -> String {
    if form.json {
        events
            .iter()
            .map(|event| format!("{}\n", escaped_json(&event.to_string())))
            .collect()
    } else {
        let text = table::text(&json!({"events": events}), Language::chosen(None).into());
        if is_headed {
            text.split_once('\n')
                .map(|(_, rows)| rows.to_owned())
                .unwrap_or_default()
        } else {
            text
        }
    }
}

fn write(text: &str) -> Result<(), Stopped> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Stopped::unheard(&error))
}
