//! Settings of a version as the database keeps them: encrypted where there is a key, because an operator may write a secret
//! into the file of a plugin.

use secrecy::ExposeSecret as _;

use crate::{
    codes::{Text, both},
    vault::{Purpose, Vault},
};

/// Beginning of encrypted settings. No TOML begins with it.
const ENCRYPTED: &str = "encrypted:";

/// Reason why stored settings cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettingsError {
    /// They were encrypted, and there is no key any more.
    #[error("they are encrypted; set LARK_CONFIG_ENCRYPTION_KEY to the key that they were encrypted with")]
    NoKey,
    /// They were encrypted with another key, or changed since.
    #[error(
        "they do not decrypt with LARK_CONFIG_ENCRYPTION_KEY; keep the key that they were encrypted with beside the new one"
    )]
    Damaged,
}

impl SettingsError {
    /// The reason in both languages.
    pub(super) fn text(&self) -> Text {
        let zh = match self {
            Self::NoKey => "配置已加密；请将 LARK_CONFIG_ENCRYPTION_KEY 设为加密时使用的密钥",
            Self::Damaged => "用 LARK_CONFIG_ENCRYPTION_KEY 无法解密；请在新密钥旁保留加密时使用的密钥",
        };
        both(self.to_string(), zh.to_owned())
    }
}

/// Returns the text to store. Without a key it is the file as it stands.
pub(super) fn settings(vault: Option<&Vault>, plugin: &str, text: Option<&str>) -> Option<String> {
    let text = text?;
    let Some(vault) = vault else {
        return Some(text.to_owned());
    };
    // Without random bytes nothing is kept rather than a secret in clear.
    let sealed = vault
        .seal_text(Purpose::PluginSettings { plugin }, text.as_bytes())
        .ok()?;
    Some(format!("{ENCRYPTED}{sealed}"))
}

/// Returns the settings in a stored text.
pub(super) fn opened(
    vault: Option<&Vault>,
    plugin: &str,
    stored: Option<String>,
) -> Result<Option<String>, SettingsError> {
    let Some(stored) = stored else { return Ok(None) };
    let Some(sealed) = stored.strip_prefix(ENCRYPTED) else {
        return Ok(Some(stored));
    };
    let vault = vault.ok_or(SettingsError::NoKey)?;
    let clear = vault.open_text(Purpose::PluginSettings { plugin }, sealed);
    let clear = clear.map_err(|_unreadable| SettingsError::Damaged)?;
    let text = str::from_utf8(clear.expose_secret()).map_err(|_not_text| SettingsError::Damaged)?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{SettingsError, Vault, opened, settings};

    const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";
    const OTHER: &str = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
    const TOML: &str = "[config]\ntoken = 'hunter2'\n";

    fn vault(key: &str) -> Vault {
        Vault::from_keys(key).unwrap()
    }

    #[test]
    fn settings_are_stored_encrypted_for_their_plugin_alone() {
        let stored = settings(Some(&vault(KEY)), "a", Some(TOML)).unwrap();
        assert!(!stored.contains("hunter2"));
        let read = |key: Option<&str>, plugin| opened(key.map(vault).as_ref(), plugin, Some(stored.clone()));
        assert_eq!(read(Some(KEY), "a").unwrap().as_deref(), Some(TOML));
        assert!(matches!(read(Some(KEY), "b"), Err(SettingsError::Damaged)));
        assert!(matches!(read(Some(OTHER), "a"), Err(SettingsError::Damaged)));
        assert!(matches!(read(None, "a"), Err(SettingsError::NoKey)));
    }

    #[test]
    fn settings_without_a_key_are_stored_as_they_are_and_stay_readable_with_one() {
        let stored = settings(None, "a", Some(TOML));
        assert_eq!(stored.as_deref(), Some(TOML));
        assert_eq!(opened(Some(&vault(KEY)), "a", stored).unwrap().as_deref(), Some(TOML));
        assert_eq!(settings(Some(&vault(KEY)), "a", None), None);
        assert_eq!(opened(None, "a", None).unwrap(), None);
    }
}
