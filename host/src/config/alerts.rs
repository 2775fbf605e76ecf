//! Settings of alerts into a chat.

use crate::codes::told;
use std::path::Path;

use lark_callback_store::{Database, StoreSettings};

use super::{AppConfig, read::Reader, settings};
use crate::{
    alerts::{AlertLimits, AlertSettings, Language},
    openapi::Distribution,
};

/// Lark's ids of chats and people have some 35 characters.
const ID_BYTES_MAX: usize = 100;

impl Reader<'_> {
    /// Alerts, if a chat is set. `apps` are all applications, that of the environment first.
    pub(super) fn alerts(&mut self, apps: &[AppConfig], store: &StoreSettings) -> Option<AlertSettings> {
        let chat = self.alert_chat();
        let app_id = self.alert_app(apps, chat.is_some());
        let limits = AlertLimits {
            dead_letters: self.number(&settings::CALLBACK_ALERT_DEAD_LETTERS),
            refusals: self.number(&settings::CALLBACK_ALERT_REFUSALS),
            lag_seconds: self.number(&settings::CALLBACK_ALERT_LAG_SECONDS),
            silence_hours: self.number(&settings::CALLBACK_ALERT_SILENCE_HOURS),
            database_percent: self.number(&settings::CALLBACK_ALERT_DATABASE_PERCENT),
            plugins: self.switch(&settings::CALLBACK_ALERT_PLUGINS),
            servers: self.switch(&settings::CALLBACK_ALERT_SERVERS),
            database_bytes_max: self.sweep().database_bytes_max,
            disk: match &store.database {
                Database::Sqlite(path) => path.parent().map(Path::to_owned),
                Database::Postgres(_) => None,
            },
        };
        let (language, every, gap) = (
            self.choice(
                &settings::CALLBACK_ALERT_LANGUAGE,
                &[Language::Chinese, Language::English],
            ),
            self.seconds(&settings::CALLBACK_ALERT_SECONDS),
            self.seconds(&settings::CALLBACK_ALERT_GAP_SECONDS),
        );
        Some(AlertSettings {
            chat: chat?,
            app_id: app_id?,
            language,
            every,
            gap,
            limits,
        })
    }

    fn alert_chat(&mut self) -> Option<String> {
        let name = settings::CALLBACK_ALERT_CHAT.name;
        let value = self.value(name)?;
        let chat = self.text(name)?;
        let is_id = ["oc_", "ou_"]
            .iter()
            .any(|kind| chat.starts_with(kind) && chat.len() > kind.len());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !is_id || chat.len() > ID_BYTES_MAX || !chat.bytes().all(is_plain) {
            self.problem(
                name,
                value,
                &told!(
                    "must be the id of a chat (oc_…) or of a person (ou_…)",
                    "必须是群 ID（oc_…）或用户的 Open ID（ou_…）"
                ),
            );
            return None;
        }
        Some(chat.to_owned())
    }

    /// The id of the application that sends.
    fn alert_app(&mut self, apps: &[AppConfig], is_needed: bool) -> Option<String> {
        let name = settings::CALLBACK_ALERT_APP.name;
        let wanted = self.text(name).unwrap_or_default();
        let app = apps.iter().find(|app| app.name == wanted);
        let Some(app) = app else {
            if let Some(value) = self.value(name) {
                self.problem(
                    name,
                    value,
                    &told!(
                        "must be the NAME of an application of [apps.NAME]",
                        "必须是 [apps.NAME] 中某个应用的 NAME"
                    ),
                );
            }
            return None;
        };
        if is_needed && app.distribution == Distribution::Store {
            self.problems.push(
                told!("CALLBACK_ALERT_CHAT is a chat of one company, and a store application belongs to none: set \
                 CALLBACK_ALERT_APP to an internal application of [apps.NAME]", "CALLBACK_ALERT_CHAT 是某个企业的群，而商店应用不属于任何企业：请把 CALLBACK_ALERT_APP 设为 [apps.NAME] 中的企业自建应用"),
            );
        }
        Some(app.app_id.clone())
    }
}
