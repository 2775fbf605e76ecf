//! The purpose of an encrypted value: authenticated, so that no value can stand in for another.

/// The purpose and owner of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// A user's stored tokens.
    UserTokens {
        /// `cli_…`.
        app_id: &'a str,
        /// `ou_…`.
        open_id: &'a str,
    },
    /// The ticket that a plugin holds while a user is at Lark's authorize page.
    Ticket {
        /// `cli_…`.
        app_id: &'a str,
    },
    /// A store application's ticket, stored.
    AppTicket {
        /// `cli_…`.
        app_id: &'a str,
    },
    /// The `state` of a link, which comes back with the user: it proves that this server made the link.
    State {
        /// `cli_…`.
        app_id: &'a str,
    },
    /// Settings of a plugin's version.
    PluginSettings {
        /// The plugin.
        plugin: &'a str,
    },
    /// The `state` of a link in a stored text.
    StoredState {
        /// `cli_…`.
        app_id: &'a str,
    },
    /// The authorization code with which a user came back.
    Code {
        /// `cli_…`.
        app_id: &'a str,
    },
}

impl Purpose<'_> {
    /// Writes each part prefixed with its length, so that no two purposes have the same bytes.
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        let parts = match self {
            Self::UserTokens { app_id, open_id } => ["user tokens", app_id, open_id],
            Self::Ticket { app_id } => ["ticket", app_id, ""],
            Self::AppTicket { app_id } => ["app ticket", app_id, ""],
            Self::State { app_id } => ["state", app_id, ""],
            Self::PluginSettings { plugin } => ["plugin settings", plugin, ""],
            Self::StoredState { app_id } => ["stored state", app_id, ""],
            Self::Code { app_id } => ["code", app_id, ""],
        };
        for part in parts {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
    }
}
