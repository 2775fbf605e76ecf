//! Settings of a trial: the operator's settings without those that would affect real systems.

use super::{Config, ConfigError, Flags, Loaded, Origin, Values};

/// All values except those of real applications and databases.
#[derive(Debug)]
pub struct Trial {
    values: Values,
    /// Names of settings that are set but ignored.
    pub ignored: Vec<String>,
}

/// Settings of a trial that is ready to start.
#[derive(Debug)]
pub struct TrialConfig {
    /// Settings of the server.
    pub config: Config,
    /// Values they were read from.
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
                || [
                    "CALLBACK_SERVER_ENABLED",
                    "CALLBACK_PLUGINS_SHARED",
                    "CALLBACK_ALERT_APP",
                ]
                .contains(&name)
        };
        let mut ignored: Vec<_> = values.by_name.keys().filter(|name| is_real(name)).cloned().collect();
        values.by_name.retain(|name, _| !is_real(name));
        ignored.extend(
            std::mem::take(&mut values.apps)
                .into_keys()
                .map(|app| format!("[apps.{app}]")),
        );
        // The switch only says whether the real server should run.
        ignored.retain(|name| name != "CALLBACK_SERVER_ENABLED");
        Self { values, ignored }
    }

    /// Whether the setting is set.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// Value as it was set.
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.values.by_name.get(name)?;
        Some(value.text.trim()).filter(|text| !text.is_empty())
    }

    /// Overrides a setting with a value for the trial.
    pub fn set(&mut self, name: &str, text: &str) {
        self.values
            .add_variables([(name.to_owned(), text.to_owned())], &Origin::Dev);
    }

    /// Validates all values.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AllShown;

    #[test]
    fn what_a_trial_sets_is_not_shown_as_the_operators() {
        let mut trial = Trial::read(&Flags {
            values: vec![("CALLBACK_SERVER_PORT".to_owned(), "8090".to_owned())],
            ..Flags::default()
        });
        trial.set("DATABASE_URL", "sqlite:trial.db");
        let shown = AllShown::from_values(&trial.values).settings;
        let origin = |name: &str| {
            shown
                .iter()
                .find(|setting| setting.name == name)
                .map(|setting| setting.origin)
        };
        assert_eq!(origin("CALLBACK_SERVER_PORT"), Some("flag"));
        assert_eq!(origin("DATABASE_URL"), Some("dev"));
    }
}
