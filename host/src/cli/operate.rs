//! Operator's commands: `events`, `dead`, `deliveries`, `jobs`, `summary`, `erase`, `db`, `auth`, `rejected`, `log-level`, `audit`.

mod arguments;
mod audit;
mod confirm;
mod db;
mod events;
mod explained;
mod export;
mod jobs;
mod page;
mod plugin_data;
mod plugins;
mod remote;
mod summary;
mod table;
mod target;

use std::io::{self, Write};

use lark_callback_store::Filter;
use serde_json::{Value, json};

use super::{Exit, Stopped, language::Language};
use crate::{
    app::now_ms,
    config::{self, Flags, OperatorConfig},
    operate::{AuthorizationFilter, Command, Erase, OperateError, Selection},
    telemetry::escaped_json,
};
pub(super) use arguments::{
    AuthCommand, DbCommand, DeadCommand, DeliveriesCommand, EraseArguments, EventsCommand, JobsCommand,
    LogLevelArguments, RejectedArguments,
};
use arguments::{FormArguments, ManyArguments};
pub(super) use audit::{AuditArguments, audit};
use confirm::confirmed;
pub(super) use db::db;
pub(super) use events::events;
pub(super) use jobs::jobs;
pub(super) use plugin_data::{PluginDataCommand, plugin_data};
pub(super) use plugins::{PluginOrderCommand, plugin_orders};
pub(super) use remote::Remote;
pub(super) use summary::{SummaryArguments, summary};
pub(super) use target::Target;

pub(super) async fn dead(flags: &Flags, command: DeadCommand) -> Result<(), Stopped> {
    let config = load(flags)?;
    let now_ms = now_ms();
    let (arguments, force, verb, make): (_, _, _, fn(Selection) -> Command) = match command {
        DeadCommand::List { filter, page, form } => {
            let command = Command::Dead(filter.page(&page, now_ms));
            return tell(&form, &Target::find(&config).await?.execute(&command).await?);
        }
        DeadCommand::Groups { filter, form } => {
            let command = Command::DeadGroups(filter.filter(now_ms));
            return tell(&form, &Target::find(&config).await?.execute(&command).await?);
        }
        DeadCommand::Retry { arguments, force } => (arguments, force, "retry", Command::Retry),
        DeadCommand::Drop(arguments) => (arguments, false, "drop", Command::Drop),
    };
    let filter = Filter {
        error: arguments.error,
        ..arguments.filter.filter(now_ms)
    };
    let which = (arguments.ids, filter);
    change(&config, which, force, (&arguments.many, &arguments.form), verb, make).await
}

pub(super) async fn deliveries(flags: &Flags, command: DeliveriesCommand) -> Result<(), Stopped> {
    let config = load(flags)?;
    let now_ms = now_ms();
    let (arguments, force, verb, make): (_, _, _, fn(Selection) -> Command) = match command {
        DeliveriesCommand::List { filter, page, form } => {
            let command = Command::Deliveries(filter.page(&page, now_ms));
            return tell(&form, &Target::find(&config).await?.execute(&command).await?);
        }
        DeliveriesCommand::Show { id, form } => {
            return tell(
                &form,
                &Target::find(&config).await?.execute(&Command::Delivery(id)).await?,
            );
        }
        DeliveriesCommand::Retry { arguments, force } => (arguments, force, "retry", Command::RetryNow),
        DeliveriesCommand::Drop(arguments) => (arguments, false, "drop", Command::Discard),
    };
    let which = (arguments.ids, arguments.filter.filter(now_ms));
    change(&config, which, force, (&arguments.many, &arguments.form), verb, make).await
}

/// Changes the selected deliveries; asks first when they are many.
async fn change(
    config: &OperatorConfig,
    (ids, filter): (Vec<i64>, Filter),
    force: bool,
    (many, form): (&ManyArguments, &FormArguments),
    verb: &str,
    make: fn(Selection) -> Command,
) -> Result<(), Stopped> {
    let selection = Selection {
        ids,
        filter,
        force,
        all: many.all,
        dry_run: false,
    };
    let trial = make(Selection {
        dry_run: true,
        ..selection.clone()
    });
    let target = Target::find(config).await?;
    if confirmed(&target, trial, many, form, verb).await? {
        tell(form, &target.execute(&make(selection)).await?)?;
    }
    Ok(())
}

