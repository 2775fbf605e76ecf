//! Errors of calls in Chinese. They are recorded in English, like the log; a page shows them in the language of whoever reads it.

use super::{Text, both, same};

/// Sentences with gaps: `{}` is translated in its turn, `{=}` is as it was written, because a plugin or a system has said it.
/// A sentence that is another one with more behind it comes first.
const SENTENCES: [[&str; 2]; 34] = [
    ["the plugin asked for a retry: {=}", "插件要求重试：{=}"],
    ["the plugin reported a permanent failure: {=}", "插件报告永久失败：{=}"],
    [
        "the plugin crashed: {=}; its earlier output is in the log",
        "插件崩溃：{=}；此前的输出见日志",
    ],
    [
        "the plugin did not answer within its time budget of {=} ms; {}; it was in {=}",
        "插件未在时间预算 {=} ms 内应答；{}；当时在 {=}",
    ],
    [
        "the plugin did not answer within its time budget of {=} ms; {}",
        "插件未在时间预算 {=} ms 内应答；{}",
    ],
    [
        "the plugin exceeded its CPU time; {}; it was in {=}",
        "插件超出 CPU 时间；{}；当时在 {=}",
    ],
    ["the plugin exceeded its CPU time; {}", "插件超出 CPU 时间；{}"],
    [
        "the plugin crashed {=} times in a row and is not called for another {=} ms, then once on trial ({}); the last crash: {}",
        "插件连续崩溃 {=} 次，{=} ms 内不再调用，之后试调用一次（{}）；最近一次崩溃：{}",
    ],
    [
        "the memory budget of all plugin calls is used up{=}",
        "所有插件调用的内存预算已用完{=}",
    ],
    [
        "{=} already has {=} calls running, its maximum, and none ended in time; {=}",
        "同时进行的调用已达上限（{=}：{=} 个），且没有调用及时结束；{=}",
    ],
    [
        "the call could not be made because of a bug in the server, not in the plugin: {=}",
        "因服务自身而非插件的缺陷（bug），无法进行调用：{=}",
    ],
    [
        "its task {=} for the plugin {=} is not granted; add {=} in {=}",
        "它请求的插件任务未获授权（任务 {=}，插件 {=}）；请将 {=} 添加到 {=}",
    ],
    [
        "its task {=} is for the plugin {=}, which is not loaded",
        "它的任务 {=} 交给插件 {=}，而该插件未加载",
    ],
    // Some of them end with a unit between commas.
    ["{}, is over the limit of {=}; {}", "超过上限：{}，上限 {=}；{}"],
    ["{} is over the limit of {=}; {}", "超过上限：{}，上限 {=}；{}"],
    [
        "what the plugin handed to the host at once, in bytes",
        "插件一次交给服务的数据（字节）",
    ],
    [
        "what the tasks of this plugin's asking that wait hold, in bytes",
        "此插件请求的等待中任务的数据（字节）",
    ],
    ["the plugin's memory in bytes", "插件的内存（字节）"],
    ["the number of the plugin's table elements", "插件的表元素数"],
    ["the number of the plugin's open handles", "插件打开的句柄数"],
    ["the payload of the event or task in bytes", "事件或任务的数据（字节）"],
    ["the number of tasks in one outcome", "一次结果中的任务数"],
    ["the payload of a task in bytes", "任务的数据（字节）"],
    ["the delay of a task in milliseconds", "任务的延迟（毫秒）"],
    [
        "the number of tasks of this plugin's asking that wait",
        "此插件请求的等待中任务数",
    ],
    ["the number of tasks that follow from one another", "相继产生的任务数"],
    [
        "the number of tasks that follow from one event, all generations together",
        "同一事件产生的任务数（各代合计）",
    ],
    [
        "the settings are {=} under [limits] in the plugin's .toml and {=}",
        "设置项：插件 .toml 中 [limits] 下的 {=}，以及 {=}",
    ],
    [
        "the setting is {=} under [limits] in the plugin's .toml; it ended with: {=}",
        "设置项：插件 .toml 中 [limits] 下的 {=}；插件最后报告：{=}",
    ],
    [
        "the setting is {=} under [limits] in the plugin's .toml",
        "设置项：插件 .toml 中 [limits] 下的 {=}",
    ],
    [
        "the setting is CALLBACK_BUDGET_MS, of which a part is kept for other plugins and the reply",
        "设置项：CALLBACK_BUDGET_MS，其中一部分留给其他插件和保存应答",
    ],
    ["the setting is {=}", "设置项：{=}"],
    [
        "no plugin has longer to describe itself",
        "任何插件描述自身的时间都不会更长",
    ],
    [
        "the server has just started, and a plugin that may take it is still being loaded",
        "服务刚刚启动，可能处理它的插件仍在加载",
    ],
];

