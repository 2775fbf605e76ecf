//! The section `[limits]` of a plugin's settings.

use toml::Table;

use super::{SettingsError, unknown, wrong};
use crate::plugin::limits::{self, Limits};

/// Reads the section; absent keys keep their defaults.
pub(super) fn read(section: Table) -> Result<Limits, SettingsError> {
    let mut limits = Limits::default();
    for (key, value) in section {
        let Some(limit) = limits::all().iter().find(|limit| limit.key == key) else {
            return Err(unknown("limits.", &key, &limits::keys()));
        };
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
        if !number.is_some_and(|number| limit.set(&mut limits, number)) {
            let wanted = format!("a number from 1 to {}", limit.ceiling);
            return Err(wrong(&format!("limits.{key}"), &wanted));
        }
    }
    Ok(limits)
}
