//! `metrics`: every metric with its type, its labels and its meaning.

use std::io::{self, Write};

use super::Stopped;
use crate::telemetry::metrics;

/// Arguments of `metrics`.
#[derive(Debug, clap::Args)]
pub(super) struct MetricsArguments {
    /// As the page of the manual, in Markdown
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(arguments: &MetricsArguments) -> Result<(), Stopped> {
    let text = if arguments.markdown { metrics::page() } else { list() };
    write!(io::stdout(), "{text}").map_err(|error| Stopped::unheard(&error))
}

/// All metrics for a terminal.
fn list() -> String {
    let texts = metrics::all().map(|metric| {
        let labels = if metric.labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", metric.labels.join(","))
        };
        let kind = metric.kind.word();
        format!(
            "{}{}{labels} ({kind})\n    {}\n",
            metrics::PREFIX,
            metric.name,
            metric.help
        )
    });
    texts.collect()
}
