//! The long connection: whether Lark names an endpoint for the application, whether the running server is connected, and
//! whether other clients take a part of what Lark pushes.

use std::time::Duration;

use lark_protocol::long_connection::{Discovery, Pace, Refusal};
use serde_json::Value;

use super::{
    finding::{Finding, both, same},
    lark::deadline,
};
use crate::{
    app::now_ms,
    cli::operate::Remote,
    codes::{self, Language},
    config::{AppConfig, Transport},
    openapi::{Deadline, DiscoveryError, LarkAddresses, Openapi},
    telemetry::chain,
};

/// Time for a discovery, as the server has.
const DISCOVERY_MAX: Duration = Duration::from_secs(10);

/// Lark's limit for one application.
const CONNECTIONS_MAX: u64 = 50;

/// Connections of one application on the running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ours {
    connected: u64,
    wanted: u64,
}

/// Everything about one application; nothing when it does not use the long connection. `remote` is the running server.
pub(super) async fn check(openapi: &Openapi, app: &AppConfig, remote: Option<&Remote>) -> Vec<Finding> {
    if app.transport == Transport::Webhook {
        return Vec::new();
    }
    let mut findings = vec![discovery(openapi, &app.app_id).await];
    let mut ours = None;
    if let Some(remote) = remote {
        let (finding, found) = connected(remote, &app.app_id).await;
        findings.push(finding);
        ours = found;
    }
    findings.push(count(openapi, &app.app_id, ours).await);
    findings
}

/// Asks for an endpoint with the real credentials, and does not connect.
async fn discovery(openapi: &Openapi, app_id: &str) -> Finding {
    let check = "connection.discovery";
    let deadline = Deadline::within(now_ms(), DISCOVERY_MAX);
    match openapi.discover(app_id, Pace::default(), &deadline).await {
        Ok(Discovery::Found(endpoint)) => Finding::ok(
            check,
            both(
                format!("Lark names an endpoint for the long connection: {}", endpoint.host),
                format!("飞书返回了长连接地址：{}", endpoint.host),
            ),
        ),
        Ok(Discovery::Refused(refusal)) => refused(openapi, app_id, &refusal).await,
        Err(error) => {
            let reach = both(
                "let this machine reach the address over HTTPS (LARK_API_BASE_URL; HTTPS_PROXY is used), or correct it",
                "允许本机通过 HTTPS 访问该地址（LARK_API_BASE_URL；支持 HTTPS_PROXY），或改正地址",
            );
            let between = both(
                "see what answers at LARK_API_BASE_URL: a proxy between, or a mistyped address",
                "检查 LARK_API_BASE_URL 处应答的是什么：中间的代理，或写错的地址",
            );
            let cure = if matches!(error, DiscoveryError::Transport(_)) {
                reach
            } else {
                between
            };
            failed(check).because(same(chain(&error))).cure(cure)
        }
    }
}

fn failed(check: &'static str) -> Finding {
    Finding::failed(
        check,
        both(
            "Lark names no endpoint for the long connection",
            "飞书没有返回长连接地址",
        ),
    )
}

async fn refused(openapi: &Openapi, app_id: &str, refusal: &Refusal) -> Finding {
    let code = refusal.code;
    let finding = failed("connection.discovery").because(match codes::long_connection(code) {
        Some(entry) => both(
            format!("code {code} ({}): {}", refusal.message, entry.cause(Language::En)),
            format!("错误码 {code}（{}）：{}", refusal.message, entry.cause(Language::Zh)),
        ),
        None => same(format!("code {code}: {}", refusal.message)),
    });
    if code == Refusal::WRONG_DOMAIN
        && let Some(finding) = other_service(openapi, app_id, &finding).await
    {
        return finding;
    }
    match codes::long_connection(code) {
        Some(entry) => finding.cure(both(entry.cure(Language::En), entry.cure(Language::Zh))),
        None => finding.cure(both(
            "the code is not known here: ask Lark's support with it",
            "未收录该错误码：请携带错误码咨询飞书支持",
        )),
    }
}

/// Whether the other service, Lark in place of Feishu or the reverse, knows the application.
async fn other_service(openapi: &Openapi, app_id: &str, finding: &Finding) -> Option<Finding> {
    let other = other_of(&openapi.api_address(app_id))?;
    let deadline = Deadline::within(now_ms(), DISCOVERY_MAX);
    let found = openapi.discover_at(&other.api, app_id, Pace::default(), &deadline);
    let Ok(Discovery::Found(_)) = found.await else {
        return None;
    };
    Some(finding.clone().cure(both(
        format!(
            "set LARK_API_BASE_URL={} and LARK_ACCOUNTS_BASE_URL={}: that service knows the application",
            other.api, other.accounts
        ),
        format!(
            "设置 LARK_API_BASE_URL={} 和 LARK_ACCOUNTS_BASE_URL={}：该平台有此应用",
            other.api, other.accounts
        ),
    )))
}

/// The other one of the two services; none for an address that is neither, which is somebody's proxy.
fn other_of(api: &str) -> Option<LarkAddresses> {
    let services = [LarkAddresses::feishu(), LarkAddresses::lark()];
    let [feishu, lark] = services;
    match api.trim_end_matches('/') {
        address if address == feishu.api => Some(lark),
        address if address == lark.api => Some(feishu),
        _ => None,
    }
}

