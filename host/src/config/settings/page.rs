//! Settings as documentation: the manual's page, and the end of `--help`.

use std::fmt::Write as _;

use super::{SECTIONS, all};
use crate::config::setting::{Setting, Taken};

const HEAD: &str = "\
# Settings

This page is made from the declarations that the server reads (`lark-callback settings --markdown`).

Defaults < `lark-callback.toml` (the same names in lower case) < `.env` < environment < flags.
A secret may be given as a file in `NAME_FILE`. Names that are marked with ● may be set for each application of `[apps.NAME]` too, under the key that follows;
those with ↻ are taken by a running server on SIGHUP, all others at the next start.
";

/// Renders the manual's page, in Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for section in SECTIONS {
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## {}\n\n| name | default | values | meaning |\n|---|---|---|---|\n",
            section.title
        );
        for setting in section.settings {
            let _ = writeln!(
                page,
                "| `{}`{} | {} | {} | {} |",
                setting.name,
                marks(setting),
                default(setting),
                setting.values_text(),
                setting.text
            );
        }
    }
    page
}

fn marks(setting: &Setting) -> String {
    let app = setting.app_key().map(|key| format!(" ● `{key}`")).unwrap_or_default();
    let running = if setting.taken == Taken::Running { " ↻" } else { "" };
    format!("{app}{running}")
}

/// Literal defaults are formatted as code, described ones as text.
fn default(setting: &Setting) -> String {
    match setting.literal_default() {
        Some(default) => format!("`{default}`"),
        None => setting.default_text(),
    }
}

/// Renders all settings for a terminal.
pub fn help() -> String {
    let mut help = String::from("Settings (environment, .env, or lark-callback.toml in lower case):\n");
    for setting in all() {
        let _ = write!(
            help,
            "\n  {} [{}] (default: {})\n      {}\n",
            setting.name,
            setting.values_text(),
            setting.default_text(),
            setting.text
        );
    }
    help.replace('`', "")
}
