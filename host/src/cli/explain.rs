//! `explain`: what a code means and what to do about it, also for the codes in a whole log line.

use std::io::{self, Read as _, Write as _};

use serde_json::{Value, json};

use super::{Exit, Stopped, language};
use crate::{
    codes::{self, Entry, Language, SECTIONS, Scanned, Section},
    telemetry::escaped_json,
};

/// Limit of the text from standard input; a log line is far shorter.
const INPUT_BYTES_MAX: u64 = 1 << 20;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// Codes (`200340`, `230099/11310`, `over_cpu`, `exit 3`) or whole log lines; `-` reads standard input; without any, all
    /// codes are listed
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// Language [default: that of the terminal]
    #[arg(long, value_enum)]
    lang: Option<language::Language>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// All codes as the page of the manual, in Markdown
    #[arg(long, conflicts_with_all = ["codes", "json"])]
    markdown: bool,
}

pub(super) fn run(arguments: &ExplainArguments) -> Result<(), Stopped> {
    let language: Language = language::Language::chosen(arguments.lang).into();
    if arguments.markdown {
        return say(&codes::page(match arguments.lang {
            // A page of the manual does not depend on the terminal.
            None => Language::En,
            Some(_) => language,
        }));
    }
    if arguments.codes.is_empty() {
        return say(&if arguments.json {
            listed_as_json(language)
        } else {
            listed(language)
        });
    }
    let text = match arguments.codes.as_slice() {
        [dash] if dash == "-" => input()?,
        codes => codes.join(" "),
    };
    let scanned = codes::scan(&text);
    say(&if arguments.json {
        as_json(&scanned, language)
    } else {
        as_text(&scanned, language)
    })?;
    if scanned.unknown.is_empty() && !scanned.found.is_empty() {
        return Ok(());
    }
    Err(Stopped {
        exit: Exit::Failed,
        text: not_found(&scanned, language),
    })
}

fn input() -> Result<String, Stopped> {
    let mut bytes = Vec::new();
    let read = io::stdin().take(INPUT_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|error| Stopped::new(Exit::Failed, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn say(text: &str) -> Result<(), Stopped> {
    let said = io::stdout().write_all(text.as_bytes());
    said.map_err(|error| Stopped::unheard(&error))
}

/// The words around the texts of the table.
struct Labels {
    cause: &'static str,
    cure: &'static str,
    more: &'static str,
    unverified: &'static str,
}

fn labels(language: Language) -> Labels {
    match language {
        Language::En => Labels {
            cause: "cause",
            cure: "cure ",
            more: "more ",
            unverified: "not compared with Lark's documentation",
        },
        Language::Zh => Labels {
            cause: "原因",
            cure: "处理",
            more: "参考",
            unverified: "未与飞书文档核对",
        },
    }
}

fn as_text(scanned: &Scanned, language: Language) -> String {
    let Labels {
        cause,
        cure,
        more,
        unverified,
    } = labels(language);
    let of_one = |(section, entry): &(&'static Section, &'static Entry)| {
        let mark = if entry.is_verified {
            String::new()
        } else {
            format!(" ({unverified})")
        };
        format!(
            "{}  {}{mark}\n  {cause}  {}\n  {cure}  {}\n  {more}  {}\n",
            entry.code,
            section.title(language),
            entry.cause(language),
            entry.cure(language),
            link(section, entry)
        )
    };
    let all: Vec<_> = scanned.found.iter().map(of_one).collect();
    all.join("\n")
}

/// A page of the manual is named by its path in the project.
fn link(section: &Section, entry: &Entry) -> String {
    match section.link(entry) {
        link if link.starts_with("https://") => link.to_owned(),
        page => format!("host/docs/{page}"),
    }
}

/// The codes in a text, with cause and cure in English.
pub(super) fn explained(text: &str) -> Value {
    answer(&codes::scan(text), Language::En)
}

fn as_json(scanned: &Scanned, language: Language) -> String {
    format!("{}\n", escaped_json(&answer(scanned, language).to_string()))
}

fn answer(scanned: &Scanned, language: Language) -> Value {
    let found: Vec<_> = scanned
        .found
        .iter()
        .map(|(section, entry)| value(section, entry, language))
        .collect();
    let unknown: Vec<_> = scanned
        .unknown
        .iter()
        .map(|code| json!({"code": code, "about": about(code, language)}))
        .collect();
    json!({"found": found, "unknown": unknown})
}

fn value(section: &Section, entry: &Entry, language: Language) -> Value {
    json!({
        "code": entry.code,
        "section": section.name,
        "cause": entry.cause(language),
        "cure": entry.cure(language),
        "link": link(section, entry),
        "verified": entry.is_verified,
    })
}

/// Subject of the nearest range of codes.
fn about(code: &str, language: Language) -> Option<&'static str> {
    let range = codes::nearest_range(code.parse().ok()?)?;
    Some(range.text(language))
}

fn not_found(scanned: &Scanned, language: Language) -> String {
    let is_english = language == Language::En;
    let lines = scanned.unknown.iter().map(|code| {
        let range = code.parse().ok().and_then(codes::nearest_range);
        match (range, is_english) {
            (Some(range), _) => {
                let (low, high) = range.ends();
                let about = range.text(language);
                if is_english {
                    format!("{code} is not in the table; the nearest range, {low} to {high}, is about: {about}")
                } else {
                    format!("{code} 不在表中；最接近的范围 {low} 到 {high} 涉及：{about}")
                }
            }
            (None, true) => format!(
                "{code} is no code that this server or Lark is known to use{}",
                nearest(code)
            ),
            (None, false) => format!("{code} 不是本服务或飞书已知的错误码{}", nearest(code)),
        }
    });
    let mut lines: Vec<_> = lines.collect();
    if scanned.has_more_unknown {
        lines.push(match language {
            Language::En => "there are more codes that are not in the table".to_owned(),
            Language::Zh => "还有更多不在表中的错误码".to_owned(),
        });
    }
    match (lines.is_empty(), is_english) {
        (false, _) => lines.join("\n"),
        (true, true) => "there is no code in this text; see all of them with `lark-callback explain`".to_owned(),
        (true, false) => "这段文字中没有错误码；用 `lark-callback explain` 查看全部".to_owned(),
    }
}

/// A word of the table that differs by a typing error.
fn nearest(code: &str) -> String {
    let known = SECTIONS
        .iter()
        .flat_map(|section| section.entries)
        .map(|entry| entry.code);
    let near = known
        .map(|known| (strsim::damerau_levenshtein(known, code), known))
        .min();
    match near {
        Some((distance, known)) if distance <= 2 && code.len() > 3 => format!(" ({known}?)"),
        _ => String::new(),
    }
}

fn listed(language: Language) -> String {
    let of_section = |section: &&Section| {
        let width = section
            .entries
            .iter()
            .map(|entry| unicode_width::UnicodeWidthStr::width(entry.code))
            .max();
        let lines = section.entries.iter().map(|entry| {
            let pad = width.unwrap_or_default() - unicode_width::UnicodeWidthStr::width(entry.code);
            format!("  {}{}  {}\n", entry.code, " ".repeat(pad), entry.cause(language))
        });
        format!("{}\n{}", section.title(language), lines.collect::<String>())
    };
    let sections: Vec<_> = SECTIONS.iter().map(of_section).collect();
    sections.join("\n")
}

fn listed_as_json(language: Language) -> String {
    let all: Vec<_> = SECTIONS
        .iter()
        .flat_map(|section| section.entries.iter().map(|entry| value(section, entry, language)))
        .collect();
    format!("{}\n", json!({"found": all, "unknown": []}))
}
