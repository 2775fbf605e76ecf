//! `config show`: every setting with its value and where that comes from.

use std::io::{self, Write};

use clap::Subcommand;
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::{ServeArguments, Stopped, language::Language};
use crate::{
    codes::{Text, both, told},
    config::{self, Flags, Shown},
    telemetry::{escaped_json, escaped_lines},
};

/// Commands on the settings.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Show each setting with its value and where it comes from; secrets are masked
    Show {
        /// As for a server.
        #[command(flatten)]
        serve: ServeArguments,
        /// Only those that are set
        #[arg(long)]
        set: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Language [default: that of the terminal]
        #[arg(long, value_enum)]
        lang: Option<Language>,
    },
}

impl ConfigCommand {
    /// Arguments that it shares with a server.
    pub(super) fn serve(&self) -> &ServeArguments {
        let Self::Show { serve, .. } = self;
        serve
    }
}

pub(super) fn run(flags: &Flags, command: &ConfigCommand) -> Result<(), Stopped> {
    let ConfigCommand::Show { set, json, lang, .. } = command;
    let language = Language::chosen(*lang);
    let mut all = config::load_shown(flags);
    all.settings.retain(|setting| !set || setting.origin != "default");
    let text = if *json {
        let of = |texts: &[Text]| {
            texts
                .iter()
                .map(|text| text.of(language).to_owned())
                .collect::<Vec<_>>()
        };
        let (problems, notices) = (of(&all.problems), of(&all.notices));
        let answer = json!({"settings": all.settings, "problems": problems, "notices": notices});
        format!("{}\n", escaped_json(&answer.to_string()))
    } else {
        escaped_lines(&table(&all.settings, language)).into_owned()
    };
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Stopped::unheard(&error))?;
    if !json && !all.problems.is_empty() {
        let count = all.problems.len();
        let warning = told!(
            "warning: {count} of the sources or names are wrong; see: lark-callback check",
            "警告：{count} 个来源或名称有误；请运行 lark-callback check 查看"
        );
        let _ = writeln!(io::stderr(), "lark-callback: {}", warning.of(language));
    }
    Ok(())
}

fn table(settings: &[Shown], language: Language) -> String {
    let rows = settings
        .iter()
        .map(|setting| [setting.name.clone(), value(setting), origin(setting, language)]);
    let head = match language {
        Language::En => ["NAME", "VALUE", "FROM"],
        Language::Zh => ["名称", "值", "来源"],
    };
    let head = head.map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or_default()
    };
    let widths = [width(0), width(1)];
    let mut text = String::new();
    for [name, value, origin] in &rows {
        let pad = |cell: &str, width: usize| " ".repeat(width.saturating_sub(cell.width()));
        let [of_name, of_value] = widths;
        text.push_str(&format!(
            "{name}{}  {value}{}  {origin}\n",
            pad(name, of_name),
            pad(value, of_value)
        ));
    }
    text
}

fn value(setting: &Shown) -> String {
    match &setting.value {
        // A value keeps to its line.
        Some(value) => value.replace(['\n', '\r', '\t'], " "),
        None => format!("({})", setting.default.replace('`', "")),
    }
}

fn origin(setting: &Shown, language: Language) -> String {
    let mut origin = match (setting.origin, &setting.file) {
        ("file" | "env_file", Some(file)) => file.clone(),
        ("default", _) => both("default", "默认值").of(language).to_owned(),
        ("environment", _) => both("environment", "环境变量").of(language).to_owned(),
        ("flag", _) => both("flag", "命令行").of(language).to_owned(),
        (other, _) => other.to_owned(),
    };
    if let Some(line) = setting.line {
        origin.push_str(told!(", line {line}", "，第 {line} 行").of(language));
    }
    if let Some(file) = &setting.secret_file {
        let told = told!(
            "the file {file}, named by {}_FILE ({origin})",
            "文件 {file}，由 {}_FILE 指定（{origin}）",
            setting.name
        );
        origin = told.of(language).to_owned();
    }
    origin
}
