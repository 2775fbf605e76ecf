//! Orders for plugins and the states that follow them.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::AdminState;
use crate::{
    operate::Command,
    plugin::Source,
    reload::{Active, PluginStatus},
};

/// How long an answer waits for the state to follow an order. A component whose compilation is kept follows at once.
const FOLLOWED_MAX: Duration = Duration::from_secs(2);

impl AdminState {
    /// Waits a moment until the state of a plugin has followed an order that was answered so.
    pub(crate) async fn followed(&self, order: &Command, answer: &Value) {
        let Some(plugin) = answer.get("plugin").and_then(Value::as_str) else {
            return;
        };
        let hash = answer.get("hash").and_then(Value::as_str);
        let mut statuses = self.plugins.clone();
        let is_followed = statuses.wait_for(|all| {
            let status = all.iter().find(|status| status.name == plugin);
            // An order for what is not there has nothing to follow.
            status.is_none_or(|status| !status.loading && follows(status, order, hash))
        });
        let _ = timeout(FOLLOWED_MAX, is_followed).await;
    }
}

/// Whether the state has followed an order, of which `hash` is the version.
fn follows(status: &PluginStatus, order: &Command, hash: Option<&str>) -> bool {
    let serves = |is_it: &dyn Fn(&Active) -> bool| status.active.as_ref().is_some_and(is_it);
    let is_paused = |paused: bool| status.active.as_ref().is_none_or(|active| active.paused == paused);
    match order {
        Command::PluginRollback(_) | Command::PluginPin(_) => {
            status.disabled || serves(&|active| Some(&*active.hash) == hash)
        }
        Command::PluginUnpin(_) => status.disabled || serves(&|active| !matches!(active.source, Source::Kept(_))),
        Command::PluginDisable(_) => status.disabled_by_command && status.active.is_none(),
        Command::PluginEnable(_) => {
            !status.disabled_by_command && (status.disabled_by_settings || status.active.is_some() || status.is_held())
        }
        Command::PluginPause(_) => status.paused_by_command && is_paused(true),
        Command::PluginResume(_) => !status.paused_by_command && is_paused(status.paused_by_settings),
        _ => true,
    }
}
