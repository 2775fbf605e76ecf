//! What an operator can order of a plugin: each is an existing command, asked for on a page of its own.

use maud::{Markup, html};

use super::{address, say::say};
use crate::{
    codes::Language,
    operate::{Command, OfPlugin, ToVersion},
};

/// Order for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Rollback,
    Pin,
    Unpin,
    Disable,
    Enable,
    Pause,
    Resume,
}

/// All orders, by the word in an address.
const ALL: [(&str, Order); 7] = [
    ("rollback", Order::Rollback),
    ("pin", Order::Pin),
    ("unpin", Order::Unpin),
    ("disable", Order::Disable),
    ("enable", Order::Enable),
    ("pause", Order::Pause),
    ("resume", Order::Resume),
];

impl Order {
    pub(super) fn of(word: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == word).map(|(_, order)| *order)
    }

    pub(super) fn word(self) -> &'static str {
        ALL.iter()
            .find(|(_, order)| *order == self)
            .map_or("", |(word, _)| word)
    }

    /// The command, for a version by its number if the order takes one.
    pub(super) fn command(self, plugin: &str, version: Option<&str>) -> Command {
        let to = || ToVersion {
            plugin: plugin.to_owned(),
            version: version.map(str::to_owned),
            current_settings: false,
        };
        let of = || OfPlugin {
            plugin: plugin.to_owned(),
        };
        match self {
            Self::Rollback => Command::PluginRollback(to()),
            Self::Pin => Command::PluginPin(to()),
            Self::Unpin => Command::PluginUnpin(of()),
            Self::Disable => Command::PluginDisable(of()),
            Self::Enable => Command::PluginEnable(of()),
            Self::Pause => Command::PluginPause(of()),
            Self::Resume => Command::PluginResume(of()),
        }
    }

    pub(super) fn title(self, language: Language) -> &'static str {
        match self {
            Self::Rollback => say(language, "Roll back", "回滚"),
            Self::Pin => say(language, "Pin", "固定"),
            Self::Unpin => say(language, "Unpin", "取消固定"),
            Self::Disable => say(language, "Disable", "停用"),
            Self::Enable => say(language, "Enable", "启用"),
            Self::Pause => say(language, "Pause", "暂停"),
            Self::Resume => say(language, "Resume", "恢复"),
        }
    }

    /// What will happen, before it does.
    pub(super) fn meaning(self, language: Language) -> &'static str {
        match self {
            Self::Rollback => say(
                language,
                "The older version serves with the settings that it had, until a file changes. The one that serves now is not tried again \
                 by itself.",
                "旧版本以当时的配置提供服务，直到文件发生变化。当前版本不会自动再次启用。",
            ),
            Self::Pin => say(
                language,
                "This version serves whatever the files say, until it is unpinned.",
                "无论文件如何变化，此版本始终提供服务，直到取消固定。",
            ),
            Self::Unpin => say(
                language,
                "The files decide again, also about versions that were sent back.",
                "重新由文件决定，已回退的版本也会再次启用。",
            ),
            Self::Disable => say(
                language,
                "It gets nothing any more. Its events go to plugins for *, if there are any; what waits for it waits on.",
                "不再收到任何事件。其事件交给处理 * 的插件（如有）；已在等待的投递继续等待。",
            ),
            Self::Enable => say(language, "It serves again.", "重新提供服务。"),
            Self::Pause => say(
                language,
                "Events for it are received and wait. Clicks are answered with an error toast.",
                "事件照常接收并等待处理；点击会得到错误提示。",
            ),
            Self::Resume => say(language, "What waits is handled now.", "立即处理等待中的事件。"),
        }
    }

    fn is_harsh(self) -> bool {
        matches!(self, Self::Disable | Self::Rollback)
    }
}

/// The way to an order: a page that asks first.
pub(super) fn link(language: Language, plugin: &str, order: Order, version: Option<u64>) -> Markup {
    let version = version.map(|version| format!("?version={version}")).unwrap_or_default();
    let href = format!("{}/order/{}{version}", address(plugin), order.word());
    let class = if order.is_harsh() { "button danger" } else { "button" };
    html! { a class=(class) href=(href) data-dialog="" { (order.title(language)) } }
}

/// The question, as a form without its hidden fields.
pub(super) fn question(
    language: Language,
    plugin: &str,
    order: Order,
    version: Option<&str>,
    hidden: &Markup,
) -> Markup {
    let action = format!("{}/order/{}", address(plugin), order.word());
    html! {
        form .plugin-question method="post" action=(action) {
            (hidden)
            @if let Some(version) = version { input type="hidden" name="version" value=(version); }
            p {
                strong { (order.title(language)) } " " code { (plugin) }
                @if let Some(version) = version { " · " (say(language, "version", "版本")) " " (version) }
            }
            p { (order.meaning(language)) }
            p .plugin-actions {
                button type="submit" class="primary" { (order.title(language)) }
                a .button href=(address(plugin)) { (say(language, "Cancel", "取消")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Order};

    #[test]
    fn each_order_is_found_by_its_word() {
        for (word, order) in ALL {
            assert_eq!((Order::of(word), order.word()), (Some(order), word));
            assert!(order.command("a", None).orders_plugin());
        }
        assert_eq!(Order::of("erase"), None);
    }
}
