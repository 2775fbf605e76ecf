//! `config`: the operator's values for this plugin.

use super::{CallState, Reach};
use crate::plugin::{bindings::lark_callback::plugin::config::Host, witness::HostCall};

impl Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        let value = match self.reach {
            Reach::Granted => self.scope.settings.config.get(&key).cloned(),
            Reach::Nothing => None,
        };
        self.shows(|| HostCall {
            what: format!("config get {key}"),
            sent: None,
            // Not the value: it may be a secret.
            result: if value.is_some() { "a value" } else { "nothing" }.to_owned(),
        });
        Ok(value)
    }
}
