//! What needs attention, in words, each with the page where it is put right.

use maud::{Markup, html};
use serde_json::Value;

use super::{latency::Latency, readings::Readings};
use crate::{
    codes::{self, Language},
    console::{
        elements::{Tone, length, number, prose},
        hold::Hold,
        language::say,
        navigation::link,
        view::View,
    },
    operate::Late,
};

/// Unverified requests within a span that are worth a look, as for alerts.
const REFUSED_MIN: u64 = 100;

/// Share of the database's limit from which on it is nearly full, as for alerts.
const FULL_PERCENT: u64 = 85;

/// Time after which a due delivery is late, as for alerts.
const LATE_MINUTES: u64 = 5;

/// Characters of a reason; the page behind the link has all of it.
const REASON_CHARS_MAX: usize = 160;

struct Item {
    tone: Tone,
    text: String,
    path: &'static str,
}

fn item(tone: Tone, path: &'static str, text: String) -> Item {
    Item { tone, text, path }
}

pub(super) fn list(view: &View, readings: &Readings) -> Markup {
    let mut items = Vec::new();
    of_database(view, readings, &mut items);
    of_queue(view, readings, &mut items);
    for plugin in readings.plugins.as_array().into_iter().flatten() {
        of_plugin(view, plugin, &mut items);
    }
    let deaf = readings.deaf.iter().map(|deaf| {
        let deaf = deaf.of(view.language);
        let text = say!(
            view,
            "Nothing arrives over the long connection: {deaf}",
            "长连接收不到推送：{deaf}"
        );
        item(Tone::Bad, "", text)
    });
    items.extend(deaf);
    if let Some((at_ms, why)) = &readings.refused_reload {
        let (ago, why) = (
            length(view, readings.now_ms.saturating_sub(*at_ms)),
            cut(why.of(view.language)),
        );
        let text = say!(
            view,
            "The last reload of the settings was refused {ago} ago, and those from before are in force: {why}",
            "最近一次重新加载设置在 {ago}前被拒绝，仍使用之前的设置：{why}"
        );
        items.push(item(Tone::Warn, "/console/settings", text));
    }
    html! {
        section.attention aria-label=(view.word("Needs attention", "需要处理")) {
            @if items.is_empty() {
                p.notice.good { (view.word("All is well: nothing needs attention.", "一切正常，没有需要处理的事项。")) }
            }
            @for item in &items {
                p class={ "notice " (item.tone.class()) } {
                    (prose(&item.text))
                    @if let Some(path) = link(item.path) {
                        " " a href=(path) { (view.word("Show", "查看")) }
                    }
                }
            }
        }
    }
}

fn of_database(view: &View, readings: &Readings, items: &mut Vec<Item>) {
    if let Some(error) = &readings.error {
        let error = cut(error);
        items.push(item(
            Tone::Bad,
            "",
            say!(view, "The database does not answer: {error}", "数据库没有应答：{error}"),
        ));
    }
    if !readings.is_writable {
        let text = view.word(
            "The database takes nothing: it is not writable or full. Lark gets 503 and sends events again later.",
            "数据库无法写入或已满。飞书收到 503，稍后会重发事件。",
        );
        items.push(item(Tone::Bad, "", text.to_owned()));
    }
    if let Some(percent) = readings.database_percent().filter(|percent| *percent >= FULL_PERCENT) {
        let text = say!(
            view,
            "The database is at {percent} % of CALLBACK_DATABASE_BYTES_MAX.",
            "数据库已达 CALLBACK_DATABASE_BYTES_MAX 的 {percent} %。"
        );
        items.push(item(Tone::Warn, "/console/settings", text));
    }
}

fn of_queue(view: &View, readings: &Readings, items: &mut Vec<Item>) {
    let dead = readings.dead();
    if dead > 0 {
        let letters = if dead == 1 { "dead letter" } else { "dead letters" };
        let dead = number(dead);
        let text = say!(
            view,
            "{dead} {letters}: given up, and not retried automatically. Retry once the cause is mended.",
            "{dead} 条死信：已放弃，不再自动重试。修复原因后可重试。"
        );
        items.push(item(Tone::Bad, "/console/dead", text));
    }
    items.extend(readings.late.iter().filter_map(|late| of_late(view, readings, late)));
    let (beyond, all) = Latency::of(readings, "took_callback").beyond();
    if beyond > 0 {
        let (beyond, all) = (number(beyond), number(all));
        let text = say!(
            view,
            "{beyond} of {all} callbacks took longer than the 3 s that Lark waits: their users saw an error.",
            "{all} 个回调中有 {beyond} 个超过飞书等待的 3 秒：用户看到了错误提示。"
        );
        items.push(item(Tone::Warn, "/console/events", text));
    }
    let refused = readings.total("refused");
    if refused >= REFUSED_MIN {
        let most = readings.outcomes("refused").into_iter().next();
        let most = most.map_or_else(String::new, |(reason, _)| reason);
        let refused = number(refused);
        let text = say!(
            view,
            "{refused} requests were refused in this span, most of them because of “{most}”.",
            "该时间范围内拒绝了 {refused} 个请求，最多的原因是“{most}”。"
        );
        items.push(item(Tone::Warn, "/console/refused", text));
    }
}

