//! Explain: what a code of this server or of Lark means, and what to do about it.

use std::sync::Arc;

use axum::{Router, extract::Query, response::Response, routing::get};
use maud::{Markup, html};

use super::{
    Console, Failure,
    elements::{Tone, badge, csrf, empty, prose},
    forms::Form,
    navigation::EXPLAIN,
    page::page,
    view::View,
};
use crate::codes::{self, Entry, SECTIONS, Section, both};

/// Length of a text that is looked through; a log line is far shorter.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Query of the page.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    code: String,
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(EXPLAIN, get(show).post(pasted))
}

/// A line that was pasted into the form: an address could not hold a long one.
async fn pasted(view: View, form: Form) -> Result<Response, Failure> {
    let code = form.get("code").unwrap_or_default().to_owned();
    show(view, Query(Asked { code })).await
}

async fn show(view: View, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    if asked.code.len() > TEXT_BYTES_MAX {
        return Err(Failure::bad_request(both(
            "The text is longer than 16 KiB; paste the line with the code.",
            "文本超过 16 KiB；请只粘贴含有错误码的那一行。",
        )));
    }
    Ok(page(
        &view,
        view.word("Explain a code", "错误码解释"),
        &body(&view, asked.code.trim()),
    ))
}

fn body(view: &View, code: &str) -> Markup {
    html! {
        form.search method="post" action=(EXPLAIN) role="search" {
            (csrf(view))
            label for="code" { (view.word("Code or log line", "错误码或日志行")) }
            div.line {
                input id="code" name="code" type="search" value=(code) autocomplete="off" spellcheck="false"
                    placeholder="230002, over_cpu, exit 3";
                button.primary type="submit" { (view.word("Explain", "解释")) }
            }
        }
        @if code.is_empty() { (all(view)) } @else { (found(view, code)) }
    }
}

fn found(view: &View, text: &str) -> Markup {
    let scanned = codes::scan(text);
    html! {
        @for (section, entry) in &scanned.found { (card(view, section, entry)) }
        @for code in &scanned.unknown {
            (empty(&super::language::say!(
                view,
                "{} is no code that this server or Lark is known to use.",
                "{} 不是本服务或飞书已知的错误码。",
                code
            )))
        }
        @if scanned.found.is_empty() && scanned.unknown.is_empty() {
            (empty(view.word("There is no code in this text.", "这段文字中没有错误码。")))
        }
        p.later { a href=(EXPLAIN) { (view.word("All codes", "全部错误码")) } }
    }
}

fn card(view: &View, section: &Section, entry: &Entry) -> Markup {
    html! {
        section.card.explained {
            h2 { code { (entry.code) } " " span.dim { (section.title(view.language)) } }
            p { (prose(entry.cause(view.language))) }
            p.cure { strong { (view.word("What to do: ", "处理：")) } (prose(entry.cure(view.language))) }
            @if !entry.is_verified {
                (badge(Tone::Plain, view.word("not compared with Lark's documentation", "未与飞书文档核对")))
            }
        }
    }
}

fn all(view: &View) -> Markup {
    html! {
        @for section in SECTIONS {
            details.codes {
                summary { (section.title(view.language)) " " span.dim { (section.entries.len()) } }
                dl.facts {
                    @for entry in section.entries {
                        div {
                            dt { code { (entry.code) } }
                            dd { (prose(entry.cause(view.language))) div.cure { (prose(entry.cure(view.language))) } }
                        }
                    }
                }
            }
        }
    }
}
