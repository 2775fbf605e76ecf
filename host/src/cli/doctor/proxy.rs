//! Changes that a reverse proxy makes to Lark's requests: probes through the public address, and what the server saw of them.

mod answered;

use std::time::Duration;

use lark_protocol::{NONCE_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

use super::{
    body::{BodyChange, change},
    clock,
    finding::{Finding, Text, both, same},
    halves::PAUSE,
    no_answer::NoAnswer,
    probe::{Probed, ProofIn, Reply, Report, Target},
};
use crate::config::Sender;
use answered::{answer, answered_by_another, cure_of_status, refused_by_ours};

/// Lark waits this long for an answer to a callback.
const LARK_WAITS: Duration = Duration::from_secs(3);

/// Lark waits this long for an answer to the URL verification.
const CONSOLE_WAITS: Duration = Duration::from_secs(1);

/// Size of a large event; those of Lark are below 100 KiB.
const LARGE_BYTES: usize = 100 * 1024;

/// Everything about the public address of one application. `has_local` says that the server on this machine has answered a
/// probe with the same keys.
pub(super) async fn check(target: &Target, lark: &Sender, has_local: bool, update_delay: Duration) -> Vec<Finding> {
    let url = format!("{}{}", target.base, lark.app.path);
    let mut findings = Vec::new();
    let probed = match target.click(lark, ProofIn::Header, 0).await {
        Ok(probed) => probed,
        // Found out with the certificate.
        Err(NoAnswer::Tls(_)) => return findings,
        Err(why) => {
            findings.push(unreachable(&url, &why));
            return findings;
        }
    };
    let probed = match (&probed.report, target.click(lark, ProofIn::Query, 0)) {
        (Err(reply), again) if may_have_lost_the_proof(reply) => {
            let again = again.await.ok().filter(|again| again.report.is_ok());
            if again.is_some() {
                findings.push(header_lost());
            }
            again.unwrap_or(probed)
        }
        _ => probed,
    };
    match &probed.report {
        Err(reply) => findings.push(answered_by_another(&url, reply, has_local)),
        Ok(report) => {
            let wrong = compare(&probed, report);
            let is_right = wrong.is_empty() && findings.is_empty();
            findings.extend(wrong);
            if is_right {
                findings.push(Finding::ok(
                    "public.click",
                    both(
                        format!("an encrypted and signed click arrives unchanged at {url}"),
                        format!("加密并签名的卡片点击原样到达 {url}"),
                    ),
                ));
                findings.extend(challenge(target, lark).await);
                findings.push(large(target, lark).await);
                findings.extend(buffering(target, lark).await);
            }
            findings.push(latency(report, update_delay));
            findings.extend(answer(report));
            findings.extend(clock::of_public(&report.reply));
        }
    }
    findings
}

fn unreachable(url: &str, why: &NoAnswer) -> Finding {
    Finding::failed(
        "public.reach",
        both(format!("{url} cannot be reached"), format!("无法访问 {url}")),
    )
    .because(why.text())
    .cure(both(
        "check the address, its DNS entry, the firewall, and that the reverse proxy or the tunnel runs; if only this machine \
         cannot reach its own public address, run doctor on another one with the same settings and --url",
        "检查地址、DNS 解析、防火墙，以及反向代理或内网穿透是否在运行；如果只是本机访问不了自己的公网地址，请在另一台机器上用同样的配置和 --url 运行 doctor",
    ))
}

/// Whether a request without the header of the proof would have been answered so by a server of ours.
fn may_have_lost_the_proof(reply: &Reply) -> bool {
    reply.code().is_some() || reply.status == 200
}

fn header_lost() -> Finding {
    Finding::failed(
        "public.headers",
        both(
            "headers that the proxy does not know are dropped",
            "反向代理会丢弃它不认识的请求头",
        ),
    )
    .because(both(
        "a probe's header did not arrive, while the same proof in the query did",
        "探测请求头没有到达，而查询参数中同样的证明到达了",
    ))
    .cure(both(
        "have the proxy pass all headers that begin with X-Lark-",
        "让反向代理转发所有以 X-Lark- 开头的请求头",
    ))
}

/// Everything that arrived otherwise than it was sent.
pub(super) fn compare(probed: &Probed, report: &Report) -> Vec<Finding> {
    let mut wrong = Vec::new();
    wrong.extend(path(probed, report));
    wrong.extend(headers(probed, report));
    wrong.extend(body(probed, report));
    let verdict = report.text("/verdict");
    if wrong.is_empty() && verdict != "ok" {
        wrong.push(refused_by_ours("", verdict, true));
    }
    wrong
}

fn path(probed: &Probed, report: &Report) -> Option<Finding> {
    let (sent, seen) = (&probed.sent.path, report.text("/path"));
    let method = report.text("/method");
    if method != "POST" {
        return Some(
            Finding::failed(
                "public.method",
                both(
                    format!("POST arrives as {method}"),
                    format!("POST 请求到达时变成了 {method}"),
                ),
            )
            .cure(both(
                "a redirect on the way turns it into another request: take it off for this path",
                "途中的跳转把它变成了另一个请求：取消该路径的跳转",
            )),
        );
    }
    // A slash at the end is served, too.
    let is_served = report.text("/served/app_id") == report.text("/app_id");
    if seen.trim_end_matches('/') == sent.trim_end_matches('/') || is_served {
        return None;
    }
    Some(
        Finding::failed(
            "public.path",
            both(
                format!("the proxy rewrites the path: {sent} arrives as {seen}"),
                format!("代理改写了路径：{sent} 到达时变成 {seen}"),
            ),
        )
        .cure(both(
            "have the proxy pass the path unchanged (nginx: no path and no slash after the port in proxy_pass), or set \
             CALLBACK_PATH to what arrives",
            "让代理原样转发路径（nginx：proxy_pass 的端口后面不要写路径和斜杠），或者把 CALLBACK_PATH 设为到达时的路径",
        )),
    )
}

fn headers(probed: &Probed, report: &Report) -> Option<Finding> {
    // Without an Encrypt Key nothing is signed.
    let signature = probed.sent.request.signature.as_ref()?;
    let sent = [
        ("X-Lark-Request-Timestamp", TIMESTAMP_HEADER, &signature.timestamp),
        ("X-Lark-Request-Nonce", NONCE_HEADER, &signature.nonce),
        ("X-Lark-Signature", SIGNATURE_HEADER, &signature.signature),
    ];
    let arrived = |name: &str| report.header(name);
    let missing: Vec<_> = sent
        .iter()
        .filter(|(_, name, _)| arrived(name).is_none())
        .map(|(shown, ..)| *shown)
        .collect();
    let changed: Vec<_> = sent
        .iter()
        .filter(|(_, name, value)| arrived(name).is_some_and(|seen| seen != value.as_str()))
        .map(|(shown, ..)| *shown)
        .collect();
    let (names, en, zh) = match (missing.is_empty(), changed.is_empty()) {
        (true, true) => return None,
        (false, _) => (missing, "the proxy drops headers", "代理丢弃了请求头"),
        (true, false) => (changed, "the proxy changes headers", "代理改写了请求头"),
    };
    let names = names.join(", ");
    Some(
        Finding::failed("public.headers", both(format!("{en}: {names}"), format!("{zh}：{names}")))
            .cure(both(
                "have the proxy pass all headers that begin with X-Lark- unchanged; look for rules that set or hide headers",
                "让代理原样转发所有以 X-Lark- 开头的请求头；检查设置或隐藏请求头的规则",
            )),
    )
}

fn body(probed: &Probed, report: &Report) -> Option<Finding> {
    let encoding = report.header("content-encoding").unwrap_or("identity");
    let transfer = report.header("transfer-encoding").unwrap_or("chunked");
    let is_plain = encoding.eq_ignore_ascii_case("identity") && transfer.eq_ignore_ascii_case("chunked");
    let is_unchanged = report.json.pointer("/body/is_unchanged") == Some(&serde_json::Value::Bool(true));
    if is_unchanged && is_plain {
        return None;
    }
    let start = hex::decode(report.text("/body/start")).unwrap_or_default();
    let compressed = || BodyChange::Compressed("Content-Encoding");
    let found = if is_unchanged {
        compressed()
    } else {
        change(&probed.sent.request.body, &start)
    };
    let found = match found {
        // The form of the bytes says less than the header.
        BodyChange::Other(_) if !is_plain => compressed(),
        found => found,
    };
    let check = if matches!(found, BodyChange::Compressed(_)) {
        "public.compressed"
    } else {
        "public.body"
    };
    let cause = match (&found, is_plain) {
        (BodyChange::Compressed(_), false) => both(
            format!("the body arrives with Content-Encoding: {encoding}; Lark never compresses"),
            format!("请求体到达时带有 Content-Encoding: {encoding}；飞书从不压缩"),
        ),
        _ => found.text(),
    };
    Some(
        Finding::failed(check, both("the proxy changes the body", "代理改写了请求体"))
            .because(cause)
            .cure(both(
                "have the proxy pass the body byte for byte: turn off JSON parsing, body rewriting, compression and content \
                 inspection for this path; the signature is over the bytes",
                "让代理逐字节转发请求体：对该路径关闭 JSON 解析、内容改写、压缩和内容检查；签名是对原始字节计算的",
            )),
    )
}

async fn challenge(target: &Target, lark: &Sender) -> Vec<Finding> {
    let failed = |cause: Text| {
        Finding::failed(
            "public.challenge",
            both(
                "the console's check of the address (challenge) would fail",
                "开发者后台对请求地址的校验（challenge）会失败",
            ),
        )
        .because(cause)
    };
    let (text, reply) = match target.challenge(lark).await {
        Ok(answered) => answered,
        Err(why) => return vec![failed(why.text())],
    };
    let encoding = reply.header("content-encoding").to_owned();
    let expected = lark_protocol::reply::challenge(&text);
    let took = reply.took;
    if reply.status != 200 || (encoding.is_empty() && reply.body != expected.as_bytes()) {
        return vec![failed(same(format!("{}: {}", reply.status, reply.beginning())))];
    }
    let ms = took.as_millis();
    let mut findings = vec![if took > CONSOLE_WAITS {
        Finding::failed(
            "public.challenge",
            both(
                format!("the challenge is answered after {ms} ms; Lark waits 1 s"),
                format!("challenge 在 {ms} ms 后才应答；飞书只等 1 秒"),
            ),
        )
    } else {
        Finding::ok(
            "public.challenge",
            both(
                format!("the console's check of the address (challenge) is answered in {ms} ms"),
                format!("开发者后台对请求地址的校验（challenge）在 {ms} ms 内应答"),
            ),
        )
    }];
    if !encoding.is_empty() {
        findings.push(Finding::ok(
            "public.compressed_answer",
            both(
                format!("the proxy compresses answers ({encoding}), which Lark allows"),
                format!("代理压缩应答（{encoding}），飞书允许这样做"),
            ),
        ));
    }
    findings
}

async fn large(target: &Target, lark: &Sender) -> Finding {
    let kib = LARGE_BYTES / 1024;
    let failed = |cause: Text, cure: Text| {
        Finding::failed(
            "public.large",
            both(
                format!("a large event ({kib} KiB) does not arrive"),
                format!("较大的事件（{kib} KiB）无法到达"),
            ),
        )
        .because(cause)
        .cure(cure)
    };
    match target.click(lark, ProofIn::Header, LARGE_BYTES).await {
        Err(why) => failed(why.text(), cure_of_status(413)),
        Ok(Probed { report: Err(reply), .. }) => failed(
            same(format!("{}: {}", reply.status, reply.beginning())),
            cure_of_status(reply.status),
        ),
        Ok(Probed { report: Ok(report), .. }) if report.text("/verdict") != "ok" => {
            failed(same(report.text("/verdict").to_owned()), cure_of_status(413))
        }
        Ok(_) => Finding::ok(
            "public.large",
            both(
                format!("a large event ({kib} KiB) arrives unchanged"),
                format!("较大的事件（{kib} KiB）原样到达"),
            ),
        ),
    }
}

/// Whether a request is passed on as it comes, or collected first.
async fn buffering(target: &Target, lark: &Sender) -> Option<Finding> {
    let report = target.slow_click(lark).await.ok()?.report.ok()?;
    let waited = Duration::from_millis(report.number("body_ms"));
    Some(if waited < PAUSE / 2 {
        Finding::ok(
            "public.buffering",
            both(
                "the proxy collects a request before it passes it on (buffering), which does no harm",
                "代理收齐整个请求后才转发（缓冲），没有害处",
            ),
        )
    } else {
        Finding::ok(
            "public.buffering",
            both("requests are passed on as they come", "请求边到达边转发"),
        )
    })
}

/// Time on the way, without that of the server.
fn latency(report: &Report, update_delay: Duration) -> Finding {
    let took = report.reply.took;
    let server = Duration::from_millis(report.number("took_ms"));
    let (ms, way) = (took.as_millis(), took.saturating_sub(server));
    let way_ms = way.as_millis();
    let result = both(
        format!("a click is answered in {ms} ms, of which {way_ms} ms are spent on the way"),
        format!("点击在 {ms} ms 内应答，其中 {way_ms} ms 用在途中"),
    );
    let cure = both(
        "look for a proxy that holds requests or answers back (buffering, content inspection), and for a long way between it \
         and the server; Lark waits 3 s for a click and 1 s for the challenge",
        "检查代理是否滞留请求或应答（缓冲、内容检查），以及它与服务之间的距离；飞书对点击等待 3 秒，对 challenge 等待 1 秒",
    );
    if took > LARK_WAITS {
        Finding::failed("public.latency", result).cure(cure)
    } else if way > CONSOLE_WAITS / 2 || way > update_delay {
        Finding::warning("public.latency", result).cure(cure)
    } else {
        Finding::ok("public.latency", result)
    }
}