/// Deliveries of one plugin that wait. Those of one that was paused wait because an operator said so, which is no lateness.
fn of_late(view: &View, readings: &Readings, late: &Late) -> Option<Item> {
    let minutes = readings.now_ms.saturating_sub(late.oldest_due_ms) / 60_000;
    let (name, waiting) = (cut(&late.plugin), number(late.deliveries));
    let deliveries = if late.deliveries == 1 {
        "delivery waits"
    } else {
        "deliveries wait"
    };
    let hold = readings.hold(late);
    let (tone, text) = match hold {
        Some(Hold::Undecided) => (
            Tone::Warn,
            say!(
                view,
                "{waiting} {deliveries} because plugins that may take them are still loading.",
                "{waiting} 个投递等待中：可能处理它们的插件仍在加载。"
            ),
        ),
        Some(hold) => (
            if hold == Hold::NotLoaded {
                Tone::Warn
            } else {
                Tone::Plain
            },
            say!(
                view,
                "Plugin {name}: {waiting} {deliveries}, because {}.",
                "插件 {name}：{waiting} 个投递等待中，因为{}。",
                hold.text(view)
            ),
        ),
        None if minutes < LATE_MINUTES => return None,
        None => (
            Tone::Warn,
            match readings.held_up_by.get(&late.plugin) {
                Some(first) => say!(
                    view,
                    "Plugin {name}: deliveries are late, the oldest has been due for {minutes} min. Delivery {first} holds up others with \
                     the same ordering key, as those of one chat: retry or drop it.",
                    "插件 {name}：投递延迟，最早的一条已超过计划时间 {minutes} 分钟。投递 {first} 挡住了顺序键相同（例如同一会话）的其他投递：请重试或丢弃它。"
                ),
                None => say!(
                    view,
                    "Plugin {name}: deliveries are late, the oldest has been due for {minutes} min.",
                    "插件 {name}：投递延迟，最早的一条已超过计划时间 {minutes} 分钟。"
                ),
            },
        ),
    };
    Some(item(tone, "/console/deliveries", text))
}

fn of_plugin(view: &View, plugin: &Value, items: &mut Vec<Item>) {
    let name = plugin["name"].as_str().unwrap_or_default();
    let reason = match view.language {
        Language::En => "/held/reason",
        Language::Zh => "/held/reason_zh",
    };
    if let Some(reason) = plugin.pointer(reason).and_then(Value::as_str) {
        let reason = cut(reason);
        let text = say!(
            view,
            "Plugin {name}: a file is not used: {reason}",
            "插件 {name}：有文件未被采用：{reason}"
        );
        items.push(item(Tone::Warn, "/console/plugins", text));
    } else if plugin["sent_back"].is_string() {
        let text = say!(
            view,
            "Plugin {name}: a version was sent back, and the one before serves.",
            "插件 {name}：有版本已被退回，由之前的版本提供服务。"
        );
        items.push(item(Tone::Warn, "/console/plugins", text));
    }
    if let Some(backoff) = plugin.get("backoff").filter(|backoff| backoff.is_object()) {
        let error = backoff.get("error").and_then(Value::as_str).unwrap_or_default();
        let error = cut(codes::recorded(error).of(view.language));
        let told = codes::backing_off(backoff);
        let text = if error.is_empty() {
            say!(view, "Plugin {name}: {told}", "插件 {name}：{told:#}")
        } else {
            say!(view, "Plugin {name}: {told}: {error}", "插件 {name}：{told:#}：{error}")
        };
        items.push(item(Tone::Bad, "/console/plugins", text));
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= REASON_CHARS_MAX {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(REASON_CHARS_MAX).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::console::view::Theme;

    fn view(language: Language) -> View {
        View {
            language,
            theme: Theme::System,
            role: None,
            actor: None,
            is_open: true,
            csrf: "".into(),
            path: "".into(),
            now_ms: 0,
        }
    }

    fn late(plugin: &str, minutes: u64) -> Late {
        Late {
            plugin: plugin.to_owned(),
            deliveries: 2,
            oldest_due_ms: (60 - minutes) * 60_000,
        }
    }

    #[test]
    fn only_a_plugin_that_serves_is_late() {
        let readings = Readings {
            now_ms: 60 * 60_000,
            plugins: json!([
                {"name": "slow", "active": {"paused": false}},
                {"name": "quick", "active": {"paused": false}},
                {"name": "stuck", "active": {"paused": false}},
                {"name": "paused", "active": {"paused": true}},
            ]),
            is_writable: true,
            late: vec![
                late("slow", 9),
                late("stuck", 9),
                late("quick", 2),
                late("paused", 9),
                late("gone", 9),
            ],
            held_up_by: [("stuck".to_owned(), 7)].into(),
            ..Readings::default()
        };
        for (language, told) in [
            (
                Language::En,
                [
                    "Plugin slow: deliveries are late, the oldest has been due for 9 min.",
                    "Plugin stuck: deliveries are late, the oldest has been due for 9 min. Delivery 7 holds up others with the same \
                     ordering key, as those of one chat: retry or drop it.",
                    "Plugin paused: 2 deliveries wait, because the plugin is paused.",
                    "Plugin gone: 2 deliveries wait, because the plugin is not loaded on this server.",
                ],
            ),
            (
                Language::Zh,
                [
                    "插件 slow：投递延迟，最早的一条已超过计划时间 9 分钟。",
                    "插件 stuck：投递延迟，最早的一条已超过计划时间 9 分钟。投递 7 挡住了顺序键相同（例如同一会话）的其他投递：请重试或丢弃它。",
                    "插件 paused：2 个投递等待中，因为插件已暂停。",
                    "插件 gone：2 个投递等待中，因为本服务器未加载该插件。",
                ],
            ),
        ] {
            let mut items = Vec::new();
            of_queue(&view(language), &readings, &mut items);
            let texts: Vec<_> = items.iter().map(|item| item.text.as_str()).collect();
            assert_eq!(texts, told);
        }
    }
}
