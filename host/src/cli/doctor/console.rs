//! The developer console compared with what the code needs: events, callbacks, scopes, addresses, and what of them is
//! published. The most frequent silent fault of a bot is one of these.

mod compare;
mod links;
mod needs;
mod scopes;
mod seen;
mod subscriptions;

use super::{
    finding::{Finding, both, same},
    lark::deadline,
    plugins::Loaded,
};
use crate::{
    config::{AppConfig, Config},
    openapi::{CONSOLE_SCOPE, ConsoleApp, ConsoleError, ConsoleScope, ConsoleVersion, Openapi},
    telemetry::chain,
};
use links::Links;
use needs::Needs;
use seen::Seen;

/// Compares one application. `granted` are the scopes that Lark told.
pub(super) async fn check(
    openapi: &Openapi,
    config: &Config,
    app: &AppConfig,
    loaded: &Loaded,
    granted: Option<Vec<ConsoleScope>>,
    public_url: Option<&str>,
) -> Vec<Finding> {
    let api = config.openapi.of_apps.get(&app.app_id);
    let api = api.map_or(config.openapi.base_url.as_str(), |own| own.api.as_str());
    let links = Links::of(api, &app.app_id);
    let mut findings = Vec::new();
    let entry = match openapi.console_app(&app.app_id, &deadline()).await {
        Ok(entry) => Some(entry),
        Err(error) => {
            findings.push(unread("console.application", &error, &links, (
                "the application's entry could not be read: addresses, callbacks and redirect URLs were not compared",
                "无法读取应用信息：没有比较请求地址、回调和重定向 URL",
            )));
            None
        }
    };
    let versions = match openapi.console_versions(&app.app_id, &deadline()).await {
        Ok(versions) => Some(versions),
        Err(error) => {
            findings.push(unread(
                "console.versions",
                &error,
                &links,
                (
                    "the application's versions could not be read: events and publication were not compared",
                    "无法读取应用版本：没有比较事件和发布状态",
                ),
            ));
            None
        }
    };
    let seen = Seen {
        entry,
        versions,
        granted,
    };
    let needs = Needs::of(loaded, app, public_url);
    findings.extend(compare::compare(&seen, &needs, &links));
    if loaded.is_unknown {
        findings.push(Finding::not_tested(
            "console.plugins",
            both(
                "it is not known which events and calls the plugins need, so those were not compared",
                "不清楚插件需要哪些事件和接口，因此没有比较",
            ),
        ));
    }
    findings
}

fn unread(check: &'static str, error: &ConsoleError, links: &Links, (en, zh): (&str, &str)) -> Finding {
    let finding = Finding::not_tested(check, both(en, zh));
    match error {
        ConsoleError::Denied { scopes, .. } => {
            let scope = scopes.iter().find(|scope| *scope == CONSOLE_SCOPE).or(scopes.first());
            let scope = scope.map_or(CONSOLE_SCOPE, String::as_str);
            finding
                .because(both(
                    format!("the application lacks one of these scopes: {}", scopes.join(", ")),
                    format!("应用缺少以下权限之一：{}", scopes.join("、")),
                ))
                .cure(both(
                    format!("add {scope} under Permissions & Scopes and publish a version"),
                    format!("在“权限管理”中开通 {scope}，并发布版本"),
                ))
                .link(links.scopes(&[scope]))
        }
        other => finding.because(same(chain(other))),
    }
}

#[cfg(test)]
mod tests;
