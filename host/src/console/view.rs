//! View: for whom, in which language and colours, and with which rights a page is rendered.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, Uri, header, request::Parts},
};

use super::{Console, language, navigation::own_path};
use crate::{admin::Role, codes::Language, operate::Actor};

/// Cookie of the chosen language.
pub(super) const LANGUAGE: &str = "lark_callback_language";

/// Cookie of the chosen theme.
pub(super) const THEME: &str = "lark_callback_theme";

/// Colours of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the browser prefers.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Word in a cookie, a form and the page.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Theme of a word.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        [Self::System, Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.word() == word)
    }
}

/// Properties of a request that a page depends on. Handlers take it as an argument.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// Language of the texts.
    pub(crate) language: Language,
    /// Colours.
    pub(crate) theme: Theme,
    /// Rights of the caller; absent on the pages before the login.
    pub(crate) role: Option<Role>,
    /// The caller, as its changes are recorded; absent on the pages before the login.
    pub(crate) actor: Option<Arc<Actor>>,
    /// Whether everybody is an operator without a login.
    pub(crate) is_open: bool,
    /// Token that each form sends back.
    pub(crate) csrf: Arc<str>,
    /// Own path with its query; after a form that of the page that it was on, because where forms go there may be no page.
    pub(crate) path: Arc<str>,
    /// Current time in milliseconds since 1970.
    pub(crate) now_ms: u64,
}

impl View {
    /// View of a request; its rights are added once they are proved.
    pub(super) fn of(console: &Console, parts: &Parts) -> Self {
        let chosen = |name: &str| cookies(&parts.headers, name).next().map(str::to_owned);
        let language = chosen(LANGUAGE).and_then(|word| language::of_word(&word));
        let theme = chosen(THEME).and_then(|word| Theme::of_word(&word));
        Self {
            language: language.unwrap_or_else(|| language::accepted(&parts.headers)),
            theme: theme.unwrap_or(Theme::System),
            role: None,
            actor: None,
            is_open: console.admin.settings.is_open(),
            csrf: "".into(),
            path: own_page(parts).into(),
            now_ms: (console.admin.now_ms)(),
        }
    }

    /// One of two words, by the language.
    pub(crate) fn word<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// Whether the caller may change anything.
    pub(crate) fn is_operator(&self) -> bool {
        self.role == Some(Role::Operator)
    }
}

impl<S: Sync> FromRequestParts<S> for View {
    type Rejection = super::Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get().cloned().ok_or_else(super::Failure::no_page)
    }
}

fn own_page(parts: &Parts) -> String {
    if parts.method != Method::GET {
        return page_before(&parts.headers);
    }
    parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// Page from which a form was sent.
fn page_before(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let uri = referer.and_then(|referer| referer.parse::<Uri>().ok());
    let path = uri.as_ref().and_then(Uri::path_and_query);
    own_path(path.map_or("", |path| path.as_str())).to_owned()
}

/// Values of a cookie; a browser may send several of one name.
pub(super) fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs.filter_map(move |pair| {
        pair.trim()
            .split_once('=')
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
    })
}
