//! Layout of a page: head, navigation, preferences, and the content.

use std::borrow::Cow;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{
    HOME,
    assets::{self, SCRIPT, STYLE},
    elements::{ago, csrf},
    language,
    navigation::{ENTRIES, LOGOUT, PREFERENCES, to_login},
    view::{Theme, View},
};
use crate::{admin::Role, codes::Language, telemetry::escaped_html};

/// A whole page. The title is the heading of the page and the name of its tab.
pub(crate) fn page(view: &View, title: &str, body: &Markup) -> Response {
    let content = html! {
        header.side {
            (brand())
            (menu(view))
        }
        div.main {
            section.bar aria-label=(view.word("Preferences", "偏好设置")) { (tools(view)) }
            main id="main" tabindex="-1" {
                h1 { (title) }
                (loaded(view, body))
                (body)
            }
            (stream(view))
        }
    };
    answer(document(view, title, "with-side", &content))
}

/// When a page was made that does not follow what happens.
fn loaded(view: &View, body: &Markup) -> Markup {
    html! {
        @if !body.0.contains(r#" data-live=""#) {
            p.loaded { (view.word("Loaded ", "加载于 ")) (ago(view, view.now_ms)) }
        }
    }
}

/// What a script says of the stream that keeps the page up to date, once it has something to say.
fn stream(view: &View) -> Markup {
    html! {
        div.stream role="status" {
            p.notice.warn hidden data-stream="out" {
                (view.word("You are logged out, so this page is no longer kept up to date. ", "登录已结束，本页不再更新。"))
                a href=(to_login(&view.path)) { (view.word("Log in", "登录")) }
            }
            p.notice.warn hidden data-stream="silent" {
                (view.word("The server does not answer, trying again.", "服务器没有响应，正在重试。"))
            }
            p.notice.warn hidden data-stream="refused" {}
            p.notice.held hidden data-stream="held" {
                (view.word("This part waits while you work in it; Esc lets it follow again.", "您正在操作此区域，更新已暂停；按 Esc 恢复更新。"))
            }
        }
    }
}

/// A page without navigation: before the login.
pub(super) fn bare_page(view: &View, title: &str, body: &Markup) -> Response {
    let content = html! {
        div.bare {
            header { (brand()) }
            main id="main" tabindex="-1" { (body) }
            footer { (tools(view)) }
        }
    };
    answer(document(view, title, "without-side", &content))
}

/// A part of a page, for a script that puts it into one.
pub(crate) fn fragment(body: Markup) -> Response {
    answer(body)
}

/// The text of a page or of a part, with nothing from outside that changes the direction of what stands around it.
pub(crate) fn visible(html: Markup) -> String {
    let html = html.into_string();
    match escaped_html(&html) {
        Cow::Borrowed(_) => html,
        Cow::Owned(shown) => shown,
    }
}

fn answer(html: Markup) -> Response {
    const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, HTML)], visible(html)).into_response()
}

fn document(view: &View, title: &str, class: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language::tag(view.language)) data-theme=(view.theme.word()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · lark-callback" }
                link rel="icon" type="image/svg+xml" href=(assets::path(assets::ICON));
                link rel="stylesheet" href=(assets::path(STYLE));
                script src=(assets::path(SCRIPT)) defer {}
            }
            body class=(class) data-csrf=(view.csrf) data-now=(view.now_ms) {
                a.skip href="#main" { (view.word("Skip to the content", "跳到正文")) }
                (content)
            }
        }
    }
}

fn brand() -> Markup {
    html! {
        a.brand href=(HOME) {
            svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" {
                rect width="24" height="24" rx="6" class="brand-back" {}
                path d="M6 8.5h9.5a3.25 3.25 0 0 1 0 6.5H9m0 0 3-3m-3 3 3 3" class="brand-line" {}
            }
            span { "lark-callback" }
        }
    }
}

fn menu(view: &View) -> Markup {
    html! {
        nav.menu aria-label=(view.word("Pages", "页面")) {
            ul {
                @for entry in ENTRIES.iter().filter(|entry| entry.is_for(view.role)) {
                    li {
                        a href=(entry.path) aria-current=[entry.holds(&view.path).then_some("page")] {
                            (view.word(entry.names[0], entry.names[1]))
                        }
                    }
                }
            }
        }
    }
}

fn tools(view: &View) -> Markup {
    let other = match view.language {
        Language::En => ("zh", "中文", "zh-CN"),
        Language::Zh => ("en", "English", "en"),
    };
    html! {
        form.tools method="post" action=(PREFERENCES) {
            (csrf(view))
            input type="hidden" name="next" value=(view.path);
            button.quiet type="submit" name="language" value=(other.0) lang=(other.2) { (other.1) }
            fieldset.themes {
                legend.unseen { (view.word("Colours", "配色")) }
                @for (theme, name) in [
                    (Theme::System, view.word("Auto", "自动")),
                    (Theme::Light, view.word("Light", "浅色")),
                    (Theme::Dark, view.word("Dark", "深色")),
                ] {
                    button.quiet type="submit" name="theme" value=(theme.word())
                        aria-pressed=(if view.theme == theme { "true" } else { "false" }) { (name) }
                }
            }
        }
        @if let Some(role) = view.role {
            span.role { (role_name(view, role)) }
            @if !view.is_open {
                form method="post" action=(LOGOUT) {
                    (csrf(view))
                    button.quiet type="submit" { (view.word("Log out", "退出登录")) }
                }
            }
        }
    }
}

fn role_name<'a>(view: &View, role: Role) -> &'a str {
    match role {
        Role::Viewer => view.word("Viewer", "只读"),
        Role::Operator => view.word("Operator", "运维"),
    }
}
