//! Applications in the settings, and their secrets.

use crate::codes::{Text, told};
use std::collections::BTreeMap;

use lark_protocol::{EncryptKey, Keys, VerificationToken, Window};
use secrecy::SecretString;

use super::{
    AppConfig,
    read::{Reader, SWITCH},
    secret::Amount,
    source::Value,
};
use crate::{apps::Transport, listen::is_loopback, openapi::Distribution};

impl<'a> Reader<'a> {
    pub(super) fn apps(&mut self) -> Vec<AppConfig> {
        let named: Vec<_> = self.values.apps.keys().cloned().collect();
        let main_is_set = ["app_id", "app_secret", "verification_token"]
            .iter()
            .any(|key| self.is_given("", key));
        let mut apps = Vec::new();
        if named.is_empty() || main_is_set {
            apps.push(self.app());
        }
        for name in named {
            if name.is_empty()
                || !name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            {
                self.problems.push(told!(
                    "[apps.{name}]: a name is made of letters, digits, - and _; it is part of the URL",
                    "[apps.{name}]：名称只能由字母、数字、- 和 _ 组成，它是 URL 的一部分"
                ));
            }
            let window = self.window();
            let app = self.app_of(&name, window);
            apps.push(app);
        }
        self.check_ids(&apps);
        self.check_paths(&apps);
        apps
    }

    /// App IDs must be unique: Lark identifies an application by its id, and two that share one would act with each
    /// other's secret.
    fn check_ids(&mut self, apps: &[AppConfig]) {
        let mut first = BTreeMap::new();
        for app in apps.iter().filter(|app| !app.app_id.is_empty()) {
            if let Some(other) = first.insert(&app.app_id, &app.name) {
                self.problems.push(told!(
                    "{} is the same as {}; each application has an id of its own",
                    "{} 与 {} 相同；每个应用有自己的 App ID",
                    spelled(&app.name, "app_id"),
                    spelled(other, "app_id")
                ));
            }
        }
    }

    /// Reads the application from the environment.
    fn app(&mut self) -> AppConfig {
        let window = self.window();
        self.app_of("", window)
    }

    pub(super) fn app_of(&mut self, name: &str, window: Window) -> AppConfig {
        let app_id = self.app_value(name, "app_id");
        if app_id.is_none() && !self.is_given(name, "app_id") {
            self.missing(
                name,
                "app_id",
                &told!(
                    "the App ID (cli_…) of the console, under Credentials",
                    "开发者后台“凭证与基础信息”中的 App ID（cli_…）"
                ),
            );
        }
        let app_secret = self.app_value(name, "app_secret");
        if app_secret.is_none() && !self.is_given(name, "app_secret") {
            self.missing(
                name,
                "app_secret",
                &told!(
                    "the App Secret of the console, under Credentials",
                    "开发者后台“凭证与基础信息”中的 App Secret"
                ),
            );
        }
        let tokens = self.newest_first(name, "verification_token");
        let transport = self.transport(name);
        // Over the long connection nothing is verified: the connection itself is the proof.
        let has_webhook = transport != Transport::LongConnection;
        if has_webhook && tokens.is_empty() && !self.is_given(name, "verification_token") {
            self.missing(
                name,
                "verification_token",
                &told!(
                    "the Verification Token of the console, under Events & Callbacks > Encryption",
                    "开发者后台“事件与回调 > 加密策略”中的 Verification Token"
                ),
            );
        }
        let encrypt_keys = self.newest_first(name, "encrypt_key");
        AppConfig {
            name: name.to_owned(),
            path: self.path_of(name),
            app_id: app_id.unwrap_or_default(),
            app_secret: SecretString::from(app_secret.unwrap_or_default()),
            display_name: self.display_name(name),
            distribution: self.distribution(name),
            transport,
            authorize: self.authorize(name),
            keys: Keys {
                encrypt_keys: encrypt_keys.iter().map(|key| EncryptKey::new(key)).collect(),
                verification_tokens: tokens.iter().map(|token| VerificationToken::new(token)).collect(),
                window,
                takes_legacy_cards: self.takes_legacy_cards(name),
            },
        }
    }

    /// Requires a decision about running without an Encrypt Key: callbacks are then unsigned, and anyone who learns the
    /// Verification Token can forge them. A missing variable must not cause that by accident.
    pub(super) fn check_encrypt_keys(&mut self, apps: &[AppConfig], host: &str) {
        for app in apps {
            let key = spelled(&app.name, "encrypt_key");
            let required = format!("{key}_{}", if app.name.is_empty() { "REQUIRED" } else { "required" });
            let value = self.of_app(&app.name, "encrypt_key_required");
            let is_required = self.choice_of(&required, value, &SWITCH);
            // An unreadable or misspelt setting has been reported already.
            let is_told = self.problems.iter().any(|problem| problem.starts_with(&key));
            let is_posted = app.transport != Transport::LongConnection;
            if !is_posted
                || !app.keys.encrypt_keys.is_empty()
                || self.is_given(&app.name, "encrypt_key")
                || is_told
                || self.values.lacks_source
            {
                continue;
            }
            let off = if app.name.is_empty() { "=off" } else { " = \"off\"" };
            match is_required {
                Some(false) => self.notices.push(told!("{key} is not set, as {required}{off} asks for: callbacks are accepted unsigned and in clear, and whoever \
                     learns the Verification Token can forge them", "未设置 {key}（由 {required}{off} 指定）：回调不签名、不加密，获知 Verification Token 的人可以伪造回调"
                )),
                None if is_loopback(host) => {
                    self.is_unsigned_for_loopback = true;
                    self.notices.push(told!("{key} is not set: callbacks are accepted unsigned and in clear, the Verification Token alone protects \
                     them. Set the Encrypt Key of the console here; beyond loopback this server does not start without it, \
                     unless {required}{off} says so", "未设置 {key}：回调不签名、不加密，只由 Verification Token 保护。请把开发者后台的 Encrypt Key 填在这里；监听回环地址以外时，没有它服务不会启动，除非设置 {required}{off}"
                    ));
                }
                Some(true) | None => self.problems.push(told!("{key} is missing: without it callbacks are unsigned and in clear, and whoever learns the Verification \
                     Token can forge them. Set it to the Encrypt Key of the console (Events & Callbacks > Encryption), or, if \
                     the application really has none, set {required}{off}", "缺少 {key}：没有它，回调不签名、不加密，获知 Verification Token 的人可以伪造回调。请填入开发者后台“事件与回调 > 加密策略”中的 Encrypt Key；如果应用确实没有，请设置 {required}{off}"
                )),
            }
        }
    }

