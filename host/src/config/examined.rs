//! Settings of `doctor`, which looks at a server from outside: everything that the server reads, and the tokens in plain
//! text, because it plays Lark.

use super::{Config, ConfigError, Flags, Loaded, Origin, Sender, Values};

/// Settings to examine.
#[derive(Debug)]
pub struct Examined {
    /// Whether `CALLBACK_SERVER_ENABLED` lets the server run.
    pub is_enabled: bool,
    /// All settings.
    pub config: Config,
    /// Each application as the developer console has it, in the order of `config.apps`.
    pub senders: Vec<Sender>,
}

/// Reads all sources as for a server, whether it is enabled or not.
///
/// # Errors
/// With every problem that was found.
pub fn load_examined(flags: &Flags) -> Result<Examined, ConfigError> {
    Examined::from_values(super::values(flags))
}

impl Examined {
    /// Validates all values.
    ///
    /// # Errors
    /// With every problem that was found.
    pub fn from_values(mut values: Values) -> Result<Self, ConfigError> {
        let (is_enabled, config) = match Config::from_values(&values)? {
            Loaded::Enabled(config) => (true, *config),
            Loaded::Disabled { .. } => (false, enabled(&mut values)?),
        };
        let names = config.apps.iter().map(|app| app.name.as_str());
        let senders = names.map(|name| Sender::from_values(&values, name));
        let senders = senders.collect::<Result<_, _>>()?;
        Ok(Self {
            is_enabled,
            config,
            senders,
        })
    }
}

/// The settings as they would be if the server were enabled.
fn enabled(values: &mut Values) -> Result<Config, ConfigError> {
    values.add_variables(
        [("CALLBACK_SERVER_ENABLED".to_owned(), "true".to_owned())],
        &Origin::Flag,
    );
    match Config::from_values(values)? {
        Loaded::Enabled(config) => Ok(*config),
        Loaded::Disabled { problems } => Err(ConfigError {
            problems,
            notices: Vec::new(),
        }),
    }
}
