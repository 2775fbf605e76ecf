//! Commands on plugins: which version serves, and whether.

use lark_callback_store::{
    Lifted, OrderChange, PluginOrder, PluginReturn, PluginVersionRow, Serves, StoreError, version_before,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, OperateError, audit, names};

/// Who gave an order, as it is kept with it.
const OPERATOR: &str = "operator";

/// Digits of a hash that name a version.
const HASH_DIGITS_MIN: usize = 6;

/// Plugin that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfPlugin {
    /// Its name.
    pub plugin: String,
}

/// Plugin that was put into the folder of plugins, which is no change of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstalledPlugin {
    /// Name of the plugin.
    pub plugin: String,
    /// The author's version.
    pub version: String,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
}

/// Version that is to serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToVersion {
    /// Name of the plugin.
    pub plugin: String,
    /// Number, the beginning of the hash, or the author's version; `#7` is the number and nothing else. Without it, the one
    /// before (rollback) or the one that serves (pin).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether it serves with the settings that are there now, rather than with those that it had.
    #[serde(default)]
    pub current_settings: bool,
}

/// Switch of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    Disable,
    Enable,
    Pause,
    Resume,
}

/// Facts known about a plugin.
struct Known {
    history: Vec<PluginVersionRow>,
    order: Option<PluginOrder>,
    returns: Vec<PluginReturn>,
    /// State on the server that was asked.
    status: Value,
    /// Whether a server was asked, rather than the database alone.
    is_of_server: bool,
}

impl Known {
    async fn of(context: Context<'_>, plugin: &str) -> Result<Self, OperateError> {
        let store = context.store;
        let history = store.plugin_history(plugin).await?;
        let orders = store.plugin_orders().await?;
        let statuses = context.serving.as_array().into_iter().flatten();
        let status = statuses.clone().find(|status| status["name"] == plugin);
        let order = orders.iter().find(|order| order.plugin == plugin).cloned();
        if history.is_empty() && order.is_none() && status.is_none() && !context.plugins.iter().any(|it| it == plugin) {
            let mut known = store.plugins_that_served().await?;
            known.extend(orders.into_iter().map(|order| order.plugin));
            known.extend(statuses.filter_map(|status| status["name"].as_str().map(str::to_owned)));
            known.extend_from_slice(context.plugins);
            return Err(names::unknown(names::NameKind::Plugin, plugin, known));
        }
        let mut returns = store.plugin_returns().await?;
        returns.retain(|returned| returned.plugin == plugin);
        Ok(Self {
            history,
            order,
            returns,
            status: status.cloned().unwrap_or(Value::Null),
            is_of_server: context.serving.is_array(),
        })
    }

    /// The version that serves: as this server knows, or as it follows from the orders and the history.
    fn serving(&self) -> Option<&PluginVersionRow> {
        let hash = self.status.pointer("/active/hash").and_then(Value::as_str);
        let number = self.order.as_ref();
        let number = number.and_then(|order| order.number_now(&self.history, &self.returns));
        let is_it = |row: &&PluginVersionRow| match hash {
            Some(hash) => row.hash == hash,
            None => number.is_none_or(|number| row.number == number),
        };
        // The newest of those with the same bytes has the settings that were last in use.
        self.history.iter().find(is_it)
    }

    /// The version that served before this one and can serve again. Beside a canary it is the one that serves the rest: a canary
    /// before it was never trusted either.
    fn before(&self, hash: &str) -> Option<&PluginVersionRow> {
        let rest = self.status.pointer("/active/canary/rest/hash").and_then(Value::as_str);
        let beside = || {
            self.history
                .iter()
                .find(|row| row.is_kept && Some(row.hash.as_str()) == rest)
        };
        beside().or_else(|| version_before(&self.history, &self.returns, &[hash]))
    }

    /// The component that lies there, in the folder, published or built in, whether it serves or not; absent for one that was
    /// sent back.
    fn lying(&self) -> Option<&str> {
        let lying = self.status.get("component").and_then(Value::as_str)?;
        let is_left = self.returns.iter().any(|returned| returned.hash == lying);
        (!is_left).then_some(lying)
    }

