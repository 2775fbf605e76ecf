//! `summary`: what happened over a span of time, and what waits now.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use super::{FormArguments, load, target::Target, tell};
use crate::{
    cli::Stopped,
    config::Flags,
    operate::{Command, Span, SpanFilter},
};

/// Arguments of `summary`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SummaryArguments {
    /// Span of time up to now: 1h, 24h, 7d or 30d
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = span)]
    span: Span,
    #[command(flatten)]
    form: FormArguments,
}

fn span(word: &str) -> Result<Span, String> {
    Span::of_word(word).ok_or_else(|| {
        let spans: Vec<_> = Span::ALL.into_iter().map(Span::word).collect();
        format!("write one of {}", spans.join(", "))
    })
}

pub(in crate::cli) async fn summary(flags: &Flags, arguments: &SummaryArguments) -> Result<(), Stopped> {
    let command = Command::Summary(SpanFilter { span: arguments.span });
    let answer = Target::find(&load(flags)?).await?.execute(&command).await?;
    if arguments.form.json {
        return tell(&arguments.form, &answer);
    }
    tell(&arguments.form, &summed_up(answer))
}

/// The parts of the span added up, which a person reads at a glance; the console draws them.
fn summed_up(mut answer: Value) -> Value {
    let mut sums: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let counts = answer.get_mut("counts").map(Value::take).unwrap_or_default();
    for count in counts.as_array().into_iter().flatten() {
        let text = |name: &str| count.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = count.get("number").and_then(Value::as_u64).unwrap_or_default();
        // How long answers took is a distribution, and no sum.
        if !text("kind").starts_with("took_") {
            *sums
                .entry(text("kind"))
                .or_default()
                .entry(text("outcome"))
                .or_default() += number;
        }
    }
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("counts".to_owned(), json!(sums));
        fields.remove("part_minutes");
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_span_are_added_up() {
        let count = |minute: u64, kind: &str, outcome: &str, number: u64| json!({"minute": minute, "kind": kind, "outcome": outcome, "number": number});
        let counts = [
            count(1, "callback", "ok", 3),
            count(2, "callback", "ok", 4),
            count(2, "callback", "trap", 1),
            count(2, "took_callback", "50", 8),
        ];
        let summed = summed_up(json!({"span": "1h", "part_minutes": 1, "counts": counts}));
        assert_eq!(
            summed,
            json!({"span": "1h", "counts": {"callback": {"ok": 7, "trap": 1}}})
        );
    }
}
