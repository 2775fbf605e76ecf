//! Scopes of the calls that plugins are granted and the events that they take, beside those that the application has.

use super::{
    ConsoleScope, Finding, both,
    links::Links,
    needs::Needs,
    same,
    seen::{Seen, joined, online},
};

/// Test of whether a scope is for the identity in question; none when Lark does not say.
type IsFor = fn(&ConsoleScope) -> Option<bool>;

/// Scopes as two calls told them.
struct Known<'a> {
    /// Scopes that the tenant has granted.
    granted: Option<&'a Vec<ConsoleScope>>,
    /// Scopes of the published version, or of the application.
    listed: Option<Vec<ConsoleScope>>,
}

impl Known<'_> {
    fn has(&self, name: &str, is_for: IsFor) -> bool {
        let granted = self.granted.into_iter().flatten().filter(|scope| scope.name == name);
        let granted: Vec<_> = granted.collect();
        if !granted.is_empty() {
            return granted.iter().any(|scope| scope.is_granted != Some(false));
        }
        // The list of the tenant may be without those of users.
        let mut listed = self.listed.iter().flatten().filter(|scope| scope.name == name);
        listed.any(|scope| is_for(scope) != Some(false))
    }
}

pub(super) fn scopes(seen: &Seen, needs: &Needs, links: &Links) -> Vec<Finding> {
    let mut findings = Vec::new();
    let online = seen
        .versions
        .as_ref()
        .and_then(|versions| online(versions, seen.entry.as_ref()));
    let listed = online.and_then(|online| online.scopes);
    let known = Known {
        granted: seen.granted.as_ref(),
        listed: listed.or_else(|| seen.entry.as_ref().and_then(|entry| entry.scopes.clone())),
    };
    let needs_any = !needs.app_scopes.is_empty() || !needs.user_scopes.is_empty();
    if known.granted.is_none() && known.listed.is_none() {
        if needs_any {
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
    let of_app = needs
        .app_scopes
        .iter()
        .map(|need| (need, (|scope| scope.is_for_app) as IsFor));
    let of_users = needs
        .user_scopes
        .iter()
        .map(|need| (need, (|scope| scope.is_for_user) as IsFor));
    for ((what, any), is_for) in of_app.chain(of_users) {
        if !any.iter().any(|scope| known.has(scope, is_for)) {
            findings.push(lacking(what, any, links));
        }
    }
    if findings.is_empty() && needs_any {
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
