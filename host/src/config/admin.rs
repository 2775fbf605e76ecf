//! The settings of the operator's listener, and what the operator's commands are told.

use super::{
    ConfigError, Flags, OperatorConfig,
    read::{Reader, SWITCH},
};
use crate::admin::AdminSettings;

impl Reader<'_> {
    pub(super) fn admin(&mut self) -> AdminSettings {
        let admin = AdminSettings {
            is_on: self.choice("CALLBACK_ADMIN", true, &SWITCH),
            host: self.host("CALLBACK_ADMIN_HOST", "127.0.0.1"),
            port: self.number("CALLBACK_ADMIN_PORT", 8_081, 0..=u16::MAX),
            is_usual_port: self.value("CALLBACK_ADMIN_PORT").is_none() && self.value("CALLBACK_ADMIN_HOST").is_none(),
            token: self.secret("CALLBACK_ADMIN_TOKEN").map(Into::into),
        };
        if admin.is_on && !admin.is_loopback() && admin.token.is_none() {
            self.problems.push(
                "CALLBACK_ADMIN_HOST is not a loopback address, so whoever reaches it could command the server: set \
                 CALLBACK_ADMIN_TOKEN (make one with: openssl rand -hex 32)"
                    .into(),
            );
        }
        admin
    }
}

/// What the operator's commands need to know: the database and the listener, not the applications.
///
/// # Errors
/// With every problem that was found in these settings.
pub fn load_operator(flags: &Flags) -> Result<OperatorConfig, ConfigError> {
    let values = super::values(flags);
    let mut read = Reader::new(&values);
    let config = OperatorConfig {
        store: read.store(),
        retention: read.sweep().retention,
        admin: read.admin(),
        plugins_dir: read.text("CALLBACK_PLUGINS_DIR").unwrap_or("plugins").into(),
    };
    read.finish().map(|()| config)
}
