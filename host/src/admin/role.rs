//! Roles of the operator's callers, and the tokens that prove them.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::AdminSettings;

/// Role of a caller: how much it may see and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and changes.
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

impl AdminSettings {
    /// Whether every caller that this listener admits is an operator, because no token is set.
    pub fn is_open(&self) -> bool {
        self.token.is_none()
    }

    /// Token of a role, if there is one.
    pub fn token_of(&self, role: Role) -> Option<&SecretString> {
        match role {
            Role::Viewer => None,
            Role::Operator => self.token.as_ref(),
        }
    }

    /// Role that a token proves. Every token is compared, so the time says nothing about them.
    pub fn role_of(&self, sent: &[u8]) -> Option<Role> {
        let proves = |role: &Role| {
            let token = self.token_of(*role).map_or("", |token| token.expose_secret());
            !token.is_empty() && bool::from(sent.ct_eq(token.as_bytes()))
        };
        let proved = Role::ALL.map(|role| Some(role).filter(proves));
        proved.into_iter().flatten().next()
    }
}
