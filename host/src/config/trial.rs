//! The settings of a trial: what the operator has set, but for what would reach beyond the trial.

use super::{Config, ConfigError, Flags, Loaded, Origin, Values};

/// All values but those of real applications and databases.
#[derive(Debug)]
pub struct Trial {
    values: Values,
    /// What was set and does not count, by name.
    pub ignored: Vec<String>,
}

/// The settings of a trial that can be started.
#[derive(Debug)]
pub struct TrialConfig {
    /// What the server is told.
    pub config: Config,
    /// The values that it was read from.
    pub values: Values,
}

impl Trial {
    /// Reads all sources, as for a server.
    pub fn read(flags: &Flags) -> Self {
        let mut values = super::values(flags);
        let is_real = |name: &str| {
            ["LARK_", "DATABASE_", "POSTGRES_", "OAUTH_", "TOKEN_DB_PATH"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
                || ["CALLBACK_SERVER_ENABLED", "CALLBACK_PLUGINS_SHARED"].contains(&name)
        };
        let mut ignored: Vec<_> = values.by_name.keys().filter(|name| is_real(name)).cloned().collect();
        values.by_name.retain(|name, _| !is_real(name));
        ignored.extend(
            std::mem::take(&mut values.apps)
                .into_keys()
                .map(|app| format!("[apps.{app}]")),
        );
        // The switch says only whether the real server is to run.
        ignored.retain(|name| name != "CALLBACK_SERVER_ENABLED");
        Self { values, ignored }
    }

    /// Whether somebody has set it.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// A value as it was set.
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.values.by_name.get(name)?;
        Some(value.text.trim()).filter(|text| !text.is_empty())
    }

    /// Takes a value of the trial's own, in place of any other.
    pub fn set(&mut self, name: &str, text: &str) {
        self.values
            .add_variables([(name.to_owned(), text.to_owned())], &Origin::Flag);
    }

    /// Checks all values.
    ///
    /// # Errors
    /// With every problem that was found.
    pub fn config(mut self) -> Result<TrialConfig, ConfigError> {
        self.set("CALLBACK_SERVER_ENABLED", "true");
        match Config::from_values(&self.values)? {
            Loaded::Enabled(config) => Ok(TrialConfig {
                config: *config,
                values: self.values,
            }),
            Loaded::Disabled { problems } => Err(ConfigError {
                problems,
                notices: Vec::new(),
            }),
        }
    }
}