/// A recorded error in both languages. One that is not among the sentences is the same in both.
pub fn recorded(error: &str) -> Text {
    match chinese(error) {
        Some(zh) => both(error, zh),
        None => same(error),
    }
}

fn chinese(text: &str) -> Option<String> {
    SENTENCES.iter().find_map(|[en, zh]| Some(filled(zh, &gaps(en, text)?)))
}

/// What stands in the gaps of a sentence, if a text is that sentence.
fn gaps<'a>(sentence: &str, mut text: &'a str) -> Option<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut parts = sentence.split("{=}").flat_map(|part| part.split("{}"));
    text = text.strip_prefix(parts.next()?)?;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // The last gap reaches to what the sentence ends with.
        let at = match (parts.peek(), part) {
            (None, "") => text.len(),
            (None, end) => text.len().checked_sub(end.len()).filter(|_| text.ends_with(end))?,
            (Some(_), part) => text.find(part)?,
        };
        found.push(text.get(..at)?);
        text = text.get(at + part.len()..)?;
    }
    text.is_empty().then_some(found)
}

/// A sentence with this in its gaps.
fn filled(sentence: &str, gaps: &[&str]) -> String {
    let (mut made, mut rest) = (String::new(), sentence);
    for gap in gaps {
        let Some((before, (kind, after))) = rest
            .split_once('{')
            .and_then(|(before, gap)| Some((before, gap.split_once('}')?)))
        else {
            break;
        };
        made.push_str(before);
        match chinese(gap).filter(|_| kind.is_empty()) {
            Some(zh) => made.push_str(&zh),
            None => made.push_str(gap),
        }
        rest = after;
    }
    made + rest
}

#[cfg(test)]
mod tests {
    use super::{SENTENCES, recorded};

    #[test]
    fn a_sentence_is_told_in_chinese_and_what_a_plugin_said_stays() {
        for (error, zh) in [
            (
                "the plugin reported a permanent failure: the setting is gone",
                "插件报告永久失败：the setting is gone",
            ),
            (
                "the plugin exceeded its CPU time; the setting is `cpu_ms_max = 500` under [limits] in the plugin's .toml; it was in \
                 spin",
                "插件超出 CPU 时间；设置项：插件 .toml 中 [limits] 下的 `cpu_ms_max = 500`；当时在 spin",
            ),
            (
                "the plugin did not answer within its time budget of 1650 ms; the setting is CALLBACK_BUDGET_MS, of which a part is \
                 kept for other plugins and the reply",
                "插件未在时间预算 1650 ms 内应答；设置项：CALLBACK_BUDGET_MS，其中一部分留给其他插件和保存应答",
            ),
            (
                "what the plugin handed to the host at once, in bytes, is over the limit of 2097152; the setting is `a = 2097152`",
                "超过上限：插件一次交给服务的数据（字节），上限 2097152；设置项：`a = 2097152`",
            ),
            (
                "the memory in bytes is over the limit of 7; the setting is `a = 7`",
                "超过上限：the memory in bytes，上限 7；设置项：`a = 7`",
            ),
            (
                "the plugin's memory in bytes is over the limit of 7; the setting is `memory_bytes_max = 7` under [limits] in the \
                 plugin's .toml; it ended with: MemoryError at src/plugin.py:8 in swell",
                "超过上限：插件的内存（字节），上限 7；设置项：插件 .toml 中 [limits] 下的 `memory_bytes_max = 7`；插件最后报告：MemoryError at \
                 src/plugin.py:8 in swell",
            ),
            ("anything else", "anything else"),
            ("", ""),
            ("the plugin crashed: ", "the plugin crashed: "),
        ] {
            let text = recorded(error);
            assert_eq!((text.en(), text.zh()), (error, zh));
        }
    }

    #[test]
    fn both_sentences_have_the_same_gaps() {
        for [en, zh] in SENTENCES {
            for gap in ["{}", "{=}"] {
                assert_eq!(en.matches(gap).count(), zh.matches(gap).count(), "{en}");
            }
        }
    }
}
