//! What needs attention, in words, each with the page where it is put right.

use maud::{Markup, html};
use serde_json::Value;

use super::{latency::Latency, readings::Readings};
use crate::{
    codes::Language,
    console::{
        elements::{Tone, number},
        language::say,
        navigation::link,
        view::View,
    },
};

/// Unverified requests within a span that are worth a look, as for alerts.
const REFUSED_MIN: u64 = 100;

/// Share of the database's limit from which on it is nearly full, as for alerts.
const FULL_PERCENT: u64 = 85;

/// Time after which a due delivery is late, as for alerts.
const LATE_MS: u64 = 300_000;

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
    for plugin in &readings.plugins {
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
    html! {
        section.attention aria-label=(view.word("Needs attention", "需要处理")) {
            @if items.is_empty() {
                p.notice.good { (view.word("All is well: nothing needs attention.", "一切正常，没有需要处理的事项。")) }
            }
            @for item in &items {
                p class={ "notice " (item.tone.class()) } {
                    (item.text)
                    @if let Some(path) = link(item.path) {
                        " " a href=(path) { (view.word("Look", "查看")) }
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
            "{dead} {letters}: given up after their retries. Retry once the cause is mended.",
            "{dead} 条死信：重试用尽后已放弃。修复原因后可重试。"
        );
        items.push(item(Tone::Bad, "/console/dead", text));
    }
    let late_ms = readings
        .oldest_due_ms
        .map_or(0, |due_ms| readings.now_ms.saturating_sub(due_ms));
    if late_ms >= LATE_MS {
        let minutes = late_ms / 60_000;
        let text = say!(
            view,
            "Deliveries are late: the oldest has been due for {minutes} min.",
            "投递延迟：最早的一条已逾期 {minutes} 分钟。"
        );
        items.push(item(Tone::Warn, "/console/deliveries", text));
    }
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
    if let Some(seconds) = plugin.pointer("/backoff/seconds").and_then(Value::as_f64) {
        let error = cut(plugin
            .pointer("/backoff/error")
            .and_then(Value::as_str)
            .unwrap_or_default());
        let text = say!(
            view,
            "Plugin {name} crashes again and again and is not called for {seconds:.0} s: {error}",
            "插件 {name} 连续崩溃，{seconds:.0} 秒内不再调用：{error}"
        );
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
