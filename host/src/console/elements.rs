//! Elements of pages: times, numbers, badges of states, tables with their headings, forms with one button.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{forms::CSRF_FIELD, language::say, navigation::page_of, view::View};
use crate::codes;

/// Colour of a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// In progress.
    Busy,
    /// To be looked at.
    Warn,
    /// Failed.
    Bad,
    /// Neither.
    Plain,
}

impl Tone {
    /// Class of the element.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Busy => "busy",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// Hidden field that each form carries.
pub(crate) fn csrf(view: &View) -> Markup {
    html! { input type="hidden" name=(CSRF_FIELD) value=(view.csrf); }
}

/// Form with hidden fields and one button, only for those who may change something.
pub(crate) fn action(view: &View, path: &str, fields: &[(&str, &str)], label: &str) -> Markup {
    action_of(view, path, fields, label, "")
}

/// The same for what cannot be taken back.
pub(crate) fn dangerous_action(view: &View, path: &str, label: &str) -> Markup {
    action_of(view, path, &[], label, "danger")
}

fn action_of(view: &View, path: &str, fields: &[(&str, &str)], label: &str, class: &str) -> Markup {
    html! {
        @if view.is_operator() {
            form.action method="post" action=(path) {
                (csrf(view))
                @for (name, value) in fields {
                    input type="hidden" name=(name) value=(value);
                }
                button class=[(!class.is_empty()).then_some(class)] type="submit" { (label) }
            }
        }
    }
}

/// Moment, in UTC; a script shows it in the browser's time zone.
pub(crate) fn time(ms: u64) -> Markup {
    let Some(at) = timestamp(ms) else {
        return html! { "—" };
    };
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")) { (at.strftime("%Y-%m-%d %H:%M:%S")) " UTC" }
    }
}

/// Moment, as the time that has passed since; the whole of it on hovering.
pub(crate) fn ago(view: &View, ms: u64) -> Markup {
    let Some(at) = timestamp(ms) else {
        return html! { "—" };
    };
    let whole = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    html! { time datetime=(whole) title=(whole) data-ago { (since(view, ms)) } }
}

/// Moment at which something is to happen; how late it is, once that has passed.
pub(crate) fn due(view: &View, ms: u64) -> Markup {
    let Some(at) = timestamp(ms) else {
        return html! { "—" };
    };
    let whole = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    html! { time datetime=(whole) title=(whole) data-ago="due" { (until(view, ms)) } }
}

fn until(view: &View, ms: u64) -> String {
    match view.now_ms.checked_sub(ms) {
        None => since(view, ms),
        Some(0..1_000) => view.word("due now", "应立即执行").to_owned(),
        Some(passed) => duration(view, passed, |text| {
            say!(view, "due for {text}", "已超过计划时间 {text}")
        }),
    }
}

/// Time since a moment, in its largest unit. A script writes the same as time goes on.
fn since(view: &View, ms: u64) -> String {
    if ms > view.now_ms {
        return duration(view, ms - view.now_ms, |text| say!(view, "in {text}", "{text}后"));
    }
    let passed = view.now_ms - ms;
    if passed < 1_000 {
        return view.word("now", "刚刚").to_owned();
    }
    duration(view, passed, |text| say!(view, "{text} ago", "{text}前"))
}

fn duration(view: &View, ms: u64, told: impl Fn(&str) -> String) -> String {
    told(&length(view, ms))
}

/// Length of time in its largest unit.
pub(crate) fn length(view: &View, ms: u64) -> String {
    match ms / 1_000 {
        0 => say!(view, "{ms} ms", "{ms} 毫秒"),
        s @ 1..=119 => say!(view, "{s} s", "{s} 秒"),
        s @ 120..=7_199 => say!(view, "{} min", "{} 分钟", s / 60),
        s @ 7_200..=172_799 => say!(view, "{} h", "{} 小时", s / 3_600),
        s => say!(view, "{} days", "{} 天", s / 86_400),
    }
}

fn timestamp(ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}

/// Sentence in which names between backticks are code, and a command leads to the page that does the same.
pub(crate) fn prose(text: &str) -> Markup {
    // One alone encloses nothing.
    if text.matches('`').count() % 2 == 1 {
        return html! { (text) };
    }
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 0 { (part) }
            @else if let Some(page) = page_of(part) { a href=(page) { code { (part) } } }
            @else { code { (part) } }
        }
    }
}

/// Number with its thousands apart.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push('\u{202f}');
        }
        apart.push(digit);
    }
    apart
}

/// Size with a unit.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size < 1_024.0 {
            return if unit == "B" {
                format!("{bytes} B")
            } else {
                format!("{size:.1} {unit}")
            };
        }
        size /= 1_024.0;
    }
    format!("{size:.1} TiB")
}

/// Small coloured word.
pub(crate) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// State of a delivery or outcome of a call, as a badge in the language of the view.
pub(crate) fn state(view: &View, state: &str) -> Markup {
    let tone = match state {
        "done" => Tone::Good,
        "ready" | "running" => Tone::Busy,
        "retry_wait" | "expired" => Tone::Warn,
        "dead" => Tone::Bad,
        _ => Tone::Plain,
    };
    badge(tone, &state_name(view, state))
}

