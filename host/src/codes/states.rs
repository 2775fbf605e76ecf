//! States of deliveries, as people read them.

use super::{Text, both, same};

/// Name of a state; what is none stays as it is.
pub fn state(word: &str) -> Text {
    let zh = match word {
        "ready" => "待处理",
        "running" => "处理中",
        "retry_wait" => "等待重试",
        "done" => "已完成",
        "dead" => "死信",
        "expired" => "已过期",
        "skipped" => "已跳过",
        other => return same(other),
    };
    both(word, zh)
}

/// Names of states of which each will do.
pub fn any_state(words: &[&str]) -> Text {
    let names: Vec<Text> = words.iter().map(|word| state(word)).collect();
    let Some((last, others)) = names.split_last().filter(|(_, others)| !others.is_empty()) else {
        return names.into_iter().next().unwrap_or_else(|| same(""));
    };
    let joined = |of: fn(&Text) -> &str, comma| others.iter().map(of).collect::<Vec<_>>().join(comma);
    both(
        format!("{} or {}", joined(Text::en, ", "), last.en()),
        format!("{}或{}", joined(Text::zh, "、"), last.zh()),
    )
}

#[cfg(test)]
mod tests {
    use super::any_state;

    #[test]
    fn states_are_listed_as_a_person_would() {
        for (words, en, zh) in [
            (&["dead"][..], "dead", "死信"),
            (
                &["ready", "retry_wait", "dead"],
                "ready, retry_wait or dead",
                "待处理、等待重试或死信",
            ),
        ] {
            let told = any_state(words);
            assert_eq!((told.en(), told.zh()), (en, zh));
        }
    }
}
