//! Lark's API: whether it takes the application's id and secret.

use std::{collections::HashMap, time::Duration};

use lark_callback_store::Inspection;
use secrecy::{ExposeSecret as _, SecretString};

use super::finding::{Finding, both, same};
use crate::{
    app::now_ms,
    config::Config,
    openapi::{
        AppCredentials, AppTickets, ClientError, ConsoleError, ConsoleScope, Deadline, Distribution, Openapi,
        OpenapiError, TokenError,
    },
    telemetry::chain,
    vault::Purpose,
};

/// Time for one call, token included.
const CALL_MAX: Duration = Duration::from_secs(8);

/// A client with the credentials of the settings, and the tickets that the database holds.
pub(super) fn client(config: &Config, inspected: Option<&Inspection>) -> Result<Openapi, ClientError> {
    let credentials = config.apps.iter().map(|app| AppCredentials {
        app_id: app.app_id.clone(),
        app_secret: app.app_secret.clone(),
        distribution: app.distribution,
        authorize: app.authorize.clone(),
    });
    let tickets = tickets(config, inspected);
    Openapi::new(
        config.openapi.clone(),
        credentials,
        AppTickets::new(move |app_id| {
            let ticket = tickets.get(&app_id).cloned();
            async move { Ok(ticket) }
        }),
    )
}

fn tickets(config: &Config, inspected: Option<&Inspection>) -> HashMap<String, SecretString> {
    let Some(vault) = &config.vault else {
        return HashMap::new();
    };
    let sealed = inspected.into_iter().flat_map(|found| &found.sealed);
    sealed
        .filter(|secret| secret.open_id.is_none())
        .filter_map(|secret| {
            let clear = vault
                .open(Purpose::AppTicket { app_id: &secret.app }, &secret.sealed)
                .ok()?;
            let text = std::str::from_utf8(clear.expose_secret()).ok()?;
            Some((secret.app.clone(), SecretString::from(text)))
        })
        .collect()
}

pub(super) fn deadline() -> Deadline {
    Deadline::within(now_ms(), CALL_MAX)
}

/// Calls Lark for the scopes that were granted; the call needs none.
pub(super) async fn check(openapi: &Openapi, app_id: &str) -> (Finding, Option<Vec<ConsoleScope>>) {
    let check = "lark.credentials";
    // A store application has a token for each tenant, and no tenant is at hand.
    if openapi.distribution(app_id) == Some(Distribution::Store) {
        let finding = Finding::not_tested(
            check,
            both(
                "the secret of a store application is only used in a tenant; see the log lines about its app_ticket",
                "商店应用的密钥只在租户中使用；请查看日志中关于 app_ticket 的内容",
            ),
        );
        return (finding, None);
    }
    match openapi.console_scopes(app_id, &deadline()).await {
        Ok(scopes) => (taken(app_id), Some(scopes)),
        Err(ConsoleError::Call(OpenapiError::Token(TokenError::Rejected {
            check: advice, code, ..
        }))) => {
            let finding = Finding::failed(
                check,
                both(
                    format!("Lark does not take id and secret of {app_id}"),
                    format!("飞书不接受 {app_id} 的 App ID 和 App Secret"),
                ),
            )
            .because(same(format!("code {code}")))
            .cure(both(
                advice,
                format!(
                    "核对开发者后台“凭证与基础信息”中的 App ID 和 App Secret；查看错误码：lark-callback explain {code}"
                ),
            ));
            (finding, None)
        }
        Err(ConsoleError::Call(error)) => {
            let finding = Finding::failed(check, both("Lark's API cannot be reached", "无法访问飞书开放平台 API"))
                .because(same(chain(&error)))
                .cure(both(
                    "let this machine reach the address over HTTPS (LARK_API_BASE_URL; HTTPS_PROXY is used), or correct it",
                    "允许本机通过 HTTPS 访问该地址（LARK_API_BASE_URL；支持 HTTPS_PROXY），或改正地址",
                ));
            (finding, None)
        }
        // A token was given, so id and secret are right.
        Err(ConsoleError::Denied { .. } | ConsoleError::Refused { .. } | ConsoleError::Request(_)) => {
            (taken(app_id), None)
        }
    }
}

fn taken(app_id: &str) -> Finding {
    Finding::ok(
        "lark.credentials",
        both(
            format!("Lark accepts App ID and App Secret of {app_id}"),
            format!("飞书接受 {app_id} 的 App ID 和 App Secret"),
        ),
    )
}
