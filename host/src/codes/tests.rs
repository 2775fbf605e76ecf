//! Tests of the table itself, and of the search in texts.

use std::collections::BTreeSet;

use super::{
    Exit, Failed, Language, SECTIONS, cure_of_failure, diagnosis, find, lark, nearest_range, of_failure, outcome,
    refusal, scan,
};
use crate::config::settings;

/// Words in a text that look like the name of a setting.
fn setting_names(text: &str) -> BTreeSet<&str> {
    text.split(|symbol: char| !symbol.is_ascii_uppercase() && symbol != '_')
        .filter(|word| word.len() > 4 && word.contains('_'))
        .collect()
}

/// Names between backticks: commands, fields, settings of plugins.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn codes(text: &str) -> Vec<&'static str> {
    scan(text).found.into_iter().map(|(_, entry)| entry.code).collect()
}

#[test]
fn each_code_stands_once_in_its_section_and_says_the_same_in_both_languages() {
    for section in SECTIONS {
        let mut seen = BTreeSet::new();
        for entry in section.entries {
            let of = format!("{} {}", section.name, entry.code);
            assert!(seen.insert(entry.code), "{of} twice");
            for language in [Language::En, Language::Zh] {
                let (cause, cure) = (entry.cause(language), entry.cure(language));
                for text in [cause, cure] {
                    assert!(
                        !text.is_empty() && !text.ends_with(['.', '。']) && !text.contains('|'),
                        "{of}: {text}"
                    );
                }
            }
            let both = |language| format!("{} {}", entry.cause(language), entry.cure(language));
            let (en, zh) = (both(Language::En), both(Language::Zh));
            assert_eq!(setting_names(&en), setting_names(&zh), "{of}: settings");
            assert_eq!(quoted(&en), quoted(&zh), "{of}: commands");
            let is_english = en.chars().all(|letter| letter.is_ascii() || letter == '…');
            assert!(is_english || section.name == "console", "{of}: {en}");
            assert!(!zh.is_ascii(), "{of}: {zh}");
            let begins_well = entry
                .cause(Language::En)
                .chars()
                .next()
                .is_some_and(|first| !first.is_uppercase());
            let names = ["Lark", "LARK_", "OAUTH_", "App ", "X-Lark"];
            let begins_with_name = names.iter().any(|name| entry.cause(Language::En).starts_with(name));
            assert!(begins_well || begins_with_name, "{of}: part of a sentence");
        }
    }
}

