//! The pages as a browser and a person get them.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::{Language, POLICY, STYLE, html, status};
use crate::lark::Page;

const PAGES: [(Page, u16); 10] = [
    (Page::Authorized, 200),
    (Page::Refused, 200),
    (Page::Expired, 400),
    (Page::Used, 400),
    (Page::WrongPerson, 403),
    (Page::Invalid, 400),
    (Page::Failed, 502),
    (Page::Incomplete, 400),
    (Page::NotSetUp, 503),
    (Page::Address, 200),
];

fn language(accepted: &str) -> Language {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
    Language::of(&headers)
}

#[test]
fn the_policy_names_the_style_and_the_page_has_nothing_else_that_could_run_or_load() {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    assert!(POLICY.contains(&format!("style-src 'sha256-{hash}';")), "sha256-{hash}");
    for (page, _) in PAGES {
        let html = html(page, Language::English);
        for forbidden in ["<script", "style=", "src=", "href=", "url(", "http", "@import"] {
            assert!(!html.contains(forbidden), "{page:?}: {forbidden}");
        }
    }
}

#[test]
fn every_page_has_its_own_words_in_both_languages_and_the_status_of_the_table() {
    let mut seen = std::collections::HashSet::new();
    for (page, wanted) in PAGES {
        assert_eq!(status(page).as_u16(), wanted, "{page:?}");
        for (language, tag) in [(Language::Chinese, "zh-CN"), (Language::English, "en")] {
            let html = html(page, language);
            assert!(html.contains(&format!("<html lang=\"{tag}\">")));
            let (_, title) = html.split_once("<h1>").unwrap();
            let (title, _) = title.split_once("</h1>").unwrap();
            assert!(seen.insert(title.to_owned()), "{title} twice");
            let is_ascii = title.is_ascii();
            assert_eq!(is_ascii, language == Language::English, "{title}");
        }
    }
}

#[test]
fn the_browser_chooses_the_language_by_weight_and_then_by_order() {
    assert_eq!(Language::of(&HeaderMap::new()), Language::Chinese);
    for (accepted, wanted) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
        ("en-US,en;q=0.9,zh-CN;q=0.8", Language::English),
        ("en;q=0.5, ZH-hant;q=0.6", Language::Chinese),
        ("de-DE,de;q=0.9", Language::English),
        ("fr;q=0.9,zh;q=0.9", Language::English),
        ("*", Language::Chinese),
        ("zh;q=0,en;q=0.1", Language::English),
        ("zh;q=x,en;q=0.1", Language::English),
        ("", Language::Chinese),
        (",;q=1,;;", Language::Chinese),
        ("en;q=NaN", Language::Chinese),
    ] {
        assert_eq!(language(accepted), wanted, "{accepted:?}");
    }
}