/// What the running server says of its connections.
async fn connected(remote: &Remote, app_id: &str) -> (Finding, Option<Ours>) {
    let check = "connection.state";
    let asked = match remote.connections().await {
        Ok(asked) => asked,
        Err(stopped) => {
            let finding = Finding::not_tested(
                check,
                both(
                    "the running server could not be asked for its long connections",
                    "无法向正在运行的服务查询长连接",
                ),
            );
            return (finding.because(same(stopped.text)), None);
        }
    };
    let all = asked.get("connections").and_then(Value::as_array);
    let text = |connection: &Value, name: &str| connection.get(name).and_then(Value::as_str).map(str::to_owned);
    let own = all.into_iter().flatten();
    let own: Vec<_> = own
        .filter(|connection| text(connection, "app_id").as_deref() == Some(app_id))
        .collect();
    let is_up = |connection: &&&Value| text(connection, "state").as_deref() == Some("connected");
    let (connected, wanted) = (own.iter().filter(is_up).count(), own.len());
    let ours = Ours {
        connected: connected as u64,
        wanted: wanted as u64,
    };
    let result = both(
        format!("long connections of the running server: {connected} of {wanted} are open"),
        format!("正在运行的服务的长连接：{wanted} 个中已建立 {connected} 个"),
    );
    if wanted == 0 {
        let finding = Finding::failed(
            check,
            both(
                "the running server opens no long connection for this application",
                "正在运行的服务没有为该应用建立长连接",
            ),
        );
        let finding = finding.cure(both(
            "LARK_TRANSPORT was changed since it started: send SIGHUP (systemctl reload lark-callback), or restart it",
            "服务启动后 LARK_TRANSPORT 有改动：发送 SIGHUP（systemctl reload lark-callback）或重启服务",
        ));
        return (finding, Some(ours));
    }
    if connected == wanted {
        return (Finding::ok(check, result), Some(ours));
    }
    let reason = own.iter().find_map(|connection| text(connection, "reason"));
    let state = if connected == 0 {
        Finding::failed
    } else {
        Finding::warning
    };
    let finding = state(check, result).because(same(reason.unwrap_or_default()));
    (finding, Some(ours))
}

/// Compares the connections that Lark counts with those of the running server.
async fn count(openapi: &Openapi, app_id: &str, ours: Option<Ours>) -> Finding {
    let check = "connection.count";
    let open = match openapi.connections_open(app_id, &deadline()).await {
        Ok(Some(open)) => open,
        Ok(None) => return not_told(check),
        Err(error) => return not_told(check).because(same(chain(&error))),
    };
    judged(open, ours)
}

fn not_told(check: &'static str) -> Finding {
    Finding::not_tested(
        check,
        both(
            "Lark did not tell how many connections of the application are open",
            "飞书没有返回应用的长连接数",
        ),
    )
}

fn judged(open: u64, ours: Option<Ours>) -> Finding {
    let check = "connection.count";
    let counted = both(
        format!("Lark counts {open} open connections of the application (at most {CONNECTIONS_MAX})"),
        format!("飞书统计该应用有 {open} 个长连接（上限 {CONNECTIONS_MAX}）"),
    );
    let Some(ours) = ours else {
        return Finding::ok(check, counted);
    };
    if open <= ours.connected {
        return Finding::ok(check, counted);
    }
    let others = open - ours.connected;
    Finding::warning(
        check,
        both(
            format!("{}; {others} are not of the server on this machine", counted.en()),
            format!("{}；其中 {others} 个不属于本机的服务", counted.zh()),
        ),
    )
    .because(both(
        "Lark sends each push to one connection, at random: what goes to another client never reaches this server. Connections \
         that died a few minutes ago still count, and so do those of other servers on the same database",
        "飞书将每个推送随机发给其中一个连接：发给其他客户端的推送不会到达本服务。几分钟前断开的连接仍会计数，使用同一数据库的其他服务的连接也计算在内",
    ))
    .cure(both(
        "stop other clients of the application: an old bot, a developer's machine, a test with an SDK; give a test an \
         application of its own",
        "停止该应用的其他客户端：旧的机器人、开发者的电脑、使用 SDK 的测试；测试请使用单独的应用",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::State;

    #[test]
    fn only_the_two_services_have_another_one() {
        assert_eq!(other_of("https://open.feishu.cn/"), Some(LarkAddresses::lark()));
        assert_eq!(other_of("https://open.larksuite.com"), Some(LarkAddresses::feishu()));
        assert_eq!(other_of("http://127.0.0.1:4000"), None);
    }

    #[test]
    fn more_connections_than_ours_are_named_with_their_number() {
        let ours = Some(Ours {
            connected: 1,
            wanted: 1,
        });
        assert_eq!(judged(1, ours).state, State::Ok);
        assert_eq!(judged(7, None).state, State::Ok);
        let found = judged(3, ours);
        assert_eq!(found.state, State::Warning);
        assert!(found.result.en().contains("2 are not of the server"), "{found:?}");
    }
}
