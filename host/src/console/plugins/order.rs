//! What an operator can order of a plugin: each is an existing command, asked for on a page of its own.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    address,
    ends::calls,
    say::{badge, hash, is, say, some, text},
};
use crate::{
    codes::{Language, Text, told},
    console::elements::prose,
    operate::{Command, OfPlugin, ToVersion},
};

/// Digits of a hash that name a version.
const HASH_DIGITS_MIN: usize = 6;

/// Order for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Rollback,
    Pin,
    Unpin,
    Lift,
    Disable,
    Enable,
    Pause,
    Resume,
}

/// All orders, by the word in an address.
const ALL: [(&str, Order); 8] = [
    ("rollback", Order::Rollback),
    ("pin", Order::Pin),
    ("unpin", Order::Unpin),
    ("lift", Order::Lift),
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
            // The page names it by its number, which may be the author's version of another one, too.
            version: version.map(|version| match version.parse::<u64>() {
                Ok(number) => format!("#{number}"),
                Err(_) => version.to_owned(),
            }),
            current_settings: false,
        };
        let of = || OfPlugin {
            plugin: plugin.to_owned(),
        };
        match self {
            Self::Rollback => Command::PluginRollback(to()),
            Self::Pin => Command::PluginPin(to()),
            // The same command; nobody looks for the end of a rollback under the name of a pin.
            Self::Unpin | Self::Lift => Command::PluginUnpin(of()),
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
            Self::Lift => say(language, "Lift the rollback", "取消回滚"),
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
                "This version serves with the settings that it had, until a file changes. The one that serves now is not tried again by \
                 itself.",
                "此版本以其原有的配置提供服务，直到文件发生变化。当前版本不会自动再次启用。",
            ),
            Self::Pin => say(
                language,
                "This version serves whatever the files say, until it is unpinned.",
                "无论文件如何变化，此版本始终提供服务，直到取消固定。",
            ),
            Self::Unpin | Self::Lift => say(
                language,
                "The files decide again, also about versions that were sent back.",
                "重新由文件决定，已退回的版本也会再次启用。",
            ),
            Self::Disable => say(
                language,
                "It is unloaded. Events that arrive meanwhile are not stored for it, and it never gets them; plugins for * get theirs. \
                 What waits for it already expires at its maximum age. To have events wait, pause it instead.",
                "插件被卸载。期间到达的事件不会为它存储，它也永远收不到；处理 * 的插件照常收到。已在等待的投递到最长存活时间后过期。\
                 如需让事件等待，请改用暂停。",
            ),
            Self::Enable => say(
                language,
                "It is loaded again from its file. If the file cannot be used, nothing serves until it is mended or a version is pinned.",
                "重新从文件加载。如果文件无法使用，则在修正文件或固定某个版本之前不提供服务。",
            ),
            Self::Pause => say(
                language,
                "Events and tasks for it are stored and wait, without expiring. Clicks and link previews go to the next plugin that takes \
                 their type; if there is none, the user is told that the function is paused.",
                "事件和任务照常存储并等待，不会过期。点击和链接预览交给接收该类型的下一个插件；如果没有，用户会看到该功能已暂停。",
            ),
            Self::Resume => say(language, "What waits is handled now.", "立即处理等待中的事件。"),
        }
    }

    /// What keeps this order without effect.
    fn stands_against(self, state: &Value) -> Option<Switch> {
        match self {
            Self::Enable if is(state, "/disabled_by_settings") => Some(Switch::Disabled),
            Self::Resume if is(state, "/paused_by_settings") => Some(Switch::Paused),
            _ => None,
        }
    }

    fn is_harsh(self) -> bool {
        matches!(self, Self::Disable | Self::Rollback)
    }
}

/// Switch in the settings of a plugin, which no order changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    Disabled,
    Paused,
}

/// What the settings have a plugin do whatever is ordered, and how that is changed.
pub(super) fn of_settings(language: Language, plugin: &str, switch: Switch) -> Markup {
    let told = match switch {
        Switch::Disabled => told!(
            "The settings in `{plugin}.toml` disable it, whatever is ordered here. It serves once they say `enabled = true`.",
            "`{plugin}.toml` 中的配置停用了此插件，在此处操作不会改变这一点。改为 `enabled = true` 后才会提供服务。"
        ),
        Switch::Paused => told!(
            "The settings in `{plugin}.toml` pause it, whatever is ordered here. It goes on once `paused = true` is removed from them.",
            "`{plugin}.toml` 中的配置暂停了此插件，在此处操作不会改变这一点。删除其中的 `paused = true` 后才会恢复。"
        ),
    };
    prose(told.of(language))
}

/// The way to an order: a page that asks first.
pub(super) fn link(language: Language, plugin: &str, order: Order, version: Option<u64>) -> Markup {
    let version = version.map(|version| format!("?version={version}")).unwrap_or_default();
    let href = format!("{}/order/{}{version}", address(plugin), order.word());
    let class = if order.is_harsh() { "button danger" } else { "button" };
    html! { a class=(class) href=(href) data-dialog="" { (order.title(language)) } }
}

