//! The server on this machine: whether it runs, whose its port is, and whether it has the keys of the settings.

use serde_json::Value;

use super::{
    finding::{Finding, both, same},
    no_answer::NoAnswer,
    port::{self, Listener},
    probe::{ProofIn, Reply, Target},
};
use crate::{
    cli::operate::Remote,
    config::{self, Examined, Flags, HEALTH_PATH, HEALTHY, Sender},
    listen::{bare, unix_path},
    telemetry::chain,
};

/// Whether a server of ours answers at the address of the settings.
pub(super) async fn check(examined: &Examined, target: &Target) -> (Vec<Finding>, bool) {
    let config = &examined.config;
    let is_socket = unix_path(&config.host).is_some();
    let address = if is_socket { &config.host } else { &target.base };
    let mut findings = Vec::new();
    if !examined.is_enabled {
        findings.push(
            Finding::warning(
                "server.enabled",
                both("CALLBACK_SERVER_ENABLED is not on", "CALLBACK_SERVER_ENABLED 没有打开"),
            )
            .cure(both(
                "set CALLBACK_SERVER_ENABLED=true; without it a start ends at once",
                "设置 CALLBACK_SERVER_ENABLED=true；否则启动后立即退出",
            )),
        );
    }
    if config.port == 0 && !is_socket {
        findings.push(Finding::not_tested(
            "server.up",
            both(
                "the server chooses its port at each start (CALLBACK_SERVER_PORT=0)",
                "服务每次启动时自选端口（CALLBACK_SERVER_PORT=0）",
            ),
        ));
        return (findings, false);
    }
    match target.get(HEALTH_PATH).await {
        Ok(reply) if is_ours(&reply) => {
            findings.push(Finding::ok(
                "server.up",
                both(
                    format!("the server runs at {address}"),
                    format!("服务正在 {address} 运行"),
                ),
            ));
            return (findings, true);
        }
        Ok(reply) => findings.push(taken(config.port, Some(&reply))),
        Err(NoAnswer::Refused) => findings.push(down(examined, address)),
        Err(why) => match port::listener(config.port) {
            Some(_) => findings.push(taken(config.port, None).because(why.text())),
            None => findings.push(down(examined, address)),
        },
    }
    (findings, false)
}

fn is_ours(reply: &Reply) -> bool {
    let json: Option<Value> = serde_json::from_slice(&reply.body).ok();
    json.is_some_and(|json| json.get("message").and_then(Value::as_str) == Some(HEALTHY))
}

fn down(examined: &Examined, address: &str) -> Finding {
    let host = bare(&examined.config.host);
    Finding::failed(
        "server.up",
        both(
            format!("no server runs at {address}; the port is free"),
            format!("{address} 没有服务在运行；端口空闲"),
        ),
    )
    .cure(both(
        format!(
            "start it (systemctl start lark-callback, or lark-callback); if it runs, compare CALLBACK_SERVER_HOST ({host}) and \
             CALLBACK_SERVER_PORT with those that it was started with"
        ),
        format!(
            "启动服务（systemctl start lark-callback 或 lark-callback）；如果它在运行，核对 CALLBACK_SERVER_HOST（{host}）和 \
             CALLBACK_SERVER_PORT 是否与启动时一致"
        ),
    ))
}

/// Something else has the port.
fn taken(port: u16, reply: Option<&Reply>) -> Finding {
    let whose = match port::listener(port) {
        Some(Listener {
            process: Some((id, name)),
        }) => format!("{name} (pid {id})"),
        _ => reply.map_or_else(String::new, |reply| reply.header("server").to_owned()),
    };
    let whose = if whose.is_empty() { "?".to_owned() } else { whose };
    Finding::failed(
        "server.port",
        both(
            format!("the port {port} belongs to another program: {whose}"),
            format!("端口 {port} 被其他程序占用：{whose}"),
        ),
    )
    .cure(both(
        "stop that program, or set CALLBACK_SERVER_PORT to a free port and tell the proxy",
        "停止该程序，或把 CALLBACK_SERVER_PORT 改为空闲端口，并同步修改代理",
    ))
}

/// The operator's listener of the running server.
pub(super) fn remote(flags: &Flags) -> Result<Remote, String> {
    let operator = config::load_operator(flags).map_err(|error| chain(&error))?;
    Remote::of_running(&operator).map_err(|stopped| stopped.text)
}

