//! `config`: the operator's values for this plugin.

use super::{CallState, Reach};
use crate::plugin::bindings::lark_callback::plugin::config::Host;

impl Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(match self.reach {
            Reach::Granted => self.scope.settings.config.get(&key).cloned(),
            Reach::Nothing => None,
        })
    }
}
