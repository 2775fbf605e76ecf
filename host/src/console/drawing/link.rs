//! Links of cards: only to the web, and never without a visible target.

use maud::{Markup, html};

use super::pen::Pen;

/// Bytes of an address that is a link; browsers and proxies take no longer ones.
const URL_BYTES_MAX: usize = 2_048;

/// The address of a link that may be followed, and the host that is shown.
pub(super) fn target(url: &str) -> Option<(String, String)> {
    let url = url.trim();
    if url.len() > URL_BYTES_MAX {
        return None;
    }
    let url = reqwest::Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let mut host = url.host_str()?.to_owned();
    if let Some(port) = url.port() {
        host = format!("{host}:{port}");
    }
    Some((url.into(), host))
}

/// A link around what is drawn. What cannot be followed shows its address as text.
pub(super) fn draw(pen: &mut Pen<'_>, url: &str, class: &'static str, inside: &Markup) -> Markup {
    // An address that is cut would be another one, and of a host the end tells whose it is.
    let whole =
        target(url).filter(|(href, host)| pen.cut(href).len() == href.len() && pen.cut(host).len() == host.len());
    let Some((href, host)) = whole else {
        let url = pen.name(url);
        return html! {
            span .(class) .card-unlinked {
                (inside)
                @if !url.is_empty() { " " code .card-target { (url) } }
            }
        };
    };
    html! {
        a .(class) href=(href) target="_blank" rel="noopener noreferrer nofollow" {
            (inside) " " span .card-target { (host) " ↗" }
        }
    }
}

/// The address that a button, a card or a picture leads to, in any of its spellings.
pub(super) fn of_component(component: &serde_json::Value) -> Option<&str> {
    let string = |value: &'static str, of: &'static str| component.get(of)?.get(value)?.as_str();
    let behaviours = component.get("behaviors").and_then(serde_json::Value::as_array);
    let opening = behaviours
        .into_iter()
        .flatten()
        .find(|behaviour| behaviour.get("type").and_then(serde_json::Value::as_str) == Some("open_url"));
    let behaviour = |name: &str| opening?.get(name)?.as_str().filter(|url| !url.is_empty());
    behaviour("default_url")
        .or_else(|| behaviour("pc_url"))
        .or_else(|| component.get("url")?.as_str())
        .or_else(|| string("url", "multi_url"))
        .or_else(|| string("pc_url", "multi_url"))
        .or_else(|| string("url", "card_link"))
        .filter(|url| !url.is_empty())
}