/// Whether the running server is ready for requests.
pub(super) async fn ready(remote: &Result<Remote, String>) -> Finding {
    let asked = match remote {
        Ok(remote) => remote.health("readyz").await.map_err(|stopped| stopped.text),
        Err(why) => Err(why.clone()),
    };
    match asked {
        Ok(reasons) if reasons.is_empty() => Finding::ok("server.ready", both("it is ready for requests", "它已就绪")),
        Ok(reasons) => Finding::failed("server.ready", both("it is not ready for requests", "它尚未就绪"))
            .because(same(reasons.join("; "))),
        Err(why) => Finding::not_tested(
            "server.ready",
            both(
                "the operator's listener of the running server could not be asked",
                "无法访问正在运行的服务的管理监听端口",
            ),
        )
        .because(same(why)),
    }
}

/// Whether the running server takes what is sealed, signed and named with the keys of the settings; returns whether it
/// answered a probe.
pub(super) async fn keys(target: &Target, lark: &Sender) -> (Vec<Finding>, bool) {
    let restart = both(
        "the settings were changed since the server started: send SIGHUP (systemctl reload lark-callback), or restart it",
        "服务启动后配置有改动：发送 SIGHUP（systemctl reload lark-callback）或重启服务",
    );
    let mut findings = Vec::new();
    let is_probed = match target.click(lark, ProofIn::Header, 0).await {
        Err(why) => {
            findings.push(not_answered("keys.encrypt", &why));
            return (findings, false);
        }
        Ok(probed) => match probed.report {
            Ok(report) if report.number("key") == 0 => {
                findings.push(Finding::ok(
                    "keys.encrypt",
                    both(
                        "the running server accepts what is encrypted and signed with these settings",
                        "正在运行的服务接受用当前配置加密并签名的请求",
                    ),
                ));
                true
            }
            Ok(_) => {
                findings.push(
                    Finding::warning(
                        "keys.encrypt",
                        both(
                            "the running server knows the Encrypt Key of these settings only as a previous one",
                            "正在运行的服务只把当前配置的 Encrypt Key 当作旧密钥",
                        ),
                    )
                    .cure(restart.clone()),
                );
                true
            }
            Err(reply) => {
                findings.push(refused(&reply, lark).cure(restart.clone()));
                return (findings, false);
            }
        },
    };
    findings.push(match target.challenge(lark).await {
        Err(why) => not_answered("keys.token", &why),
        Ok((text, reply)) if reply.body == lark_protocol::reply::challenge(&text).as_bytes() => Finding::ok(
            "keys.token",
            both(
                "it accepts the Verification Token of these settings",
                "它接受当前配置的 Verification Token",
            ),
        ),
        Ok((_, reply)) => Finding::failed(
            "keys.token",
            both(
                "the running server has another Verification Token than these settings",
                "正在运行的服务的 Verification Token 与当前配置不同",
            ),
        )
        .because(same(format!("{}: {}", reply.status, reply.beginning())))
        .cure(restart),
    });
    (findings, is_probed)
}

fn refused(reply: &Reply, lark: &Sender) -> Finding {
    let path = &lark.app.path;
    match reply.code().as_deref() {
        Some("not_found" | "unknown_app") => Finding::failed(
            "keys.path",
            both(
                format!("the running server does not serve {path}"),
                format!("正在运行的服务没有提供 {path}"),
            ),
        ),
        Some(_) => Finding::failed(
            "keys.encrypt",
            both(
                "the running server has another Encrypt Key than these settings",
                "正在运行的服务的 Encrypt Key 与当前配置不同",
            ),
        )
        .because(same(format!("{}: {}", reply.status, reply.beginning()))),
        None => Finding::warning(
            "keys.encrypt",
            both(
                "the running server does not know probes: it is of another version",
                "正在运行的服务不支持探测：版本不同",
            ),
        )
        .because(same(format!("{}: {}", reply.status, reply.beginning()))),
    }
}

fn not_answered(check: &'static str, why: &NoAnswer) -> Finding {
    Finding::failed(
        check,
        both(
            "the running server did not answer a probe",
            "正在运行的服务没有应答探测",
        ),
    )
    .because(why.text())
}
