//! The plugins that handle an event, loaded or not.

use crate::plugin::{Description, ExpectedPlugin, Plugin, Settings};

/// A plugin that handles an event: loaded, or still being loaded.
#[derive(Clone, Copy)]
pub(super) struct Taker<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a Description,
    pub(super) settings: &'a Settings,
}

impl<'a> From<&'a Plugin> for Taker<'a> {
    fn from(plugin: &'a Plugin) -> Self {
        Self {
            name: plugin.name(),
            description: plugin.description(),
            settings: plugin.settings(),
        }
    }
}

impl<'a> From<&'a ExpectedPlugin> for Taker<'a> {
    fn from(plugin: &'a ExpectedPlugin) -> Self {
        Self {
            name: &plugin.name,
            description: &plugin.description,
            settings: &plugin.settings,
        }
    }
}
