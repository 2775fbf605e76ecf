//! The rule for plugin names.

use crate::codes::{Text, both};

/// Long enough for any name a person would choose, short enough for every file system, metric label and column.
pub(super) const NAME_BYTES_MAX: usize = 64;

/// An invalid plugin name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PluginNameError {
    /// Empty or too long.
    #[error("the name of a plugin has 1 to {NAME_BYTES_MAX} characters")]
    Length,
    /// Other characters than a file name has on every system.
    #[error("the name of a plugin only has a-z, 0-9, - and _, and starts with a letter or a digit")]
    Characters,
}

impl PluginNameError {
    /// The rule in both languages.
    pub fn text(self) -> Text {
        let zh = match self {
            Self::Length => format!("插件名称须为 1 到 {NAME_BYTES_MAX} 个字符"),
            Self::Characters => "插件名称只能包含 a-z、0-9、- 和 _，并以字母或数字开头".to_owned(),
        };
        both(self.to_string(), zh)
    }
}

/// The rule for names: the file of a plugin has one, and whatever names a plugin.
///
/// # Errors
/// [`PluginNameError`] when no plugin can have this name.
pub fn check_plugin_name(name: &str) -> Result<(), PluginNameError> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(PluginNameError::Length);
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let starts_plain = name.bytes().next().is_some_and(plain);
    if starts_plain && name.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'_') {
        Ok(())
    } else {
        Err(PluginNameError::Characters)
    }
}