/// Order that is asked about.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) plugin: &'a str,
    pub(super) order: Order,
    /// Number, hash or the author's version.
    pub(super) version: Option<&'a str>,
    /// What is known of the plugin.
    pub(super) known: &'a Value,
    /// Versions that have served, the newest first.
    pub(super) versions: &'a [Value],
}

impl Asked<'_> {
    /// The version that is to serve, if one is found.
    fn target(&self) -> Option<&Value> {
        let is_number = |version: &&Value, number: &Value| version.get("number") == Some(number);
        match (self.order, self.version) {
            (Order::Rollback | Order::Pin, Some(wanted)) => {
                let by_number = |version: &&Value| number(version).to_string() == wanted;
                let by_text = |version: &&Value| is_named(version, wanted);
                let mut versions = self.versions.iter();
                versions.clone().find(by_number).or_else(|| versions.find(by_text))
            }
            (Order::Rollback, None) => {
                let before = some(self.known, "/before")?;
                self.versions.iter().find(|version| is_number(version, before))
            }
            (Order::Pin, None) => self.versions.iter().find(|version| is(version, "/serves")),
            _ => None,
        }
    }

    /// Why it would be refused.
    fn impossible(&self) -> Option<Text> {
        let plugin = self.plugin;
        if !matches!(self.order, Order::Rollback | Order::Pin) {
            return None;
        }
        let target = self.target();
        let Some(wanted) = self.version else {
            return (self.order == Order::Rollback && target.is_none()).then(|| {
                told!(
                    "Plugin {plugin} has no version before the one that serves that could serve again.",
                    "插件 {plugin} 没有可以再次启用的更早版本。"
                )
            });
        };
        match target {
            None => Some(told!(
                "Plugin {plugin} has no version {wanted}.",
                "插件 {plugin} 没有版本 {wanted}。"
            )),
            Some(version) if !is(version, "/is_kept") => Some(told!(
                "Version {wanted} of plugin {plugin} is not kept any more.",
                "插件 {plugin} 的版本 {wanted} 已不再保留。"
            )),
            Some(_) => None,
        }
    }
}

fn number(version: &Value) -> u64 {
    version.get("number").and_then(Value::as_u64).unwrap_or_default()
}

/// Whether a version is what an address names: its hash or the author's version.
fn is_named(version: &Value, wanted: &str) -> bool {
    text(version, "/version") == wanted
        || (wanted.len() >= HASH_DIGITS_MIN && text(version, "/hash").starts_with(wanted))
}

/// The version that is to serve: which it is, what became of its calls, and whether it was sent back.
fn target_of(language: Language, version: &Value) -> Markup {
    html! {
        dl .plugin-facts {
            dt { (say(language, "Version", "版本")) }
            dd {
                (say(language, "No. ", "序号 ")) (number(version)) ": " (text(version, "/version")) " " (hash(text(version, "/hash")))
                @if some(version, "/sent_back").is_some() { " " (badge("bad", say(language, "was sent back", "曾被退回"))) }
            }
            dt { (say(language, "First attempts", "首次尝试")) }
            dd { (calls(language, version.get("calls").unwrap_or(&Value::Null))) }
        }
    }
}

/// The question, as a form without its hidden fields; why not, where the order would be refused.
pub(super) fn question(language: Language, asked: &Asked<'_>, hidden: &Markup) -> Markup {
    let (plugin, order) = (asked.plugin, asked.order);
    let action = format!("{}/order/{}", address(plugin), order.word());
    let (impossible, target) = (asked.impossible(), asked.target());
    let state = asked.known.get("state").unwrap_or(&Value::Null);
    // The key that opened the question must not answer it.
    let is_harsh = order.is_harsh();
    html! {
        form .plugin-question method="post" action=(action) {
            (hidden)
            // What is shown is what is done, whatever serves by then.
            @if let Some(number) = target.map(number) { input type="hidden" name="version" value=(number); }
            @else if let Some(version) = asked.version { input type="hidden" name="version" value=(version); }
            p { strong { (order.title(language)) } " " code { (plugin) } }
            @if let Some(version) = target { (target_of(language, version)) }
            p {
                @match (&impossible, order.stands_against(state)) {
                    (Some(why), _) => (why.of(language)),
                    (None, Some(switch)) => (of_settings(language, plugin, switch)),
                    (None, None) => (order.meaning(language)),
                }
            }
            p .plugin-actions {
                @if impossible.is_none() {
                    button type="submit" class="primary" { (order.title(language)) }
                    a .button href=(address(plugin)) autofocus[is_harsh] { (say(language, "Cancel", "取消")) }
                } @else {
                    a .button href=(address(plugin)) { (say(language, "Back to the plugin", "返回插件")) }
                }
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