    /// The version that a text names as its number, as its author's version, or as the beginning of its hash. Of versions with
    /// the same bytes it is the last; others are not guessed between.
    fn named(&self, plugin: &str, version: &str) -> Result<&PluginVersionRow, OperateError> {
        let is_hash = version.len() >= HASH_DIGITS_MIN && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits = version.to_ascii_lowercase();
        let only_number = version.strip_prefix('#');
        let by_number = only_number.unwrap_or(version).parse::<u64>().ok();
        let names = |row: &&PluginVersionRow| {
            let by_text = || row.version == version || is_hash && row.hash.starts_with(&digits);
            by_number == Some(row.number) || only_number.is_none() && by_text()
        };
        let named: Vec<_> = self.history.iter().filter(names).collect();
        let by_its_number = named.iter().find(|row| by_number == Some(row.number));
        let is_meant_twice = by_its_number.is_some_and(|row| row.version == version);
        let Some(found) = by_its_number.or(named.first()).copied() else {
            return Err(OperateError::NoVersion {
                plugin: plugin.to_owned(),
                version: only_number.unwrap_or(version).to_owned(),
            });
        };
        if !is_meant_twice && named.iter().any(|row| row.hash != found.hash) {
            let each = named.iter().map(|row| {
                let hash = row.hash.get(..HASH_DIGITS_MIN).unwrap_or(&row.hash);
                format!("#{} ({}, {hash})", row.number, row.version)
            });
            return Err(OperateError::SeveralVersions {
                plugin: plugin.to_owned(),
                version: version.to_owned(),
                named: each.collect::<Vec<_>>().join(", "),
            });
        }
        if !found.is_kept {
            return Err(OperateError::NotKept {
                plugin: plugin.to_owned(),
                number: found.number,
            });
        }
        Ok(found)
    }
}

/// Everything about one plugin.
pub(super) async fn show(context: Context<'_>, plugin: &str) -> Result<Value, OperateError> {
    let known = Known::of(context, plugin).await?;
    let history: Vec<Value> = known
        .history
        .iter()
        .take(HISTORY_SHOWN)
        .map(|row| told(row, &known))
        .collect();
    // With a SQLite database there is one server, which is the one that was asked.
    let reports = match context.store.plugin_reports(context.now_ms).await {
        Err(StoreError::NotShared) => Vec::new(),
        reports => reports?,
    };
    let servers = reports
        .iter()
        .filter(|report| report.plugin == plugin)
        .map(|report| json!({"node": report.node, "hash": report.hash, "reason": report.reason}));
    let servers: Vec<_> = servers.collect();
    Ok(json!({
        "plugin": plugin,
        "state": known.status,
        "order": known.order,
        "sent_back": known.returns,
        "before": known.serving().and_then(|serving| known.before(&serving.hash)).map(|row| row.number),
        "versions": history,
        "changes": audit::of_plugin(context, plugin).await?,
        "servers": servers,
    }))
}

/// Versions that `show` tells; `history` tells all.
const HISTORY_SHOWN: usize = 5;

/// The versions of one plugin, the one that served last first.
pub(super) async fn history(context: Context<'_>, plugin: &str) -> Result<Value, OperateError> {
    let known = Known::of(context, plugin).await?;
    let history: Vec<Value> = known.history.iter().map(|row| told(row, &known)).collect();
    Ok(json!({"plugin": plugin, "versions": history}))
}

fn told(row: &PluginVersionRow, known: &Known) -> Value {
    let mut told = json!(row);
    if let Some(fields) = told.as_object_mut() {
        let returned = known.returns.iter().find(|returned| returned.hash == row.hash);
        let evidence = returned.and_then(|returned| serde_json::from_str::<Value>(&returned.evidence).ok());
        fields.insert("sent_back".to_owned(), json!(returned.map(|returned| &returned.reason)));
        fields.insert("evidence".to_owned(), json!(evidence));
        // A server knows that nothing serves; the database alone only knows what served last.
        let may_serve = !known.is_of_server || known.status.pointer("/active/hash").is_some_and(Value::is_string);
        let serves = may_serve && known.serving().is_some_and(|it| it.number == row.number);
        fields.insert("serves".to_owned(), serves.into());
        // Beside a canary, which gets some events only.
        let rest = known.status.pointer("/active/canary/rest/hash").and_then(Value::as_str);
        // With other settings it may have served before: the last ones are those that it has.
        let last = known.history.iter().find(|it| Some(it.hash.as_str()) == rest);
        fields.insert(
            "serves_rest".to_owned(),
            last.is_some_and(|it| it.number == row.number).into(),
        );
        let description = serde_json::from_str::<Value>(&row.description).unwrap_or_default();
        let of = |name: &str| description.get(name).cloned().unwrap_or_default();
        fields.insert("event_types".to_owned(), of("event_types"));
        fields.insert("wants".to_owned(), of("wants"));
    }
    told
}

