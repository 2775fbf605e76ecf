//! `audit`: the changes that operators have made.

use clap::Args;

use super::{
    FormArguments,
    arguments::{PageArguments, age_ms},
    load,
    target::Target,
    tell,
};
use crate::{
    app::now_ms,
    cli::Stopped,
    config::Flags,
    operate::{AuditFilter, Command},
};

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AuditArguments {
    /// Only this command, as the list names it: `dead/drop`, `plugin-orders/pin`
    #[arg(long, value_name = "COMMAND")]
    command: Option<String>,
    /// Only changes made under this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only with this end
    #[arg(long, value_parser = ["done", "refused", "failed", "running"])]
    outcome: Option<String>,
    /// Only changes of this event, by its number
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["delivery", "plugin"])]
    event: Option<i64>,
    /// Only changes of this delivery
    #[arg(long, value_name = "DELIVERY", conflicts_with = "plugin")]
    delivery: Option<i64>,
    /// Only changes of this plugin
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Not older than this: 90s, 15m, 6h, 2d
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    since: Option<u64>,
    /// At least this old
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    until: Option<u64>,
    #[command(flatten)]
    page: PageArguments,
    #[command(flatten)]
    form: FormArguments,
}

pub(in crate::cli) async fn audit(flags: &Flags, arguments: AuditArguments) -> Result<(), Stopped> {
    let config = load(flags)?;
    let now_ms = now_ms();
    let ago = |age_ms: u64| now_ms.saturating_sub(age_ms);
    let filter = AuditFilter {
        command: arguments.command,
        name: arguments.name,
        outcome: arguments.outcome,
        event: arguments.event,
        delivery: arguments.delivery,
        plugin: arguments.plugin,
        since_ms: arguments.since.map(ago),
        until_ms: arguments.until.map(ago),
        before: arguments.page.before,
        limit: Some(arguments.page.limit),
    };
    let target = Target::find(&config).await?;
    tell(&arguments.form, &target.execute(&Command::Audit(filter)).await?)
}
