//! The comparison itself: what Lark told beside what is needed. What Lark did not tell is named, and never taken for missing.

use super::{
    ConsoleScope, Finding, both,
    links::Links,
    needs::Needs,
    same,
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

/// Scopes of the calls and events, beside those that were granted or are in the published version.
fn scopes(seen: &Seen, needs: &Needs, links: &Links) -> Vec<Finding> {
    let mut findings = Vec::new();
    let online = seen
        .versions
        .as_ref()
        .and_then(|versions| online(versions, seen.entry.as_ref()));
    let listed = online.and_then(|online| online.scopes);
    let listed = listed.or_else(|| seen.entry.as_ref().and_then(|entry| entry.scopes.clone()));
    let granted = seen.granted.as_ref();
    if granted.is_none() && listed.is_none() {
        if !needs.app_scopes.is_empty() || !needs.user_scopes.is_empty() {
            findings.push(Finding::not_tested(
                "console.scopes",
                both(
                    "Lark did not tell which scopes the application has",
                    "飞书没有返回应用的权限",
                ),
            ));
        }
        return findings;
    }
    let has = |scope: &str, is_for: fn(&ConsoleScope) -> Option<bool>| {
        let listed = listed.as_ref().map(|listed| {
            let mut listed = listed.iter().filter(|other| other.name == scope);
            listed.any(|other| is_for(other) != Some(false))
        });
        let granted = granted.map(|granted| {
            let mut granted = granted.iter().filter(|other| other.name == scope);
            granted.any(|other| other.is_granted != Some(false))
        });
        // A list that does not have it may be of users alone, or of the tenant alone.
        match (granted, listed) {
            (Some(granted), Some(listed)) => granted || listed,
            (one, other) => one.or(other).unwrap_or(false),
        }
    };
    let kinds: [(&[(String, &'static [&'static str])], fn(&ConsoleScope) -> Option<bool>); 2] = [
        (&needs.app_scopes, |scope| scope.is_for_app),
        (&needs.user_scopes, |scope| scope.is_for_user),
    ];
    let mut is_right = true;
    for (needed, is_for) in kinds {
        for (what, any) in needed {
            if any.iter().any(|scope| has(scope, is_for)) {
                continue;
            }
            is_right = false;
            findings.push(lacking(what, any, links));
        }
    }
    if is_right && (!needs.app_scopes.is_empty() || !needs.user_scopes.is_empty()) {
        findings.push(Finding::ok(
            "console.scopes",
            both(
                "the application has a scope for each call that plugins are granted and each event that they take",
                "插件获准的接口和接收的事件都有对应的权限",
            ),
        ));
    }
    if !needs.unknown_calls.is_empty() {
        findings.push(
            Finding::not_tested(
                "console.calls",
                both(
                    "for some granted calls it is not known which scope they need",
                    "部分获准的接口不清楚需要哪个权限",
                ),
            )
            .because(same(joined(needs.unknown_calls.iter())))
            .cure(both(
                "see the page of each call in Lark's documentation",
                "查看开放平台文档中各接口的权限要求",
            )),
        );
    }
    findings
}

fn lacking(what: &str, any: &'static [&'static str], links: &Links) -> Finding {
    let first = any.first().copied().unwrap_or_default();
    let all = any.join(", ");
    Finding::failed(
        "console.scopes",
        both(format!("a scope is missing for {what}"), format!("缺少权限：{what}")),
    )
    .because(both(
        format!("one of these is enough: {all}"),
        format!("以下权限任一即可：{all}"),
    ))
    .cure(both(
        "add it under Permissions & Scopes and publish a version",
        "在“权限管理”中开通，并发布版本",
    ))
    .link(links.scopes(&[first]))
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
