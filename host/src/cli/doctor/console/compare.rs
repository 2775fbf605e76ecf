//! The comparison itself: what Lark told beside what is needed. What Lark did not tell is named, and never taken for missing.

use super::{
    Finding, both,
    links::Links,
    needs::Needs,
    scopes::scopes,
    seen::{APPROVED, Seen, joined, online},
    subscriptions::{callbacks, events},
};

const REJECTED: i64 = 2;
const IN_REVIEW: i64 = 3;
const DISABLED: i64 = 0;
const NOT_ENABLED: i64 = 2;

pub(super) fn compare(seen: &Seen, needs: &Needs, links: &Links) -> Vec<Finding> {
    let mut findings = published(seen, links);
    findings.extend(events(seen, needs, links));
    findings.extend(callbacks(seen, needs, links));
    findings.extend(scopes(seen, needs, links));
    findings.extend(bot(seen, needs, links));
    findings.extend(redirect(seen, needs, links));
    if needs.takes_any {
        findings.push(Finding::not_tested(
            "console.any",
            both(
                "a plugin takes every type (`*`); which of them are to be subscribed only its author knows",
                "有插件接收所有类型（`*`）；需要订阅哪些只有作者知道",
            ),
        ));
    }
    findings
}

fn published(seen: &Seen, links: &Links) -> Vec<Finding> {
    let mut findings = Vec::new();
    let status = seen.entry.as_ref().and_then(|entry| entry.status);
    if matches!(status, Some(DISABLED | NOT_ENABLED)) {
        findings.push(
            Finding::failed(
                "console.enabled",
                both("the application is not enabled in the tenant", "应用在企业内没有启用"),
            )
            .cure(both(
                "have an administrator enable it in the admin console, under Workplace > App Management",
                "请管理员在管理后台“工作台 > 应用管理”中启用",
            )),
        );
    }
    let Some(versions) = &seen.versions else {
        return findings;
    };
    let Some(online) = online(versions, seen.entry.as_ref()) else {
        findings.push(
            Finding::failed(
                "console.published",
                both(
                    "no version of the application is published: Lark sends nothing, and a click shows 200340",
                    "应用没有发布过版本：飞书不会推送任何内容，点击卡片会提示 200340",
                ),
            )
            .cure(both(
                "create a version under Version Management & Release and have it approved",
                "在“版本管理与发布”中创建版本并通过审核",
            ))
            .link(links.versions()),
        );
        return findings;
    };
    findings.push(Finding::ok(
        "console.published",
        both(
            format!("version {} of the application is published", online.version),
            format!("应用版本 {} 已发布", online.version),
        ),
    ));
    let waiting = versions
        .iter()
        .find(|version| !version.is_published || version.status != Some(APPROVED));
    if let Some(waiting) = waiting.filter(|waiting| waiting.id != online.id) {
        let (en, zh) = match waiting.status {
            Some(IN_REVIEW) => ("waits for its review", "正在审核"),
            Some(REJECTED) => ("was rejected", "审核未通过"),
            _ => ("was not submitted", "尚未提交审核"),
        };
        let version = &waiting.version;
        findings.push(
            Finding::warning(
                "console.waiting",
                both(
                    format!("version {version} {en}; its changes have no effect yet"),
                    format!("版本 {version} {zh}；其中的改动还没有生效"),
                ),
            )
            .link(links.versions()),
        );
    }
    findings
}

fn bot(seen: &Seen, needs: &Needs, links: &Links) -> Option<Finding> {
    let online = seen
        .versions
        .as_ref()
        .and_then(|versions| online(versions, seen.entry.as_ref()))?;
    if !needs.needs_bot || online.has_bot != Some(false) {
        return None;
    }
    Some(
        Finding::failed(
            "console.bot",
            both(
                "plugins send messages, and the published version has no bot",
                "插件要发送消息，但已发布的版本没有机器人能力",
            ),
        )
        .cure(both(
            "add the ability Bot and publish a version",
            "添加“机器人”应用能力，并发布版本",
        ))
        .link(links.bot()),
    )
}

fn redirect(seen: &Seen, needs: &Needs, links: &Links) -> Option<Finding> {
    let wanted = needs.redirect_uri.as_ref()?;
    let entry = seen.entry.as_ref()?;
    let Some(registered) = &entry.redirect_urls else {
        return Some(
            Finding::not_tested(
                "console.redirect",
                both("Lark did not tell the redirect URLs", "飞书没有返回重定向 URL"),
            )
            .cure(both(
                format!("see that {wanted} is registered under Security Settings"),
                format!("请确认“安全设置”中已登记 {wanted}"),
            ))
            .link(links.security()),
        );
    };
    if registered.contains(wanted) {
        return Some(Finding::ok(
            "console.redirect",
            both(format!("{wanted} is registered"), format!("{wanted} 已登记")),
        ));
    }
    Some(
        Finding::failed(
            "console.redirect",
            both(
                format!("{wanted} is not registered as a redirect URL: authorizing ends with 20029"),
                format!("{wanted} 没有登记为重定向 URL：授权时会报 20029"),
            ),
        )
        .because(both(
            format!("registered are: {}", joined(registered.iter())),
            format!("已登记：{}", joined(registered.iter())),
        ))
        .cure(both(
            "add it letter by letter under Security Settings > Redirect URLs",
            "在“安全设置 > 重定向 URL”中逐字添加",
        ))
        .link(links.security()),
    )
}
