//! Settings of `check`: everything that a server reads, validated as a whole, with every problem at once.

use super::{
    Config, Flags, Loaded, Origin, Values,
    read::{Reader, SWITCH},
    settings,
};
use crate::codes::Text;

/// Settings that were validated.
#[derive(Debug)]
pub struct Checked {
    /// Whether `CALLBACK_SERVER_ENABLED` lets the server run.
    pub is_enabled: bool,
    /// All settings; absent when there is any problem.
    pub config: Option<Box<Config>>,
    /// One sentence per problem: the setting, where it was set, and what is expected; never a value.
    pub problems: Vec<Text>,
    /// Warnings of a start.
    pub notices: Vec<Text>,
    /// Whether a source could not be read, so that not even the switch is known for sure.
    pub lacks_source: bool,
}

/// Reads all sources as for a server, and validates all settings even when the server is not enabled.
pub fn load_checked(flags: &Flags) -> Checked {
    Checked::from_values(super::values(flags))
}

impl Checked {
    /// Validates all values.
    pub fn from_values(mut values: Values) -> Self {
        let (is_enabled, of_switch) = switch(&values);
        let on = (settings::CALLBACK_SERVER_ENABLED.name.to_owned(), "true".to_owned());
        values.add_variables([on], &Origin::Flag);
        let (config, problems, notices) = match Config::from_values(&values) {
            Ok(Loaded::Enabled(config)) => {
                let notices = config.notices.clone();
                (Some(config), Vec::new(), notices)
            }
            // It was switched on above.
            Ok(Loaded::Disabled { problems }) => (None, problems, Vec::new()),
            Err(error) => (None, error.problems, error.notices),
        };
        let problems: Vec<_> = of_switch.into_iter().chain(problems).collect();
        Self {
            is_enabled,
            config: config.filter(|_| problems.is_empty()),
            problems,
            notices,
            lacks_source: values.lacks_source,
        }
    }
}

/// Whether the server is switched on, and the problem with that setting.
fn switch(values: &Values) -> (bool, Option<Text>) {
    let name = settings::CALLBACK_SERVER_ENABLED.name;
    let mut read = Reader::new(values);
    let before = read.problems.len();
    let value = read.value(name).filter(|value| !value.text.trim().is_empty());
    let chosen = read.choice_of(name, value, &SWITCH);
    (chosen.unwrap_or(false), read.problems.get(before).cloned())
}
