//! Markdown that was read, as HTML.

use maud::{Markup, html};

use super::{
    colour,
    inline::{self, Span},
    link,
    markdown::{self, Block, Mark},
    pen::Pen,
};

/// A whole text with lists, code and tables.
pub(super) fn markdown(pen: &mut Pen<'_>, text: &str) -> Markup {
    let text = pen.cut(text);
    let blocks = markdown::blocks(text);
    html! {
        @for block in &blocks {
            @if pen.piece() { (draw(pen, block)) }
        }
    }
}

/// One line of text, without blocks.
pub(super) fn line(pen: &mut Pen<'_>, text: &str) -> Markup {
    let text = pen.cut(text);
    inside(pen, text)
}

/// A text whose bytes are counted already.
fn inside(pen: &mut Pen<'_>, text: &str) -> Markup {
    let spans = inline::spans(text);
    all(pen, &spans)
}

fn all(pen: &mut Pen<'_>, spans: &[Span<'_>]) -> Markup {
    html! {
        @for span in spans {
            @if pen.piece() { (one(pen, span)) }
        }
    }
}

fn draw(pen: &mut Pen<'_>, block: &Block<'_>) -> Markup {
    match block {
        Block::Heading { level, text } => {
            let class = if *level <= 2 { "card-heading" } else { "card-subheading" };
            html! { p .(class) { (inside(pen, text)) } }
        }
        Block::Paragraph(text) => html! { p .card-text { (inside(pen, text)) } },
        Block::Item { level, mark, text } => {
            let class = match level {
                0 => "card-item",
                1 => "card-item at-1",
                2 => "card-item at-2",
                _ => "card-item at-3",
            };
            html! {
                p class=(class) {
                    span .card-mark {
                        @match mark {
                            Mark::Dot => "•",
                            Mark::Number(number) => { (number) "." },
                        }
                    }
                    span { (inside(pen, text)) }
                }
            }
        }
        Block::Code(code) => html! { pre.card-code tabindex="0" { code { (code) } } },
        Block::Quote(text) => html! { blockquote .card-quote { (inside(pen, text)) } },
        Block::Rule => html! { hr .card-hr; },
        Block::Table(rows) => table(pen, rows),
    }
}

fn table(pen: &mut Pen<'_>, rows: &[Vec<&str>]) -> Markup {
    html! {
        div.card-scroll tabindex="0" {
            table .card-table {
                @for (index, row) in rows.iter().enumerate() {
                    @if pen.piece() {
                        tr {
                            @for cell in row {
                                @if pen.piece() {
                                    @if index == 0 { th scope="col" { (inside(pen, cell)) } }
                                    @else { td { (inside(pen, cell)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn one(pen: &mut Pen<'_>, span: &Span<'_>) -> Markup {
    match span {
        Span::Text(text) => html! { (text) },
        Span::Bold(spans) => html! { strong { (all(pen, spans)) } },
        Span::Italic(spans) => html! { em { (all(pen, spans)) } },
        Span::Struck(spans) => html! { s { (all(pen, spans)) } },
        Span::Code(code) => html! { code .card-inline-code { (code) } },
        Span::Break => html! { br; },
        Span::Link { url, inside } => {
            let inside = all(pen, inside);
            link::draw(pen, url, "card-link", &inside)
        }
        Span::Font { colour, inside } => html! { span class=(colour::ink(colour)) { (all(pen, inside)) } },
        Span::Tag { colour, inside } => tag(colour, &all(pen, inside)),
        Span::At(id) => at(pen, id),
        Span::Image { key, alt } => html! {
            span .card-placeholder { (pen.say("picture", "图片")) " " (pen.name(alt)) " " code { (pen.name(key)) } }
        },
        Span::Other { tag, inside } => html! {
            span .card-placeholder { code { (pen.name(tag)) } " " (all(pen, inside)) }
        },
    }
}

/// A coloured label.
pub(super) fn tag(colour: &str, inside: &Markup) -> Markup {
    let class = colour::of(colour).map_or("fill-grey", |colour| colour.fill);
    html! { span .card-tag .(class) { (inside) } }
}

/// A mention; the names of people are not known here.
pub(super) fn at(pen: &mut Pen<'_>, ids: &str) -> Markup {
    let ids: Vec<String> = ids
        .split(',')
        .take(20)
        .map(|id| match id.trim() {
            "all" => pen.say("everyone", "所有人").to_owned(),
            id => pen.name(id),
        })
        .collect();
    html! {
        @for (index, id) in ids.iter().enumerate() {
            @if index > 0 { " " }
            span .card-at { "@" (id) }
        }
    }
}
