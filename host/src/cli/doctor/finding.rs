//! Findings of `doctor`: one line for each check, with cause and cure where something is wrong.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    cli::language::Language,
    telemetry::{amount, escaped},
};

pub(super) use crate::codes::{Text, both, same};

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) enum State {
    Ok,
    NotTested,
    Warning,
    Failed,
}

impl State {
    /// Word for programs.
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotTested => "not_tested",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }

    /// Word for people; as wide as the widest of its language.
    fn shown(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::En, Self::Ok) => "ok        ",
            (Language::En, Self::NotTested) => "not tested",
            (Language::En, Self::Warning) => "WARNING   ",
            (Language::En, Self::Failed) => "FAILED    ",
            (Language::Zh, Self::Ok) => "正常  ",
            (Language::Zh, Self::NotTested) => "未检查",
            (Language::Zh, Self::Warning) => "警告  ",
            (Language::Zh, Self::Failed) => "失败  ",
        }
    }
}

/// Result of one check.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// Stable name: `group.check`.
    pub(super) check: &'static str,
    /// Application that it is about; empty for the server.
    pub(super) app: String,
    pub(super) state: State,
    pub(super) result: Text,
    pub(super) cause: Option<Text>,
    pub(super) cure: Option<Text>,
    pub(super) link: Option<String>,
}

impl Finding {
    fn new(check: &'static str, state: State, result: Text) -> Self {
        Self {
            check,
            app: String::new(),
            state,
            result,
            cause: None,
            cure: None,
            link: None,
        }
    }

    pub(super) fn ok(check: &'static str, result: Text) -> Self {
        Self::new(check, State::Ok, result)
    }

    pub(super) fn warning(check: &'static str, result: Text) -> Self {
        Self::new(check, State::Warning, result)
    }

    pub(super) fn failed(check: &'static str, result: Text) -> Self {
        Self::new(check, State::Failed, result)
    }

    pub(super) fn not_tested(check: &'static str, result: Text) -> Self {
        Self::new(check, State::NotTested, result)
    }

    #[must_use]
    pub(super) fn because(self, cause: Text) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }

    #[must_use]
    pub(super) fn cure(self, cure: Text) -> Self {
        Self {
            cure: Some(cure),
            ..self
        }
    }

    #[must_use]
    pub(super) fn link(self, link: impl Into<String>) -> Self {
        Self {
            link: Some(link.into()),
            ..self
        }
    }

    #[must_use]
    pub(super) fn of_app(self, app: &str) -> Self {
        Self {
            app: app.to_owned(),
            ..self
        }
    }

    fn group(&self) -> &'static str {
        self.check.split('.').next().unwrap_or_default()
    }
}

/// All findings, in the order of the checks.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

/// Headings of the groups.
const GROUPS: [(&str, &str, &str); 12] = [
    ("settings", "Settings", "配置"),
    ("server", "Server", "服务"),
    ("keys", "Keys", "密钥"),
    ("public", "Public address and proxy", "公网地址与反向代理"),
    ("tls", "TLS certificate", "TLS 证书"),
    ("clock", "Clock", "时钟"),
    ("database", "Database", "数据库"),
    ("plugins", "Plugins", "插件"),
    ("lark", "Lark's API", "飞书开放平台 API"),
    ("connection", "Long connection", "长连接"),
    ("redirect", "Redirect URL", "重定向 URL"),
    ("console", "Developer console", "开发者后台"),
];

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings);
    }

    pub(super) fn count(&self, state: State) -> usize {
        self.0.iter().filter(|finding| finding.state == state).count()
    }

    /// Everything for a program.
    pub(super) fn json(&self, language: Language) -> Value {
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.of(language).to_owned());
        let findings: Vec<_> = self
            .0
            .iter()
            .map(|finding| {
                json!({
                    "check": finding.check,
                    "app": finding.app,
                    "state": finding.state.word(),
                    "result": finding.result.of(language),
                    "cause": text(&finding.cause),
                    "cure": text(&finding.cure),
                    "link": finding.link,
                })
            })
            .collect();
        json!({
            "ok": self.count(State::Failed) == 0,
            "failed": self.count(State::Failed),
            "warnings": self.count(State::Warning),
            "not_tested": self.count(State::NotTested),
            "findings": findings,
        })
    }

    /// Everything for a person.
    pub(super) fn shown(&self, language: Language) -> String {
        let mut shown = String::new();
        for (group, en, zh) in GROUPS {
            let findings: Vec<_> = self.0.iter().filter(|finding| finding.group() == group).collect();
            if findings.is_empty() {
                continue;
            }
            let _ = writeln!(shown, "{}", both(en, zh).of(language));
            let mut app = "";
            for finding in findings {
                if finding.app != app {
                    app = &finding.app;
                    let _ = writeln!(shown, "  [{}]", escaped(app));
                }
                show(&mut shown, finding, language);
            }
            shown.push('\n');
        }
        let counts = [State::Ok, State::Warning, State::Failed, State::NotTested].map(|state| self.count(state));
        let [ok, warnings, failed, not_tested] = counts;
        let summary = both(
            format!(
                "{ok} ok, {}, {failed} failed, {not_tested} not tested",
                amount(warnings, "warning")
            ),
            format!("正常 {ok}，警告 {warnings}，失败 {failed}，未检查 {not_tested}"),
        );
        let _ = writeln!(shown, "{}", summary.of(language));
        shown
    }
}

fn show(shown: &mut String, finding: &Finding, language: Language) {
    shown.push_str(&line(finding.state, &finding.result, language));
    let parts = [
        (both("cause", "原因"), finding.cause.clone()),
        (both("cure ", "处理"), finding.cure.clone()),
        (both("link ", "链接"), finding.link.clone().map(same)),
    ];
    for (name, text) in parts {
        if let Some(text) = text {
            let _ = writeln!(
                shown,
                "              {}  {}",
                name.of(language),
                on_lines(text.of(language))
            );
        }
    }
}

/// The first line of a finding.
pub(in crate::cli) fn line(state: State, result: &Text, language: Language) -> String {
    format!("  {}  {}\n", state.shown(language), on_lines(result.of(language)))
}

/// Keeps what a proxy or Lark said from moving the cursor; further lines are indented.
fn on_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| escaped(line).into_owned()).collect();
    lines.join("\n                     ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Findings {
        let mut findings = Findings::default();
        findings.add(Finding::ok("server.up", both("it runs", "运行中")));
        let failed = Finding::failed("public.body", both("changed\u{1b}[2J", "被改写"))
            .because(both("a proxy", "代理"))
            .cure(both("turn it off", "关闭"))
            .link("https://example.com")
            .of_app("hr");
        findings.add(failed);
        findings
    }

    #[test]
    fn a_person_reads_state_cause_cure_and_link() {
        let shown = findings().shown(Language::En);
        for part in [
            "Server\n  ok          it runs",
            "[hr]\n  FAILED",
            "cause  a proxy",
            "cure   turn it off",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert!(shown.ends_with("1 ok, 0 warnings, 1 failed, 0 not tested\n"), "{shown}");
    }

    #[test]
    fn the_same_in_chinese() {
        let shown = findings().shown(Language::Zh);
        for part in [
            "服务\n  正常    运行中",
            "失败    被改写",
            "原因  代理",
            "链接  https://example.com",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn a_program_reads_stable_words() {
        let json = findings().json(Language::En);
        assert_eq!(json["ok"], false);
        assert_eq!(json["findings"][0]["state"], "ok");
        assert_eq!(json["findings"][1]["check"], "public.body");
        assert_eq!(json["findings"][1]["app"], "hr");
    }
}