/// Has an older version serve, until the files change.
pub(super) async fn roll_back(context: Context<'_>, to: &ToVersion) -> Result<Value, OperateError> {
    let (plugin, now_ms) = (&to.plugin, context.now_ms);
    let known = Known::of(context, plugin).await?;
    let serving = known.serving();
    let target = match (&to.version, serving) {
        (Some(version), _) => known.named(plugin, version)?,
        (None, Some(serving)) => known
            .before(&serving.hash)
            .ok_or_else(|| OperateError::NothingBefore { plugin: plugin.clone() })?,
        (None, None) => {
            return Err(OperateError::NothingBefore { plugin: plugin.clone() });
        }
    };
    let left = serving.filter(|serving| serving.hash != target.hash);
    // The same rollback with other settings: those that it had may not be usable any more.
    let has_other_settings = known.order.as_ref().is_some_and(|order| {
        order.number == Some(target.number) && !order.is_pinned && order.has_settings == to.current_settings
    });
    let is_there = known.lying().is_none_or(|lying| lying == target.hash);
    if left.is_none() && is_there && !has_other_settings {
        return Err(OperateError::ServesAlready {
            plugin: plugin.clone(),
            number: target.number,
        });
    }
    // What lies there is left, too: it may wait for a permission, or for the plugin to be enabled.
    let left = left.map(|left| left.hash.as_str());
    let lying = known
        .lying()
        .filter(|lying| *lying != target.hash && Some(*lying) != left);
    let returned = left.into_iter().chain(lying).map(|hash| PluginReturn {
        plugin: plugin.clone(),
        hash: hash.to_owned(),
        to_number: target.number,
        reason: format!(
            "the operator rolled back to number {} (version {})",
            target.number, target.version
        ),
        evidence: "null".to_owned(),
        returned_by: OPERATOR.to_owned(),
        returned_at_ms: now_ms,
    });
    let returned = returned.collect();
    let change = OrderChange {
        serves: Some(Serves::Version {
            number: target.number,
            is_pinned: false,
            has_settings: !to.current_settings,
        }),
        // It may have been sent back itself.
        lifted: Lifted::One(target.hash.clone()),
        returned,
        ..OrderChange::none(plugin, OPERATOR, now_ms)
    };
    let order = context.store.order_plugin(change).await?;
    Ok(done(&order, Some(target)))
}

/// Has a version serve whatever the files say.
pub(super) async fn pin(context: Context<'_>, to: &ToVersion) -> Result<Value, OperateError> {
    let (plugin, now_ms) = (&to.plugin, context.now_ms);
    let known = Known::of(context, plugin).await?;
    let target = match &to.version {
        Some(version) => known.named(plugin, version)?,
        None => known
            .serving()
            .filter(|row| row.is_kept)
            .ok_or_else(|| OperateError::NothingServes { plugin: plugin.clone() })?,
    };
    let change = OrderChange {
        serves: Some(Serves::Version {
            number: target.number,
            is_pinned: true,
            has_settings: !to.current_settings,
        }),
        lifted: Lifted::One(target.hash.clone()),
        ..OrderChange::none(plugin, OPERATOR, now_ms)
    };
    let order = context.store.order_plugin(change).await?;
    Ok(done(&order, Some(target)))
}

/// Has the files decide again, also about what was sent back.
pub(super) async fn unpin(context: Context<'_>, of: &OfPlugin) -> Result<Value, OperateError> {
    Known::of(context, &of.plugin).await?;
    let change = OrderChange {
        serves: Some(Serves::Files),
        lifted: Lifted::All,
        ..OrderChange::none(&of.plugin, OPERATOR, context.now_ms)
    };
    let order = context.store.order_plugin(change).await?;
    Ok(done(&order, None))
}

/// Disables, enables, pauses or resumes a plugin.
pub(super) async fn switch(context: Context<'_>, of: &OfPlugin, switch: Switch) -> Result<Value, OperateError> {
    Known::of(context, &of.plugin).await?;
    let mut change = OrderChange::none(&of.plugin, OPERATOR, context.now_ms);
    match switch {
        Switch::Disable => change.is_disabled = Some(true),
        Switch::Enable => change.is_disabled = Some(false),
        Switch::Pause => change.is_paused = Some(true),
        Switch::Resume => change.is_paused = Some(false),
    }
    let order = context.store.order_plugin(change).await?;
    Ok(done(&order, None))
}

fn done(order: &PluginOrder, target: Option<&PluginVersionRow>) -> Value {
    json!({
        "plugin": order.plugin,
        "order": order,
        "version": target.map(|row| &row.version),
        "hash": target.map(|row| &row.hash),
    })
}
