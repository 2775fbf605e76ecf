//! Settings of the operator's listener and of the operator's commands.

use super::{ConfigError, Flags, OperatorConfig, read::Reader, settings};
use crate::admin::AdminSettings;
use crate::codes::told;

impl Reader<'_> {
    pub(super) fn admin(&mut self) -> AdminSettings {
        let admin = AdminSettings {
            is_on: self.switch(&settings::CALLBACK_ADMIN),
            host: self.host(&settings::CALLBACK_ADMIN_HOST),
            port: self.number(&settings::CALLBACK_ADMIN_PORT),
            socket_mode: self.mode(&settings::CALLBACK_ADMIN_SOCKET_MODE),
            is_usual_port: self.value(settings::CALLBACK_ADMIN_PORT.name).is_none()
                && self.value(settings::CALLBACK_ADMIN_HOST.name).is_none(),
            has_console: self.switch(&settings::CALLBACK_CONSOLE),
            token: self.secret(&settings::CALLBACK_ADMIN_TOKEN).map(Into::into),
        };
        if admin.is_on && !admin.is_loopback() && admin.token.is_none() {
            self.problems.push(
                told!("CALLBACK_ADMIN_HOST is not a loopback address, so whoever reaches it could command the server: set \
                 CALLBACK_ADMIN_TOKEN (make one with: openssl rand -hex 32)", "CALLBACK_ADMIN_HOST 不是回环地址，能访问它的人都可以操作服务：请设置 CALLBACK_ADMIN_TOKEN（生成命令：openssl rand -hex 32）"),
            );
        }
        admin
    }
}

/// Loads the settings of the operator's commands: the database and the listener, without the applications.
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
        plugins_dir: read.text_of(&settings::CALLBACK_PLUGINS_DIR).into(),
        plugin_keys: read.plugin_keys(),
    };
    read.finish().map(|()| config)
}
