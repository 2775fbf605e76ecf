//! The kinds of alerts, and their words in two languages.

use serde::{Deserialize, Serialize};

/// Language of the cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The text in this language.
    pub(super) fn choose<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// Something that needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Deliveries were given up.
    DeadLetters,
    /// A plugin file cannot be used.
    PluginHeld,
    /// A version of a plugin failed its probation.
    PluginSentBack,
    /// Deliveries are late.
    DeliveriesLate,
    /// Requests cannot be verified.
    Refusals,
    /// Nothing arrives.
    Silence,
    /// The database is nearly full.
    DatabaseFull,
    /// A server does not report any more.
    ServerGone,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::DeadLetters,
        Self::PluginHeld,
        Self::PluginSentBack,
        Self::DeliveriesLate,
        Self::Refusals,
        Self::Silence,
        Self::DatabaseFull,
        Self::ServerGone,
    ];

    /// Stable word for metrics and for the identity of messages.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::DeadLetters => "dead_letters",
            Self::PluginHeld => "plugin_held",
            Self::PluginSentBack => "plugin_sent_back",
            Self::DeliveriesLate => "deliveries_late",
            Self::Refusals => "refusals",
            Self::Silence => "silence",
            Self::DatabaseFull => "database_full",
            Self::ServerGone => "server_gone",
        }
    }

    /// Title of the card while it lasts; `count` is what was counted.
    pub(super) fn title(self, language: Language, count: u64) -> String {
        match self {
            Self::DeadLetters => language.choose(
                format!("{count} 个新的死信"),
                format!("{count} new dead letter{}", plural(count)),
            ),
            Self::PluginHeld => language.choose(
                format!("{count} 个插件未能加载"),
                format!("{count} plugin{} not loaded", plural(count)),
            ),
            Self::PluginSentBack => language.choose(
                format!("{count} 个插件的新版本已自动回滚"),
                format!("{count} new plugin version{} sent back", plural(count)),
            ),
            Self::DeliveriesLate => language.choose(
                format!("事件投递延迟 {}", span(language, count)),
                format!("Deliveries are {} late", span(language, count)),
            ),
            Self::Refusals => language.choose(
                format!("10 分钟内拒绝了 {count} 个请求"),
                format!("{count} request{} refused within 10 minutes", plural(count)),
            ),
            Self::Silence => language.choose(
                format!("{} 没有收到任何事件或回调", span(language, count)),
                format!("No event or callback for {}", span(language, count)),
            ),
            Self::DatabaseFull => language.choose(
                format!("数据库空间已用 {count}%"),
                format!("The database is {count} % full"),
            ),
            Self::ServerGone => language.choose(
                format!("{count} 台服务器失去心跳"),
                format!("{count} server{} without a heartbeat", plural(count)),
            ),
        }
    }

    /// Title of the card when it is over.
    pub(super) fn over(self, language: Language) -> &'static str {
        match self {
            Self::DeadLetters => language.choose("死信不再增加", "No new dead letters"),
            Self::PluginHeld => language.choose("所有插件已加载", "All plugins are loaded"),
            Self::PluginSentBack => {
                language.choose("已无自动回滚的插件版本", "No plugin version is sent back any more")
            }
            Self::DeliveriesLate => language.choose("事件投递恢复及时", "Deliveries are on time again"),
            Self::Refusals => language.choose("请求拒绝恢复正常", "Refused requests are back to normal"),
            Self::Silence => language.choose("又收到事件或回调", "Events arrive again"),
            Self::DatabaseFull => language.choose("数据库空间恢复正常", "The database has room again"),
            Self::ServerGone => language.choose("不再等待失去心跳的服务器", "No server is missing any more"),
        }
    }

    /// Meaning and remedy.
    pub(super) fn advice(self, language: Language) -> &'static str {
        match self {
            Self::DeadLetters => language.choose(
                "这些投递已最终失败，不会自动重试，内容仍保留。查看：lark-callback dead list；修复后重试：lark-callback dead retry --plugin 名称 --yes",
                "These deliveries failed for good and are not retried by themselves; they are kept. See them: lark-callback dead list. After the cause is mended: lark-callback dead retry --plugin NAME --yes",
            ),
            Self::PluginHeld => language.choose(
                "插件文件无法使用；如有旧版本，仍由旧版本处理。原因与处理办法：lark-callback plugin list",
                "A plugin file cannot be used; an earlier version goes on serving, if there was one. Why, and what to do: lark-callback plugin list",
            ),
            Self::PluginSentBack => language.choose(
                "新版本的失败明显多于之前的版本，已恢复之前的版本；文件内容改变之前不会再次加载。原因与次数：lark-callback plugin show 名称；重新尝试：lark-callback plugin unpin 名称",
                "The new version failed clearly more often than the one before, which serves again; the file is not tried again until it changes. Why, with counts: lark-callback plugin show NAME. To have it tried again: lark-callback plugin unpin NAME",
            ),
            Self::DeliveriesLate => language.choose(
                "事件已保存，但插件迟迟没有处理：插件未加载、太慢，或服务器负载过高。查看：lark-callback deliveries list",
                "Events are stored, but their plugins get them late: a plugin is not loaded or slow, or the server lacks CPU. See them: lark-callback deliveries list",
            ),
            Self::Refusals => language.choose(
                "请求未通过校验，已返回 401，未保存任何内容。常见原因：开发者后台更换了 Encrypt Key 或 Verification Token、代理改写了请求体、服务器时钟不准，或有人伪造请求。查看日志中的 Callback refused",
                "These requests could not be verified; they got 401 and left nothing behind. Usual causes: a key was changed in the developer console, a proxy rewrites bodies, the clock is wrong, or somebody forges requests. See the log lines: Callback refused",
            ),
            Self::Silence => language.choose(
                "请检查开发者后台「事件与回调」中两处请求地址、订阅是否已发布，以及网络与代理。在服务器上自测：lark-callback send challenge",
                "Check both request addresses under Events & Callbacks in the developer console, whether the subscription is published, the network and the proxy. On the server: lark-callback send challenge",
            ),
            Self::DatabaseFull => language.choose(
                "达到 99% 后将拒绝新事件（503）。请缩短保留时间（CALLBACK_PAYLOAD_DAYS、CALLBACK_EVENT_DAYS）、清理磁盘，或提高 CALLBACK_DATABASE_BYTES_MAX",
                "At 99 % new events are refused (503). Shorten the retention (CALLBACK_PAYLOAD_DAYS, CALLBACK_EVENT_DAYS), free disk space, or raise CALLBACK_DATABASE_BYTES_MAX",
            ),
            Self::ServerGone => language.choose(
                "其余服务器继续工作。请检查该服务器的进程与日志；正常停止的服务器不会出现在这里，一小时后不再等待",
                "The other servers go on. Look at the process and its log. A server that was stopped properly is not listed; after an hour it is no longer waited for",
            ),
        }
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A time in seconds, in the largest unit that fits.
pub(super) fn span(language: Language, seconds: u64) -> String {
    let (number, chinese, english) = match seconds {
        0..120 => (seconds, "秒", "s"),
        120..7_200 => (seconds / 60, "分钟", "min"),
        _ => (seconds / 3_600, "小时", "h"),
    };
    format!("{number} {}", language.choose(chinese, english))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Kind, Language, span};

    #[test]
    fn every_kind_has_words_of_its_own_in_both_languages() {
        for language in [Language::Chinese, Language::English] {
            let titles: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.title(language, 3)).collect();
            let over: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.over(language)).collect();
            assert_eq!((titles.len(), over.len()), (8, 8));
        }
        for kind in Kind::ALL {
            assert!(kind.advice(Language::English).is_ascii(), "{kind:?}");
            assert!(!kind.advice(Language::Chinese).is_ascii(), "{kind:?}");
        }
    }

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_fits() {
        let told = [90, 600, 21_600].map(|seconds| span(Language::English, seconds));
        assert_eq!(told, ["90 s", "10 min", "6 h"]);
    }
}