    fn takes_legacy_cards(&mut self, app: &str) -> bool {
        let key = "legacy_cards";
        let chosen = self.choice_of(&spelled(app, key), self.of_app(app, key), &SWITCH);
        chosen.unwrap_or(true)
    }

    fn distribution(&mut self, app: &str) -> Distribution {
        let key = "app_distribution";
        let choices = [("internal", Distribution::Internal), ("store", Distribution::Store)];
        let chosen = self.choice_of(&spelled(app, key), self.of_app(app, key), &choices);
        chosen.unwrap_or_default()
    }

    fn transport(&mut self, app: &str) -> Transport {
        let key = "transport";
        let choices = [
            ("webhook", Transport::Webhook),
            ("long-connection", Transport::LongConnection),
            ("both", Transport::Both),
        ];
        let chosen = self.choice_of(&spelled(app, key), self.of_app(app, key), &choices);
        let transport = chosen.unwrap_or_default();
        if transport != Transport::Webhook && self.distribution(app) == Distribution::Store {
            self.problems.push(told!(
                "{} is not for an application of the app directory (store): Lark pushes to those over HTTP only",
                "{} 不适用于商店应用（store）：飞书只通过 HTTP 向商店应用推送",
                spelled(app, key)
            ));
        }
        transport
    }

    /// Store applications need the encryption key, because the tickets that Lark sends them are stored encrypted.
    pub(super) fn check_store_apps(&mut self, apps: &[AppConfig]) {
        let is_store = |app: &&AppConfig| app.distribution == Distribution::Store;
        let is_key_set = self.is_given("", "config_encryption_key") || self.values.lacks_source;
        if let Some(app) = apps.iter().find(is_store).filter(|_| !is_key_set) {
            self.problems.push(told!("LARK_CONFIG_ENCRYPTION_KEY is missing: {} is store, and the app_ticket that Lark sends to a store \
                 application is kept encrypted with that key; make one with: openssl rand -base64 32", "缺少 LARK_CONFIG_ENCRYPTION_KEY：{} 为 store，飞书发给商店应用的 app_ticket 要用该密钥加密保存；生成命令：openssl rand -base64 32",
                spelled(&app.name, "app_distribution")
            ));
        }
    }

    /// Current secret followed by the previous ones, which are given one per line.
    fn newest_first(&mut self, app: &str, key: &str) -> Vec<String> {
        let current = self.app_value(app, key);
        let name = format!("{key}_previous");
        let (direct, file) = self.given(app, &name);
        let previous = self.one_of(&spelled(app, &name), direct, file, Amount::Lines);
        let previous = previous.unwrap_or_default();
        let previous = previous.lines().filter(|line| !line.is_empty()).map(str::to_owned);
        current.into_iter().chain(previous).collect()
    }

    /// Reports a value that is set nowhere. It is not reported when a source cannot be read, in which it may stand.
    fn missing(&mut self, app: &str, key: &str, what: &Text) {
        if !self.values.lacks_source {
            self.problems
                .push(told!("{} is missing: {what}", "缺少 {}：{what:#}", spelled(app, key)));
        }
    }

    /// Value of an application, given directly or as the path of a file.
    pub(super) fn app_value(&mut self, app: &str, key: &str) -> Option<String> {
        let (direct, file) = self.given(app, key);
        self.one_of(&spelled(app, key), direct, file, Amount::One)
    }

    /// Whether the value was meant to be set, so that reporting it as missing would be misleading.
    fn is_given(&self, app: &str, key: &str) -> bool {
        let (direct, file) = self.given(app, key);
        let names = [spelled(app, key), spelled(app, &format!("{key}_file"))];
        let is_unread = || names.iter().any(|name| self.values.unread.contains(name));
        direct.is_some() || file.is_some() || is_unread()
    }

    fn given(&self, app: &str, key: &str) -> (Option<&'a Value>, Option<&'a Value>) {
        (self.of_app(app, key), self.of_app(app, &format!("{key}_file")))
    }

    pub(super) fn of_app(&self, app: &str, key: &str) -> Option<&'a Value> {
        match app {
            "" => self.value(&spelled(app, key)),
            app => self.values.apps.get(app)?.get(key),
        }
    }
}

/// Name of an application's key as the operator writes it.
pub(super) fn spelled(app: &str, key: &str) -> String {
    match app {
        "" if key.starts_with("oauth_") => key.to_ascii_uppercase(),
        "" => format!("LARK_{}", key.to_ascii_uppercase()),
        app => format!("apps.{app}.{key}"),
    }
}
