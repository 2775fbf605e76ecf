//! The redirect URL: set, and served by this application's server.

use super::{
    finding::{Finding, both, same},
    no_answer::NoAnswer,
    probe::Target,
};
use crate::config::{Config, Sender, is_page};

/// Asks for the redirect URL as a browser would.
pub(super) async fn check(config: &Config, lark: &Sender) -> Vec<Finding> {
    let app = &lark.app;
    let name = if app.name.is_empty() {
        "OAUTH_REDIRECT_URI".to_owned()
    } else {
        format!("apps.{}.oauth_redirect_uri", app.name)
    };
    let Some(uri) = &app.authorize.redirect_uri else {
        return vec![Finding::not_tested(
            "redirect.set",
            both(
                format!("{name} is not set: card authorization cannot be used"),
                format!("没有设置 {name}：无法使用卡片授权"),
            ),
        )];
    };
    let mut findings = Vec::new();
    if config.vault.is_none() {
        findings.push(
            Finding::warning(
                "redirect.key",
                both(
                    "LARK_CONFIG_ENCRYPTION_KEY is not set, so no user can authorize the application",
                    "没有设置 LARK_CONFIG_ENCRYPTION_KEY，用户无法授权",
                ),
            )
            .cure(both(
                "make one with: openssl rand -base64 32",
                "生成一个：openssl rand -base64 32",
            )),
        );
    }
    findings.push(served(uri, lark).await);
    findings
}

async fn served(uri: &str, lark: &Sender) -> Finding {
    let check = "redirect.served";
    let failed = || {
        Finding::failed(
            check,
            both(
                format!("{uri} does not lead to this application's server"),
                format!("{uri} 没有到达本应用的服务"),
            ),
        )
    };
    let target = match Target::new(uri, None) {
        Ok(target) => target,
        Err(error) => return failed().because(same(error.to_string())),
    };
    if lark.app.keys.verification_tokens.is_empty() && lark.app.keys.encrypt_keys.is_empty() {
        return unproven(&target, uri, failed).await;
    }
    match target.redirect(lark, uri).await {
        Err(NoAnswer::Tls(fault)) => failed().because(fault.text()),
        Err(why) => failed().because(why.text()),
        Ok(probed) => match probed.report {
            Ok(report) if report.text("/served/app_id") == lark.app.app_id => {
                Finding::ok(check, both(format!("{uri} is served"), format!("{uri} 可以访问")))
            }
            Ok(report) => {
                let (path, app) = (
                    report.text("/path").to_owned(),
                    report.text("/served/app_id").to_owned(),
                );
                failed()
                    .because(both(
                        format!("it arrives at {path}, application: {}", or_none(&app)),
                        format!("请求到达 {path}，应用：{}", or_none(&app)),
                    ))
                    .cure(both(
                        "have the proxy pass the path unchanged, GET requests too",
                        "让代理原样转发路径，也要转发 GET 请求",
                    ))
            }
            Err(reply) => failed()
                .because(same(format!("{}: {}", reply.status, reply.beginning())))
                .cure(both(
                    "have the proxy pass GET requests with their query to the callback path",
                    "让代理把带查询参数的 GET 请求也转发到回调路径",
                )),
        },
    }
}

/// Without a key no probe can be proven: only whether a server of this kind answers is seen, and not whose it is.
async fn unproven(target: &Target, uri: &str, failed: impl Fn() -> Finding) -> Finding {
    match target.get("").await {
        Ok(reply) if is_page(&String::from_utf8_lossy(&reply.body)) => Finding::ok(
            "redirect.served",
            both(
                format!("{uri} is answered by a lark-callback server"),
                format!("{uri} 由 lark-callback 服务应答"),
            ),
        ),
        Ok(reply) => failed()
            .because(same(format!("{}: {}", reply.status, reply.beginning())))
            .cure(both(
                "have this address lead to the callback path of the server; users' browsers must reach it, Lark need not",
                "让该地址指向服务的回调路径；只需用户的浏览器能访问，飞书不需要访问",
            )),
        Err(why) => failed().because(why.text()).cure(both(
            "users' browsers must reach this address: an inner host name is enough",
            "用户的浏览器必须能访问该地址：内网域名即可",
        )),
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}
