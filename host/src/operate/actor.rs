//! Who gives a command: with which role, under which name, by which way, from where.

use serde::{Deserialize, Serialize};

use super::{Command, OperateError, Shows};
use crate::telemetry::{cut, escaped};

/// Role of whoever asks. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees what happened, and changes nothing.
    Viewer,
    /// Sees and changes everything.
    Operator,
}

impl Role {
    /// All roles, the most powerful first.
    pub const ALL: [Self; 2] = [Self::Operator, Self::Viewer];

    /// Stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }
}

/// Way by which a command came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The API of a server, which the command line uses too while a server runs.
    Api,
    /// The pages of the console.
    Console,
    /// The command line, on the database itself.
    CommandLine,
}

impl Way {
    /// Stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Console => "console",
            Self::CommandLine => "command_line",
        }
    }
}

/// Header in which a client may give the name of the person who commands.
pub const OPERATOR_HEADER: &str = "x-operator";

/// Length of that name; an address of mail fits.
const NAME_BYTES_MAX: usize = 96;

/// Giver of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What it may do.
    pub role: Role,
    /// Whether it may see payloads, replies, values and log lines of plugins.
    pub sees_payloads: bool,
    /// Name that the client gave; nothing proves it.
    pub name: Option<String>,
    /// Way by which the command came.
    pub way: Way,
    /// Address of the client, if there is one.
    pub peer: Option<String>,
}

impl Actor {
    /// A person at the command line, who has the database itself.
    pub fn of_command_line(name: Option<&str>) -> Self {
        Self {
            role: Role::Operator,
            sees_payloads: true,
            name: name.and_then(shown_name),
            way: Way::CommandLine,
            peer: None,
        }
    }

    /// Checks that the role suffices.
    ///
    /// # Errors
    /// [`OperateError::Role`].
    pub fn check(&self, needs: Role) -> Result<(), OperateError> {
        if self.role >= needs {
            return Ok(());
        }
        Err(OperateError::Role { needs })
    }

    /// Checks that this actor may give the command.
    pub(super) fn check_command(&self, command: &Command) -> Result<(), OperateError> {
        self.check(command.needs())?;
        match command {
            // Whoever finds out which payloads have a text in them reads them.
            Command::Events(filter) | Command::CountEvents(filter) if !self.sees_payloads && filter.is_search() => {
                Err(OperateError::SearchWithheld)
            }
            Command::Dead(filter) | Command::DeadGroups(filter) if !self.sees_payloads && filter.error.is_some() => {
                Err(OperateError::DataWithheld)
            }
            _ => Ok(()),
        }
    }

    /// Checks that this actor may see what an answer shows.
    ///
    /// # Errors
    /// [`OperateError::DataWithheld`].
    pub fn check_sees(&self, shows: Shows) -> Result<(), OperateError> {
        if self.is_withheld(shows) {
            return Err(OperateError::DataWithheld);
        }
        Ok(())
    }

    /// Whether something has to be left out of an answer.
    pub(super) fn is_withheld(&self, shows: Shows) -> bool {
        shows == Shows::Payloads && !self.sees_payloads
    }
}

/// Name as it is kept and shown: shortened, and with nothing in it that a terminal obeys. An empty one is none.
pub fn shown_name(name: &str) -> Option<String> {
    let name = escaped(cut(name.trim(), NAME_BYTES_MAX)).into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use lark_callback_store::Filter;

    use super::*;

    fn viewer(sees_payloads: bool) -> Actor {
        Actor {
            role: Role::Viewer,
            sees_payloads,
            name: None,
            way: Way::Api,
            peer: None,
        }
    }

    #[test]
    fn a_viewer_reads_and_changes_nothing() {
        let viewer = viewer(true);
        assert!(viewer.check_command(&Command::Status).is_ok());
        let refused = viewer.check_command(&Command::Prune).unwrap_err();
        assert_eq!(refused.code(), "forbidden");
        assert!(
            Actor::of_command_line(None).check_command(&Command::Prune).is_ok(),
            "an operator may"
        );
    }

    #[test]
    fn who_may_not_see_payloads_does_not_learn_what_is_in_them_by_searching() {
        let search = Command::Events(Filter {
            text: Some("salary".to_owned()),
            ..Filter::default()
        });
        assert_eq!(viewer(false).check_command(&search).unwrap_err().code(), "forbidden");
        assert!(viewer(true).check_command(&search).is_ok());
        let of_errors = Command::Dead(Filter {
            error: Some("salary…".to_owned()),
            ..Filter::default()
        });
        assert_eq!(viewer(false).check_command(&of_errors).unwrap_err().code(), "forbidden");
        assert!(viewer(true).check_command(&of_errors).is_ok());
    }

    #[test]
    fn a_name_is_short_and_cannot_command_a_terminal() {
        assert_eq!(shown_name("  "), None);
        assert_eq!(shown_name(" 安娜 ").as_deref(), Some("安娜"));
        let shown = shown_name("anna\u{1b}[2J\r\nroot").unwrap();
        assert!(!shown.contains(['\u{1b}', '\n', '\r']), "{shown:?}");
        assert!(shown_name(&"a".repeat(5_000)).unwrap().len() <= NAME_BYTES_MAX);
    }
}
