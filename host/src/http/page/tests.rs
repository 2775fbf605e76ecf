//! Tests of the pages as a browser and a person get them.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use lark_protocol::Page;
use sha2::{Digest, Sha256};

use super::{Language, POLICY, STYLE, html, status};
use crate::apps::{About, Chat};

const PAGES: [(Page, u16); 11] = [
    (Page::Authorized, 200),
    (Page::Refused, 200),
    (Page::Expired, 400),
    (Page::Used, 400),
    (Page::WrongPerson, 403),
    (Page::NotAllowed, 403),
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

const LANGUAGES: [Language; 4] = [
    Language::Simplified,
    Language::Traditional("zh-TW"),
    Language::Traditional("zh-HK"),
    Language::English,
];

fn about(name: Option<&str>) -> About {
    About {
        name: name.map(str::to_owned),
        chat: Some(Chat::with("cli_a", "https://accounts.feishu.cn")),
    }
}

#[test]
fn the_policy_names_the_style_and_the_page_has_nothing_else_that_could_run_or_load() {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    assert!(POLICY.contains(&format!("style-src 'sha256-{hash}';")), "sha256-{hash}");
    for (page, _) in PAGES {
        let html = html(page, Language::English, &About::default());
        for forbidden in ["<script", "style=", "src=", "href=", "url(", "http", "@import"] {
            assert!(!html.contains(forbidden), "{page:?}: {forbidden}");
        }
    }
}

#[test]
fn every_page_has_its_own_words_in_each_language_and_the_status_of_the_table() {
    let mut seen = std::collections::HashSet::new();
    for (page, wanted) in PAGES {
        assert_eq!(status(page).as_u16(), wanted, "{page:?}");
        for language in [Language::Simplified, Language::Traditional("zh-TW"), Language::English] {
            let html = html(page, language, &about(None));
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())));
            let (_, body) = html.split_once("<h1>").unwrap();
            let (title, _) = body.split_once("</h1>").unwrap();
            assert!(seen.insert(body.to_owned()), "{title} twice");
            assert_eq!(title.is_ascii(), language == Language::English, "{title}");
        }
    }
}

#[test]
fn traditional_pages_have_no_simplified_character() {
    for (page, _) in PAGES {
        for language in [Language::Traditional("zh-TW"), Language::Traditional("zh-HK")] {
            let html = html(page, language, &about(Some("打卡")));
            let simplified = "应权请链结账号录与给个进现这处开时间页关闭为联设启户问题没许过围内员仅钟发从网储";
            let wrong: Vec<char> = html.chars().filter(|letter| simplified.contains(*letter)).collect();
            assert_eq!(wrong, Vec::<char>::new(), "{page:?}");
        }
    }
}

#[test]
fn no_chinese_line_is_long_enough_to_break_inside_a_word() {
    // A phone of 320 points has room for fourteen characters of the text; one is for what ends the line.
    const ROOM: usize = 13;
    for (page, _) in PAGES {
        for language in LANGUAGES.into_iter().filter(|language| *language != Language::English) {
            let html = html(page, language, &About::default());
            let (_, text) = html.split_once("</h1>").unwrap();
            let text = text
                .replace("<wbr>", "|")
                .replace("<p>", "|")
                .replace("</p>", "|")
                .replace(">", "|");
            for part in text
                .split(['|', '\n', '，', '。', ' '])
                .filter(|part| !part.contains('<'))
            {
                assert!(part.chars().count() <= ROOM, "{page:?}: {part}");
            }
        }
    }
}

#[test]
fn the_application_is_named_as_text_and_there_is_a_way_back_to_its_chat() {
    for language in LANGUAGES {
        let html = html(Page::Authorized, language, &about(Some("<b>打卡 & \"HR\"|{app}")));
        assert!(
            html.contains("<p class=\"app\">&lt;b&gt;打卡 &amp; &quot;HR&quot;|{app}</p>"),
            "{html}"
        );
        assert!(!html.contains("<b>"), "{html}");
        assert!(
            html.contains("href=\"https://applink.feishu.cn/client/bot/open?appId=cli_a\""),
            "{html}"
        );
    }
    let lark = About {
        name: Some("Time off".to_owned()),
        chat: Some(Chat::with("cli_a", "https://accounts.larksuite.com")),
    };
    let english = html(Page::Authorized, Language::English, &lark);
    assert!(english.contains("Time off can now act on your behalf"), "{english}");
    assert!(
        english.contains("https://applink.larksuite.com/client/bot/open?appId=cli_a\">Back to Lark</a>"),
        "{english}"
    );
    let chinese = html(Page::Refused, Language::Simplified, &lark);
    assert!(
        chinese.contains("「Time off」未获得任何权限。") && chinese.contains(">返回 Lark</a>"),
        "{chinese}"
    );
    let unnamed = html(Page::Refused, Language::English, &about(None));
    assert!(
        unnamed.contains("You declined. The application was not given any access."),
        "{unnamed}"
    );
}

#[test]
fn the_browser_chooses_the_language_by_weight_and_then_by_order() {
    assert_eq!(Language::of(&HeaderMap::new()), Language::Simplified);
    for (accepted, wanted) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language::Simplified),
        ("en-US,en;q=0.9,zh-CN;q=0.8", Language::English),
        ("en;q=0.5, ZH-hant;q=0.6", Language::Traditional("zh-TW")),
        ("zh-TW,zh;q=0.9", Language::Traditional("zh-TW")),
        ("zh-Hant-HK", Language::Traditional("zh-HK")),
        ("zh-HK", Language::Traditional("zh-HK")),
        ("zh-MO", Language::Traditional("zh-HK")),
        ("zh-Hans-HK", Language::Simplified),
        ("zh-SG", Language::Simplified),
        ("de-DE,de;q=0.9", Language::English),
        ("fr;q=0.9,zh;q=0.9", Language::English),
        ("*", Language::Simplified),
        ("zh;q=0,en;q=0.1", Language::English),
        ("zh;q=x,en;q=0.1", Language::English),
        ("", Language::Simplified),
        (",;q=1,;;", Language::Simplified),
        ("en;q=NaN", Language::Simplified),
    ] {
        assert_eq!(language(accepted), wanted, "{accepted:?}");
    }
}
