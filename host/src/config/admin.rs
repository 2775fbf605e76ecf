//! Settings of the operator's listener and of the operator's commands.

use super::{ConfigError, Flags, OperatorConfig, read::Reader, settings};
use std::env;

use secrecy::ExposeSecret as _;

use crate::{
    admin::{AdminSettings, Viewers},
    codes::told,
};

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
            viewers: Viewers {
                token: self.secret(&settings::CALLBACK_ADMIN_VIEWER_TOKEN).map(Into::into),
                see_payloads: self.switch(&settings::CALLBACK_VIEWER_PAYLOADS),
            },
        };
        self.check_tokens(&admin);
        if admin.is_on && !admin.is_loopback() && admin.token.is_none() {
            self.problems.push(
                told!("CALLBACK_ADMIN_HOST is not a loopback address, so whoever reaches it could command the server: set \
                 CALLBACK_ADMIN_TOKEN (make one with: openssl rand -hex 32)", "CALLBACK_ADMIN_HOST 不是回环地址，能访问它的人都可以操作服务：请设置 CALLBACK_ADMIN_TOKEN（生成命令：openssl rand -hex 32）"),
            );
        }
        admin
    }

    /// What a server needs beyond that: a client may have the viewer's token alone.
    pub(super) fn admin_of_server(&mut self) -> AdminSettings {
        let admin = self.admin();
        if admin.token.is_none() && admin.viewers.token.is_some() {
            self.problems.push(told!(
                "CALLBACK_ADMIN_VIEWER_TOKEN is set without CALLBACK_ADMIN_TOKEN, so everybody else would be an operator: set both",
                "设置了 CALLBACK_ADMIN_VIEWER_TOKEN 却没有 CALLBACK_ADMIN_TOKEN，其他人都会成为运维人员：请两个都设置"
            ));
        }
        admin
    }

    /// A token that can be guessed, or two that cannot be told apart, would let somebody in as somebody else.
    fn check_tokens(&mut self, admin: &AdminSettings) {
        let [operator, viewer] = [&admin.token, &admin.viewers.token];
        for (setting, token) in [
            (&settings::CALLBACK_ADMIN_TOKEN, operator),
            (&settings::CALLBACK_ADMIN_VIEWER_TOKEN, viewer),
        ] {
            let name = setting.name;
            if token
                .as_ref()
                .is_some_and(|token| token.expose_secret().len() < TOKEN_BYTES_MIN)
            {
                self.problems.push(told!(
                    "{name} is shorter than {TOKEN_BYTES_MIN} characters, so it could be guessed: make one with openssl rand -hex 32",
                    "{name} 少于 {TOKEN_BYTES_MIN} 个字符，容易被猜中：请用 openssl rand -hex 32 生成"
                ));
            }
        }
        let tokens = operator.as_ref().zip(viewer.as_ref());
        if tokens.is_some_and(|(operator, viewer)| operator.expose_secret() == viewer.expose_secret()) {
            self.problems.push(told!(
                "CALLBACK_ADMIN_TOKEN and CALLBACK_ADMIN_VIEWER_TOKEN are the same, so viewers would be operators: make another one",
                "CALLBACK_ADMIN_TOKEN 与 CALLBACK_ADMIN_VIEWER_TOKEN 相同，查看者会成为运维人员：请另生成一个"
            ));
        }
    }
}

/// Name of the user of the machine.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
fn user() -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|user| !user.is_empty()))
}

/// Guessing so many takes longer than anybody has.
const TOKEN_BYTES_MIN: usize = 16;

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
        operator: read
            .value(settings::CALLBACK_OPERATOR.name)
            .map(|value| value.text.clone())
            .or_else(user),
    };
    read.finish().map(|()| config)
}
