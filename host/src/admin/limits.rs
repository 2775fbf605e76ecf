//! The limits of the plugins that serve, and how near their calls came to them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::AdminState;
use crate::plugin::all_limits;

impl AdminState {
    /// The limits of each plugin: the value, none where the limit has no number, and the highest use since the component was
    /// loaded, where it is counted.
    pub(super) fn limits(&self) -> BTreeMap<String, Value> {
        let table = self.dispatcher.table();
        let plugins = table.plugins().iter();
        plugins
            .map(|plugin| {
                let highest: BTreeMap<_, _> = plugin.highest_use().into_iter().collect();
                let limits = all_limits().iter().map(|limit| {
                    json!({
                        "limit": limit.key,
                        "value": limit.of(&plugin.settings().limits),
                        "highest": highest.get(limit.key),
                    })
                });
                (plugin.name().to_owned(), limits.collect())
            })
            .collect()
    }
}