#[test]
fn every_setting_that_a_cure_names_exists() {
    let known: BTreeSet<_> = settings::all().map(|setting| setting.name).collect();
    for section in SECTIONS {
        for entry in section.entries {
            let text = entry.to_string();
            let ours = setting_names(&text).into_iter().filter(|name| {
                ["LARK_", "CALLBACK_", "OAUTH_", "TOKEN_"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
            });
            for name in ours {
                assert!(known.contains(name), "{}: {name}", entry.code);
            }
        }
    }
}

#[test]
fn every_reason_of_the_protocol_is_explained() {
    use lark_protocol::{Malformed, Unauthenticated};
    let unauthenticated = [
        Unauthenticated::MissingHeaders,
        Unauthenticated::TimestampFormat,
        Unauthenticated::NonceFormat,
        Unauthenticated::Signature,
        Unauthenticated::NoKey,
        Unauthenticated::Decrypt,
        Unauthenticated::PlainBody,
        Unauthenticated::CardV1,
        Unauthenticated::Token,
        Unauthenticated::Stale,
        Unauthenticated::Future,
    ];
    let malformed = [Malformed::Utf8, Malformed::Json, Malformed::Encrypt, Malformed::Shape];
    let reasons = unauthenticated
        .map(Unauthenticated::code)
        .into_iter()
        .chain(malformed.map(Malformed::code));
    for reason in reasons {
        assert!(refusal(reason).is_some(), "{reason}");
    }
    for word in lark_protocol::Finding::WORDS {
        assert!(diagnosis(word).is_some(), "{word}");
    }
}

#[test]
fn a_code_is_found_however_it_is_written() {
    for (text, wanted) in [
        ("200340", vec!["200340"]),
        (" over_cpu ", vec!["over_cpu"]),
        ("3", vec!["exit 3"]),
        ("230099/11310", vec!["230099", "11310"]),
        ("ErrCode: 11310", vec!["11310"]),
        ("514 403", vec!["514", "403"]),
        ("over_cpu, 200340，3", vec!["over_cpu", "200340", "exit 3"]),
        ("the process exited with code 3", vec!["exit 3"]),
        (
            "Lark answered with code 230099 (status 400, log id 20241104162326): Failed to create card content, ext=ErrCode: \
             11310; ErrMsg: over limit",
            vec!["230099", "11310"],
        ),
        (
            r#"{"timestamp":"2026-11-29T06:25:33.100123Z","level":"WARN","reason":"token","path":"/callback","status":401}"#,
            vec!["token"],
        ),
        (
            "\u{1b}[3moutcome\u{1b}[0m\u{1b}[2m=\u{1b}[0m\"trap\" duration_ms=20050",
            vec!["trap"],
        ),
        (
            "请求地址校验失败：Challenge code 没有返回",
            vec!["Challenge code没有返回"],
        ),
    ] {
        assert_eq!(codes(text), wanted, "{text}");
    }
}

#[test]
fn common_words_of_a_line_are_no_codes() {
    for text in [
        "Callback answered event.id=f7984f25108f8137722bb63cee927e66 duration_ms=11310 attempt=2",
        "the host is busy and the token is lost",
        "a retry is late",
    ] {
        assert!(codes(text).is_empty(), "{text}: {:?}", codes(text));
    }
}

#[test]
fn a_code_that_nobody_knows_has_the_nearest_range() {
    assert_eq!(scan("230998").unknown, ["230998"]);
    assert_eq!(scan("Lark refused with code 230998").unknown, ["230998"]);
    let several = scan("514 999999 777");
    assert_eq!(
        (several.found.len(), several.unknown),
        (1, vec!["999999".to_owned(), "777".to_owned()])
    );
    for (code, text) in [
        (230_998, "messages"),
        (20_999, "authorizing users"),
        (235_700, "files and images of messages"),
    ] {
        assert_eq!(nearest_range(code).unwrap().text(Language::En), text, "{code}");
    }
}

#[test]
fn a_whole_log_names_each_unknown_code_once_and_a_few_of_them() {
    let same = "Lark answered with code 230998\n".repeat(1_000);
    assert_eq!(scan(&same).unknown, ["230998"]);
    let many: String = (0..10_000)
        .map(|number| format!("code {}\n", 777_000_000_000_u64 + number))
        .collect();
    let scanned = scan(&many);
    assert_eq!((scanned.unknown.len(), scanned.has_more_unknown), (20, true));
    for text in ["x".repeat(1 << 20), format!("code {}", "9".repeat(1 << 20))] {
        assert!(scan(&text).unknown.is_empty(), "that is no code");
    }
}

#[test]
fn the_ranges_do_not_overlap_and_hold_the_codes_of_the_table() {
    for section in SECTIONS.iter().filter(|section| section.name.starts_with("lark-")) {
        for entry in section.entries {
            let code: i64 = entry.code.parse().unwrap();
            assert!(nearest_range(code).unwrap().contains(code), "{code}");
            assert!(lark(code).is_some(), "{code}");
        }
    }
}

#[test]
fn a_failure_is_explained_by_larks_code_or_else_by_its_outcome() {
    let error = "the plugin reported a permanent failure: Lark answered with code 230002 (status 200, log id x): Bot";
    let explained: Vec<_> = of_failure(Failed::Delivery, "permanent", error)
        .iter()
        .map(|entry| entry.code)
        .collect();
    assert_eq!(explained, ["230002"]);
    let cure = cure_of_failure(Failed::Callback, "permanent", error).unwrap();
    assert!(
        cure.contains("230002") && cure.contains("add the bot to the group"),
        "{cure}"
    );

    let cure = cure_of_failure(Failed::Delivery, "over_cpu", "the plugin exceeded its CPU time").unwrap();
    assert_eq!(cure, outcome("over_cpu").unwrap().cure(Language::En));
    assert_eq!(cure_of_failure(Failed::Delivery, "of a later version", "?"), None);
    assert!(find("nothing of this kind").is_empty());
}

#[test]
fn the_cure_of_a_failed_callback_promises_no_retry_and_that_of_an_event_does() {
    for outcome in ["retry", "permanent"] {
        let cure = |failed| cure_of_failure(failed, outcome, "it went wrong").unwrap();
        let of_callback = cure(Failed::Callback);
        assert!(
            of_callback.contains("not retried") && !of_callback.contains("dead retry"),
            "{of_callback}"
        );
        let of_delivery = cure(Failed::Delivery);
        assert!(of_delivery.contains("`lark-callback dead retry`"), "{of_delivery}");
    }
    let of_both = [Failed::Callback, Failed::Delivery].map(|failed| cure_of_failure(failed, "trap", "?"));
    assert_eq!(of_both[0], of_both[1], "the plugin is to be corrected in either case");
}

#[test]
fn every_exit_code_is_explained_and_no_other() {
    let ours = Exit::ALL.iter().map(|exit| format!("exit {}", *exit as u8));
    // Done, and killed by the system.
    let wanted: BTreeSet<_> = ours.chain(["exit 0".to_owned(), "exit 137".to_owned()]).collect();
    let explained: BTreeSet<_> = super::exits::SECTION
        .entries
        .iter()
        .map(|entry| entry.code.to_owned())
        .collect();
    assert_eq!(explained, wanted);
}