/// Name of a state in the language of the view.
pub(crate) fn state_name(view: &View, state: &str) -> String {
    let name = codes::state(state);
    let en = if state == "retry_wait" {
        "waits for retry"
    } else {
        name.en()
    };
    view.word(en, name.zh()).to_owned()
}

/// Heading of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Heading<'a> {
    /// Of words, which begin at the left.
    Text(&'a str),
    /// Of numbers, which end at the right.
    Number(&'a str),
}

impl<'a> Heading<'a> {
    fn text(&self) -> &'a str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

impl<'a> From<&'a str> for Heading<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

/// Table whose cells stand below each other on a narrow screen, each with its heading. `caption` is for screen readers.
pub(crate) fn table<'a, H>(caption: &str, headings: &[H], rows: &[Markup]) -> Markup
where
    H: Into<Heading<'a>> + Copy,
{
    let headings: Vec<Heading<'_>> = headings.iter().map(|heading| (*heading).into()).collect();
    let rows: Vec<_> = rows.iter().map(|row| labelled(row, &headings)).collect();
    let heads = html! { @for heading in &headings { (head(*heading)) } };
    scrolled(caption, "stacking", &heads, &rows)
}

/// A row whose cells, but for the first, say what they are.
fn labelled(row: &Markup, headings: &[Heading<'_>]) -> Markup {
    let mut labelled = String::with_capacity(row.0.len() + headings.len() * 32);
    let mut column = 0;
    let mut rest = row.0.as_str();
    while let Some(at) = rest.find("<td").into_iter().chain(rest.find("<th")).min() {
        let (before, cell) = rest.split_at(at + "<td".len());
        labelled.push_str(before);
        if let Some(heading) = headings.get(column).filter(|_| column > 0) {
            labelled.push_str(" data-label=\"");
            labelled.push_str(&html! { (heading.text()) }.0);
            labelled.push('"');
        }
        column += 1;
        rest = cell;
    }
    labelled.push_str(rest);
    maud::PreEscaped(labelled)
}

/// Table of long texts, whose cells stand below each other on a narrow screen.
pub(crate) fn stacking_table(caption: &str, headings: &[&str], rows: &[Markup]) -> Markup {
    let heads = html! { @for heading in headings { (head((*heading).into())) } };
    scrolled(caption, "stacking", &heads, rows)
}

/// Table with a box before each row, which operators choose it with.
pub(crate) fn choosing_table(view: &View, caption: &str, headings: &[Heading<'_>], rows: &[Markup]) -> Markup {
    let heads = html! {
        @if view.is_operator() { th scope="col" { span.unseen { (view.word("Choose", "选择")) } } }
        @for heading in headings { (head(*heading)) }
    };
    scrolled(caption, "list stacking", &heads, rows)
}

/// The same, where nothing can be done with the rows.
pub(crate) fn list_table(caption: &str, headings: &[Heading<'_>], rows: &[Markup]) -> Markup {
    let heads = html! { @for heading in headings { (head(*heading)) } };
    scrolled(caption, "list stacking", &heads, rows)
}

/// First cell of a row in such a table.
pub(crate) fn choosing_box(view: &View, number: i64, label: &str) -> Markup {
    html! {
        @if view.is_operator() { td { input type="checkbox" name="id" value=(number) aria-label=(label); } }
    }
}

fn head(heading: Heading<'_>) -> Markup {
    html! {
        @match heading {
            Heading::Text(text) => th scope="col" { (text) },
            Heading::Number(text) => th.right scope="col" { (text) },
        }
    }
}

fn scrolled(caption: &str, class: &str, heads: &Markup, rows: &[Markup]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table class=[(!class.is_empty()).then_some(class)] {
                caption.unseen { (caption) }
                thead { tr { (heads) } }
                tbody { @for row in rows { (row) } }
            }
        }
    }
}

/// Sentence where a list would be.
pub(crate) fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

/// Names with their values.
pub(crate) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_are_easy_to_read() {
        assert_eq!(number(7), "7");
        assert_eq!(number(1_234_567).replace('\u{202f}', " "), "1 234 567");
        assert_eq!((bytes(999), bytes(1_536)), ("999 B".into(), "1.5 KiB".into()));
        assert_eq!(bytes(5 << 40), "5.0 TiB");
    }

    #[test]
    fn a_name_between_backticks_is_code() {
        let html = |text| prose(text).into_string();
        assert_eq!(html("Run `a <b>` now"), "Run <code>a &lt;b&gt;</code> now");
        assert_eq!((html("no name"), html("")), ("no name".into(), String::new()));
        assert_eq!(html("one ` alone"), "one ` alone");
        assert_eq!(
            html("see `lark-callback dead retry`"),
            r#"see <a href="/console/dead"><code>lark-callback dead retry</code></a>"#
        );
    }

    #[test]
    fn a_moment_is_written_for_programs_and_for_people() {
        let html = time(1_700_000_000_123).into_string();
        assert_eq!(
            html,
            r#"<time datetime="2023-11-14T22:13:20.123Z">2023-11-14 22:13:20 UTC</time>"#
        );
        assert_eq!(time(u64::MAX).into_string(), "—");
    }

    #[test]
    fn what_comes_from_outside_stays_text() {
        let html = badge(Tone::Bad, "<script>alert(1)</script>\"'").into_string();
        assert!(!html.contains("<script"), "{html}");
    }
}
