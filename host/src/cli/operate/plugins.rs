//! `plugin show`, `history`, `rollback` and the other orders for plugins.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{FormArguments, Remote, Target, arguments::key, load, tell};
use crate::{
    cli::{Exit, Stopped},
    config::{Flags, OperatorConfig},
    operate::{Command, OfPlugin, ToVersion},
};

/// How long the server is given to load what was ordered; from the cache it takes less than a second.
const EFFECT_MAX: Duration = Duration::from_secs(30);

/// How long a refusal must last to be one of the order.
const REFUSED_AFTER: Duration = Duration::from_secs(2);

/// The same for a pause, which loads the plugin that serves once more.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Interval at which the server is asked whether it serves.
const EFFECT_LOOK: Duration = Duration::from_millis(100);

/// Commands on one plugin.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PluginOrderCommand {
    /// Show everything about one plugin: what serves, what is ordered, what was sent back and why, the last versions
    Show(OneArguments),
    /// List the versions of a plugin that have served, the last first
    History(OneArguments),
    /// Have an older version serve on all servers, until the file changes
    Rollback(VersionArguments),
    /// Have a version serve on all servers, whatever the files say
    Pin(VersionArguments),
    /// Have the files decide again, also about versions that were sent back
    Unpin(OneArguments),
    /// Take a plugin out of service on all servers; what arrives is not stored for it
    Disable(OneArguments),
    /// Put a plugin back that was disabled by a command
    Enable(OneArguments),
    /// Have what arrives for a plugin stored and wait, on all servers
    Pause(OneArguments),
    /// Have it handled again, first what has waited
    Resume(OneArguments),
}

/// One plugin.
#[derive(Debug, Args)]
pub(in crate::cli) struct OneArguments {
    /// Name of the plugin
    #[arg(value_parser = key)]
    name: String,
    #[command(flatten)]
    form: FormArguments,
}

/// A version of a plugin.
#[derive(Debug, Args)]
pub(in crate::cli) struct VersionArguments {
    /// Name of the plugin
    #[arg(value_parser = key)]
    name: String,
    /// Number (also as '#7'), beginning of the hash, or the author's version, as shown by `plugin history` [default: rollback:
    /// the one before; pin: the one that serves]
    version: Option<String>,
    /// Serve it with the settings that are there now, rather than with those that it had
    #[arg(long)]
    current_settings: bool,
    #[command(flatten)]
    form: FormArguments,
}

pub(in crate::cli) async fn plugin_orders(flags: &Flags, command: &PluginOrderCommand) -> Result<(), Stopped> {
    let config = load(flags)?;
    let (command, form) = of(command);
    let target = Target::find(&config).await?.beside_server(&config).await;
    let mut answer = target.execute(&command).await?;
    if let Command::PluginShow(name) = &command
        && answer.get("state").is_none_or(Value::is_null)
        && let Some(state) = state(&config, name).await
        && let Some(fields) = answer.as_object_mut()
    {
        fields.insert("state".to_owned(), state);
    }
    tell(form, &answer)?;
    let hash = answer.get("hash").and_then(Value::as_str);
    match (answer.get("plugin").and_then(Value::as_str), hash, &command) {
        (Some(name), Some(hash), _) => until_serving(&config, name, hash).await,
        (Some(name), None, Command::PluginPause(_)) => until_paused(&config, name).await,
        _ => Ok(()),
    }
}

fn of(command: &PluginOrderCommand) -> (Command, &FormArguments) {
    let one = |one: &OneArguments| OfPlugin {
        plugin: one.name.clone(),
    };
    let to = |to: &VersionArguments| ToVersion {
        plugin: to.name.clone(),
        version: to.version.clone(),
        current_settings: to.current_settings,
    };
    match command {
        PluginOrderCommand::Show(it) => (Command::PluginShow(it.name.clone()), &it.form),
        PluginOrderCommand::History(it) => (Command::PluginHistory(it.name.clone()), &it.form),
        PluginOrderCommand::Rollback(it) => (Command::PluginRollback(to(it)), &it.form),
        PluginOrderCommand::Pin(it) => (Command::PluginPin(to(it)), &it.form),
        PluginOrderCommand::Unpin(it) => (Command::PluginUnpin(one(it)), &it.form),
        PluginOrderCommand::Disable(it) => (Command::PluginDisable(one(it)), &it.form),
        PluginOrderCommand::Enable(it) => (Command::PluginEnable(one(it)), &it.form),
        PluginOrderCommand::Pause(it) => (Command::PluginPause(one(it)), &it.form),
        PluginOrderCommand::Resume(it) => (Command::PluginResume(one(it)), &it.form),
    }
}

/// Waits until the running server has paused a plugin. One whose settings cannot be read goes on with those that it had.
async fn until_paused(config: &OperatorConfig, name: &str) -> Result<(), Stopped> {
    let until = Instant::now() + PAUSE_MAX;
    while let Some(state) = state(config, name).await {
        let active = state.get("active").filter(|active| active.is_object());
        if active.is_none_or(|active| active.get("paused") == Some(&Value::Bool(true))) {
            return Ok(());
        }
        if Instant::now() >= until {
            let held = state.pointer("/held/reason").and_then(Value::as_str);
            let reason = held.unwrap_or("it takes too long to load");
            return Err(Stopped {
                exit: Exit::Failed,
                text: format!(
                    "the pause is ordered, but the plugin is called as before: {reason}. Mend that, or stop the plugin with \
                     `lark-callback plugin disable {name}`"
                ),
            });
        }
        sleep(EFFECT_LOOK).await;
    }
    Ok(())
}

/// State of a plugin on the running server of these settings; none if no server answers.
async fn state(config: &OperatorConfig, name: &str) -> Option<Value> {
    let mut answer = Remote::of_running(config).ok()?.plugins().await.ok()?;
    let plugins = answer.get_mut("plugins").and_then(Value::as_array_mut)?;
    plugins
        .iter_mut()
        .find(|plugin| plugin["name"] == name)
        .map(Value::take)
}

/// Waits until the running server serves what was ordered. Without a server the order waits for one.
async fn until_serving(config: &OperatorConfig, name: &str, hash: &str) -> Result<(), Stopped> {
    let begun = Instant::now();
    while let Some(state) = state(config, name).await {
        let field = |pointer: &str| state.pointer(pointer).and_then(Value::as_str);
        let serves = field("/active/hash") == Some(hash);
        let is_refused =
            field("/held/hash") == Some(hash) && state.pointer("/held/is_ordered") != Some(&Value::Bool(true));
        if serves && !is_refused || state.get("disabled") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        // At first the state may be that of the order before.
        let is_refused = is_refused && begun.elapsed() >= REFUSED_AFTER;
        if is_refused || begun.elapsed() >= EFFECT_MAX {
            let reason = field("/held/reason").unwrap_or("it takes too long to load");
            let text = if serves {
                format!(
                    "the version serves, but with the settings that it had, because those it was ordered with cannot be used: {reason}"
                )
            } else {
                format!("the version is ordered, but the server does not serve it: {reason}")
            };
            return Err(Stopped {
                exit: Exit::Failed,
                text,
            });
        }
        sleep(EFFECT_LOOK).await;
    }
    Ok(())
}
