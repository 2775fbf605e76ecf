//! Who answers when it is not the server with a report: the proxy itself, another program, or a server with other keys; and
//! what became of an answer of the server on its way back.

use crate::cli::doctor::{
    finding::{Finding, Text, both, same},
    probe::{Reply, Report},
};

/// Somebody answered, and not with a report.
pub(super) fn answered_by_another(url: &str, reply: &Reply, has_local: bool) -> Finding {
    let status = reply.status;
    if (300..400).contains(&status) {
        return redirected(url, reply);
    }
    if let Some(code) = reply.code() {
        return refused_by_ours(url, &code, has_local);
    }
    let server = reply.header("server");
    let who = if server.is_empty() { "?" } else { server };
    Finding::failed(
        "public.answered",
        both(
            format!("something before the server answers {url} by itself: {status}"),
            format!("{url} 由服务之前的程序直接应答：{status}"),
        ),
    )
    .because(same(format!("Server: {who}; {}", reply.beginning())))
    .cure(cure_of_status(status))
}

pub(super) fn cure_of_status(status: u16) -> Text {
    match status {
        401 | 403 => both(
            "a login, a firewall (WAF) or an access rule of the proxy is in the way: let POST requests to the callback path pass, \
             from any address and without a login",
            "登录验证、防火墙（WAF）或代理的访问规则拦截了请求：放行发往回调路径的 POST 请求，不限来源，不要求登录",
        ),
        404 => both(
            "the proxy has no rule for this path: add one for the callback path (nginx: location /callback)",
            "代理没有该路径的规则：为回调路径添加一条（nginx：location /callback）",
        ),
        405 => both("let the proxy pass POST requests", "让代理放行 POST 请求"),
        413 => both(
            "raise the proxy's limit for bodies to 1 MiB (nginx: client_max_body_size 1m)",
            "把代理的请求体上限提高到 1 MiB（nginx：client_max_body_size 1m）",
        ),
        502..=504 => both(
            "the proxy does not reach the server: compare the address it passes requests to with CALLBACK_SERVER_HOST and \
             CALLBACK_SERVER_PORT, and see that the server runs",
            "代理连不上服务：核对它的转发地址与 CALLBACK_SERVER_HOST、CALLBACK_SERVER_PORT 是否一致，并确认服务在运行",
        ),
        200 => both(
            "another program answers there: compare the proxy's target with the server's address, and CALLBACK_PUBLIC_URL with \
             the proxy's host",
            "应答的是另一个程序：核对代理的转发目标与服务地址，以及 CALLBACK_PUBLIC_URL 与代理的域名",
        ),
        _ => both(
            "see the log of the proxy for this time; doctor sent a POST request like Lark's",
            "查看代理此刻的日志；doctor 发送的是与飞书相同的 POST 请求",
        ),
    }
}

fn redirected(url: &str, reply: &Reply) -> Finding {
    let target = reply.header("location");
    let is_to_tls = url.starts_with("http://") && target.starts_with("https://");
    let cure = if is_to_tls {
        both(
            "enter the https:// address in the developer console and in CALLBACK_PUBLIC_URL: Lark follows no redirect",
            "在开发者后台和 CALLBACK_PUBLIC_URL 中填写 https:// 地址：飞书不会跟随跳转",
        )
    } else {
        both(
            "enter the address that it leads to in the developer console, or take the redirect off for this path: Lark follows \
             none",
            "在开发者后台填写跳转后的地址，或者取消该路径的跳转：飞书不会跟随跳转",
        )
    };
    Finding::failed(
        "public.redirected",
        both(
            format!("{url} answers with a redirect ({})", reply.status),
            format!("{url} 返回跳转（{}）", reply.status),
        ),
    )
    .because(same(format!("Location: {target}")))
    .cure(cure)
}

/// A server of ours answered, and did not take the probe for one.
pub(super) fn refused_by_ours(url: &str, code: &str, has_local: bool) -> Finding {
    let (result, cure) = match code {
        "unauthenticated" if has_local => (
            both(
                format!("{url} leads to another lark-callback server, which has other keys"),
                format!("{url} 指向另一个 lark-callback 服务，它的密钥不同"),
            ),
            both(
                "compare the address that the proxy passes requests to with this server's; if it is this one, the proxy drops \
                 the headers and changes the body",
                "核对代理的转发地址是否为本服务；如果是，则代理同时丢弃了请求头并改写了请求体",
            ),
        ),
        "unauthenticated" => (
            both(
                format!("the server behind {url} refuses requests that are encrypted and signed with these settings"),
                format!("{url} 背后的服务拒绝用当前配置加密并签名的请求"),
            ),
            both(
                "compare LARK_ENCRYPT_KEY and LARK_VERIFICATION_TOKEN of that server with these settings; an older server that \
                 does not know probes answers so, too",
                "核对该服务的 LARK_ENCRYPT_KEY、LARK_VERIFICATION_TOKEN 与当前配置；不支持探测的旧版本也会这样应答",
            ),
        ),
        "not_found" | "unknown_app" => (
            both(
                format!("the request to {url} arrives at a path that the server does not serve"),
                format!("发往 {url} 的请求到达了服务没有提供的路径"),
            ),
            both(
                "the proxy rewrites the path: have it pass the path unchanged, or set CALLBACK_PATH to what arrives",
                "代理改写了路径：让它原样转发路径，或者把 CALLBACK_PATH 设为到达时的路径",
            ),
        ),
        other => (
            both(
                format!("the server behind {url} refuses the request: {other}"),
                format!("{url} 背后的服务拒绝了请求：{other}"),
            ),
            both(
                format!("see what the code means: lark-callback explain {other}"),
                format!("查看该错误码的含义：lark-callback explain {other}"),
            ),
        ),
    };
    Finding::failed("public.refused", result).cure(cure)
}

/// Changes of the answer, and of the connection.
pub(super) fn answer(report: &Report) -> Vec<Finding> {
    let mut findings = Vec::new();
    let kind = report.reply.header("content-type");
    if !report.is_genuine || !report.is_unchanged || !kind.starts_with("application/json") {
        findings.push(
            Finding::warning("public.answer", both("the proxy changes answers", "代理改写了应答"))
                .because(same(format!("Content-Type: {kind}; {}", report.reply.beginning())))
                .cure(both(
                    "have it pass the answers of this path unchanged: Lark reads them as JSON",
                    "让它原样转发该路径的应答：飞书按 JSON 读取",
                )),
        );
    }
    if report.text("/http") == "HTTP/1.0" {
        findings.push(
            Finding::warning(
                "public.http",
                both(
                    "the proxy speaks HTTP/1.0 to the server and opens a connection for each request",
                    "代理用 HTTP/1.0 访问服务，每个请求都新建连接",
                ),
            )
            .cure(both(
                "nginx: proxy_http_version 1.1; proxy_set_header Connection \"\"; and keepalive in the upstream",
                "nginx：设置 proxy_http_version 1.1; proxy_set_header Connection \"\"; 并在 upstream 中使用 keepalive",
            )),
        );
    }
    findings
}
