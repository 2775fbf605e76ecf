//! The table as a page of the manual.

use std::fmt::Write as _;

use super::{Entry, Language, SECTIONS, Section, exits};

const HEAD: &str = "\
# Error codes

Made from the table of `lark-callback explain` (`lark-callback explain --markdown`; with `--lang zh` in Chinese); `lark-callback explain CODE` prints one entry, and finds the codes in a whole log line.
Codes marked with † were not compared with Lark's documentation; they come from reports of users and other programs.
";

const HEAD_ZH: &str = "\
# 错误码

本页由 `lark-callback explain` 的表生成（`lark-callback explain --markdown`，加 `--lang zh`）；`lark-callback explain CODE` 打印一条说明，也能从整行日志中找出错误码。
标有 † 的错误码没有与飞书文档核对过，来自用户反馈和其他程序。
";

/// Renders the page, in Markdown.
pub fn page(language: Language) -> String {
    let (head, columns) = match language {
        Language::En => (HEAD, "| code | cause | cure |"),
        Language::Zh => (HEAD_ZH, "| 错误码 | 原因 | 处理 |"),
    };
    let mut page = head.to_owned();
    for section in SECTIONS {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {}\n\n{columns}\n|---|---|---|\n", section.title(language));
        for entry in section.entries {
            let (cause, cure) = (entry.cause(language), entry.cure(language));
            let _ = writeln!(page, "| {} | {cause} | {cure} |", code(section, entry));
        }
    }
    page
}

/// Renders the exit codes with their causes, in Markdown, as they stand in the page about operating.
pub fn exit_table(language: Language) -> String {
    let mut table = match language {
        Language::En => "| code | meaning |\n|---|---|\n",
        Language::Zh => "| 退出码 | 含义 |\n|---|---|\n",
    }
    .to_owned();
    for entry in exits::SECTION.entries {
        let number = entry.code.trim_start_matches("exit ");
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {number} | {} |", entry.cause(language));
    }
    table
}

fn code(section: &Section, entry: &Entry) -> String {
    let mark = if entry.is_verified { "" } else { " †" };
    let link = section.link(entry);
    if link.starts_with("https://") {
        format!("[`{}`]({link}){mark}", entry.code)
    } else {
        format!("`{}`{mark}", entry.code)
    }
}
