//! The Markdown of cards.

use serde_json::json;

use super::{card, markdown};

#[track_caller]
fn shows(content: &str, html: &str) {
    let drawn = markdown(content);
    assert!(drawn.contains(html), "{html}\nis not in\n{drawn}");
}

#[test]
fn what_lark_knows_of_markdown_is_drawn() {
    shows("a **b** c", "a <strong>b</strong> c");
    shows("a *b* c", "a <em>b</em> c");
    shows("***b***", "<strong><em>b</em></strong>");
    shows("~~b~~", "<s>b</s>");
    shows("`a < b`", "<code class=\"card-inline-code\">a &lt; b</code>");
    shows("**a *b* c**", "<strong>a <em>b</em> c</strong>");
    shows("a<br>b", "a<br>b");
    shows(
        "a\nb\n\nc",
        "<p class=\"card-text\">a\nb</p><p class=\"card-text\">c</p>",
    );
    shows(
        "# big\n### small",
        "<p class=\"card-heading\">big</p><p class=\"card-subheading\">small</p>",
    );
    shows("- a\n  - b\n1. c", "<p class=\"card-item at-1\">");
    shows("1. c", "<span class=\"card-mark\">1.</span>");
    shows(
        "```rust\nlet a = **b**;\n```",
        "<pre class=\"card-code\" tabindex=\"0\"><code>let a = **b**;</code></pre>",
    );
    shows("> a\n> b", "<blockquote class=\"card-quote\">a\nb</blockquote>");
    shows("a\n---\nb", "<hr class=\"card-hr\">");
    shows("| a | b |\n|---|---|\n| 1 | **2** |", "<td><strong>2</strong></td>");
    shows("<font color='red'>a</font>", "<span class=\"ink-red\">a</span>");
    shows("<font color=\"blue-600\">a</font>", "<span class=\"ink-blue\">a</span>");
    shows(
        "<text_tag color='green'>a</text_tag>",
        "<span class=\"card-tag fill-green\">a</span>",
    );
    shows("<at id=all></at>", "@everyone");
    shows(
        "<at id=ou_1></at> and <person id='ou_2'/>",
        "<span class=\"card-at\">@ou_1</span> and <span class=\"card-at\">@ou_2</span>",
    );
    shows("![a chart](img_v2_1)", "<code>img_v2_1</code>");
    shows("&lt;b&gt; &amp;amp; &#42;&#x2A;", "&lt;b&gt; &amp;amp; **");
    shows(":DONE: :nothing_of_that_name:", "✅ :nothing_of_that_name:");
}

#[test]
fn what_is_no_markdown_stays_text() {
    for text in [
        "2 * 3 * 4",
        "a ** b",
        "*",
        "**",
        "~~",
        "`",
        "[a](b",
        "a_b_c",
        "![",
        "\\",
        "&",
        "&nothing;",
        ": a :",
        "![a](",
        "#tag",
        "-a",
    ] {
        let escaped = text.replace('&', "&amp;");
        shows(text, &format!("<p class=\"card-text\">{escaped}</p>"));
    }
    shows(r"\*a\* \[b\](c)", "*a* [b](c)");
    shows("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
}

#[test]
fn a_link_shows_where_it_leads_and_leads_only_to_the_web() {
    shows(
        "[https://bank.example](https://evil.example/login)",
        "<a class=\"card-link\" href=\"https://evil.example/login\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">\
         https://bank.example <span class=\"card-target\">evil.example ↗</span></a>",
    );
    shows("<a href='http://a.example:8080/'>a</a>", "a.example:8080 ↗");
    for url in [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,a",
        "vbscript:a",
        "file:///etc/passwd",
        "//evil.example",
        "/console/logout",
        "https://user:secret@evil.example",
        "https://",
        "",
    ] {
        let drawn = markdown(&format!("[a]({url}) <a href=\"{url}\">b</a>"));
        assert!(!drawn.contains("href"), "{url}: {drawn}");
    }
}

#[test]
fn a_text_is_shown_in_the_language_of_the_page() {
    let text =
        json!({"tag": "plain_text", "content": "neither", "i18n_content": {"en_us": "english", "zh_cn": "中文"}});
    let whole = json!({"schema": "2.0", "body": {"elements": [text]}});
    assert!(card(&whole).contains("english"));
    let zh = super::Look {
        language: crate::codes::Language::Zh,
        ..super::OFF
    };
    let drawn = super::super::card(&whole, zh).into_string();
    assert!(drawn.contains("中文") && !drawn.contains("english"), "{drawn}");
    let older =
        json!({"i18n_elements": {"ja_jp": [{"tag": "hr"}], "en_us": [{"tag": "markdown", "content": "by language"}]}});
    assert!(card(&older).contains("by language"));
    let other = json!({"i18n_elements": {"ja_jp": [{"tag": "markdown", "content": "ja"}]}});
    assert!(card(&other).contains("ja"), "another language is better than none");
}