pub(super) async fn erase(flags: &Flags, arguments: EraseArguments) -> Result<(), Stopped> {
    let config = load(flags)?;
    let EraseArguments {
        users,
        dry_run,
        yes,
        form,
    } = arguments;
    let command = |dry_run| {
        Command::Erase(Erase {
            users: users.clone(),
            dry_run,
        })
    };
    let many = ManyArguments {
        all: false,
        dry_run,
        yes,
    };
    let target = Target::find(&config).await?;
    if confirmed(&target, command(true), &many, &form, "erase").await? {
        tell(&form, &target.execute(&command(false)).await?)?;
    }
    Ok(())
}

pub(super) async fn auth(flags: &Flags, command: AuthCommand) -> Result<(), Stopped> {
    let config = load(flags)?;
    let (task, who, payload) = match command {
        AuthCommand::List {
            app,
            user,
            after,
            limit,
            form,
        } => {
            let command = Command::Authorizations(AuthorizationFilter {
                app,
                user,
                after,
                limit: Some(limit),
            });
            return tell(&form, &Target::find(&config).await?.execute(&command).await?);
        }
        AuthCommand::Sessions { form } => {
            return tell(&form, &Target::find(&config).await?.execute(&Command::Sessions).await?);
        }
        AuthCommand::Request {
            who,
            scope,
            message,
            tenant,
        } => {
            let mut payload = json!({"open_id": who.user, "scope": scope, "message": message});
            if let (Some(tenant), Some(fields)) = (tenant, payload.as_object_mut()) {
                fields.insert("tenant_key".to_owned(), tenant.into());
            }
            ("request", who, payload)
        }
        AuthCommand::Status { who } => {
            let payload = json!({"open_id": who.user});
            ("status", who, payload)
        }
        AuthCommand::Revoke { who } => {
            let payload = json!({"open_id": who.user});
            ("revoke", who, payload)
        }
    };
    let remote = Remote::of_running(&config)?;
    let reply = remote.task("card-auth", task, who.app.as_deref(), &payload).await?;
    tell(&who.form, &reply)?;
    match reply.get("refused").and_then(Value::as_str) {
        Some(reason) => Err(Stopped {
            exit: Exit::Failed,
            text: format!("refused: {reason}"),
        }),
        None => Ok(()),
    }
}

/// Lists the last refused requests of the running server.
pub(super) async fn rejected(flags: &Flags, arguments: &RejectedArguments) -> Result<(), Stopped> {
    let config = load(flags)?;
    let answer = Remote::of_running(&config)?.rejected().await?;
    tell_in(&arguments.form, &answer, Language::chosen(arguments.lang))
}

/// Shows the log level of the running server, or changes it.
pub(super) async fn log_level(flags: &Flags, arguments: &LogLevelArguments) -> Result<(), Stopped> {
    let remote = Remote::of_running(&load(flags)?)?;
    let answer = match &arguments.level {
        Some(level) => remote.change_log_level(Some(level)).await?,
        None if arguments.reset => remote.change_log_level(None).await?,
        None => remote.log_level().await?,
    };
    tell(&arguments.form, &answer)
}

fn load(flags: &Flags) -> Result<OperatorConfig, Stopped> {
    config::load_operator(flags).map_err(|error| Stopped::new(Exit::Settings, &error))
}

fn tell(form: &FormArguments, answer: &Value) -> Result<(), Stopped> {
    tell_in(form, answer, Language::chosen(None))
}

fn tell_in(form: &FormArguments, answer: &Value, language: Language) -> Result<(), Stopped> {
    let text = if form.json {
        format!("{}\n", escaped_json(&answer.to_string()))
    } else {
        let language = language.into();
        let table = table::text(&explained::translated(answer.clone(), language), language);
        table + &explained::footer(answer, language)
    };
    match io::stdout().write_all(text.as_bytes()) {
        // The command has been executed, even if the reader closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told.map_err(|error| Stopped::unheard(&error)),
    }
}

/// Maps the error code of a command to an exit code, whether it was executed here or by a server.
fn exit_of(code: &str) -> Exit {
    match code {
        "bad_request" => Exit::Usage,
        "not_found" => Exit::NotFound,
        "storage" => Exit::Database,
        "unauthenticated" => Exit::Settings,
        _ => Exit::Failed,
    }
}

impl From<OperateError> for Stopped {
    fn from(error: OperateError) -> Self {
        Self::new(exit_of(error.code()), &error)
    }
}
