//! Subscribed events and callbacks, and where Lark sends them, beside what the plugins take and where the server is.

use std::collections::BTreeSet;

use super::{
    Finding, both,
    links::Links,
    needs::Needs,
    seen::{Seen, joined, online},
};
use crate::{cli::doctor::finding::Text, config::Transport, openapi::Subscription};

/// Part of the console for a kind of push, by its names.
struct Part {
    subscribed: &'static str,
    address: &'static str,
    what: Text,
    page: Text,
}

pub(super) fn events(seen: &Seen, needs: &Needs, links: &Links) -> Vec<Finding> {
    let part = Part {
        subscribed: "console.events",
        address: "console.event_address",
        what: both("events", "事件"),
        page: both(
            "under Events & Callbacks > Event Configuration",
            "在“事件与回调 > 事件配置”中",
        ),
    };
    let entry = seen.entry.as_ref().map(|entry| &entry.events);
    let online = seen
        .versions
        .as_ref()
        .and_then(|versions| online(versions, seen.entry.as_ref()));
    let published = online.and_then(|online| online.events);
    let draft = entry.and_then(|events| events.types.clone());
    let mut findings = subscribed(&part, &needs.events, published.as_ref(), draft.as_ref(), links);
    if !needs.events.is_empty() {
        findings.extend(address(&part, entry, needs, links));
    }
    findings
}

pub(super) fn callbacks(seen: &Seen, needs: &Needs, links: &Links) -> Vec<Finding> {
    let part = Part {
        subscribed: "console.callbacks",
        address: "console.callback_address",
        what: both("callbacks", "回调"),
        page: both(
            "under Events & Callbacks > Callback Configuration",
            "在“事件与回调 > 回调配置”中",
        ),
    };
    let entry = seen.entry.as_ref().map(|entry| &entry.callbacks);
    // Versions do not tell their callbacks.
    let types = entry.and_then(|callbacks| callbacks.types.clone());
    let mut findings = subscribed(&part, &needs.callbacks, types.as_ref(), None, links);
    if !needs.callbacks.is_empty() {
        findings.extend(address(&part, entry, needs, links));
    }
    findings
}

/// Needed types beside those that take effect, and those that are set and not published.
fn subscribed(
    part: &Part,
    needed: &BTreeSet<String>,
    in_effect: Option<&Vec<String>>,
    draft: Option<&Vec<String>>,
    links: &Links,
) -> Vec<Finding> {
    if needed.is_empty() {
        return Vec::new();
    }
    let (en, zh) = (part.what.en(), part.what.zh());
    let names = joined(needed.iter());
    let Some(known) = in_effect.or(draft) else {
        return vec![
            Finding::not_tested(
                part.subscribed,
                both(
                    format!("Lark did not tell which {en} are subscribed"),
                    format!("飞书没有返回已订阅的{zh}"),
                ),
            )
            .cure(both(
                format!("see that these are subscribed {}: {names}", part.page.en()),
                format!("请确认{}已订阅：{names}", part.page.zh()),
            ))
            .link(links.events()),
        ];
    };
    let missing: Vec<_> = needed.iter().filter(|needed| !known.contains(needed)).collect();
    if missing.is_empty() {
        return vec![Finding::ok(
            part.subscribed,
            both(
                format!("all {en} are subscribed: {names}"),
                format!("{zh}都已订阅：{names}"),
            ),
        )];
    }
    let is_set = |missing: &&String| draft.is_some_and(|draft| draft.contains(missing));
    let (unpublished, absent): (Vec<&String>, Vec<&String>) = missing.into_iter().partition(is_set);
    let mut findings = Vec::new();
    if !absent.is_empty() {
        let names = joined(absent.into_iter());
        findings.push(
            Finding::failed(
                part.subscribed,
                both(
                    format!("{en} that plugins take are not subscribed: {names}"),
                    format!("插件需要的{zh}没有订阅：{names}"),
                ),
            )
            .cure(both(
                format!("add them {} and publish a version", part.page.en()),
                format!("{}添加，并发布版本", part.page.zh()),
            ))
            .link(links.events()),
        );
    }
    if !unpublished.is_empty() {
        let names = joined(unpublished.into_iter());
        findings.push(
            Finding::failed(
                part.subscribed,
                both(
                    format!("{en} are subscribed, but not in the published version: {names}"),
                    format!("{zh}已订阅，但不在已发布的版本中：{names}"),
                ),
            )
            .cure(both("create a version and publish it", "创建版本并发布"))
            .link(links.versions()),
        );
    }
    findings
}

/// Where Lark sends something, beside where it should.
fn address(part: &Part, entry: Option<&Subscription>, needs: &Needs, links: &Links) -> Option<Finding> {
    let (en, zh) = (part.what.en(), part.what.zh());
    let entry = entry?;
    let is_connection = entry.kind.as_deref() == Some("websocket");
    if is_connection && needs.transport != Transport::Webhook {
        return Some(Finding::ok(
            part.address,
            both(
                format!("{en} go over the long connection"),
                format!("{zh}通过长连接推送"),
            ),
        ));
    }
    if needs.transport == Transport::LongConnection {
        return Some(not_over_connection(part, entry, links));
    }
    if is_connection {
        return Some(
            Finding::failed(
                part.address,
                both(
                    format!("{en} go over the long connection, not to this server"),
                    format!("{zh}通过长连接推送，不会发到本服务"),
                ),
            )
            .cure(both(
                format!(
                    "choose “send to developer's server” {}, or set LARK_TRANSPORT=long-connection",
                    part.page.en()
                ),
                format!(
                    "{}选择“将事件/回调发送至开发者服务器”，或设置 LARK_TRANSPORT=long-connection",
                    part.page.zh()
                ),
            ))
            .link(links.events()),
        );
    }
    let Some(url) = &entry.request_url else {
        return Some(not_told(part, needs, links));
    };
    let Some(wanted) = &needs.callback_url else {
        return Some(
            Finding::not_tested(
                part.address,
                both(
                    format!("Lark sends {en} to {url}; whether that is this server is not known"),
                    format!("飞书把{zh}发往 {url}；无法判断是否为本服务"),
                ),
            )
            .cure(both("set CALLBACK_PUBLIC_URL", "设置 CALLBACK_PUBLIC_URL")),
        );
    };
    if url.trim_end_matches('/') == wanted.trim_end_matches('/') {
        return Some(Finding::ok(
            part.address,
            both(format!("Lark sends {en} to {url}"), format!("飞书把{zh}发往 {url}")),
        ));
    }
    Some(elsewhere(part, url, wanted, links))
}

/// Lark sends it to another address than that of this server.
fn elsewhere(part: &Part, url: &str, wanted: &str, links: &Links) -> Finding {
    let (en, zh) = (part.what.en(), part.what.zh());
    Finding::failed(
        part.address,
        both(
            format!("Lark sends {en} to {url}, and this server is at {wanted}"),
            format!("飞书把{zh}发往 {url}，而本服务在 {wanted}"),
        ),
    )
    .cure(both(
        format!("enter {wanted} {}", part.page.en()),
        format!("{}填写 {wanted}", part.page.zh()),
    ))
    .link(links.events())
}

/// Lark posts what this server expects over the long connection, or does not say.
fn not_over_connection(part: &Part, entry: &Subscription, links: &Links) -> Finding {
    let (en, zh) = (part.what.en(), part.what.zh());
    let finding = match (&entry.kind, &entry.request_url) {
        (None, None) => Finding::not_tested(
            part.address,
            both(
                format!("Lark did not tell whether {en} go over the long connection"),
                format!("飞书没有返回{zh}是否通过长连接推送"),
            ),
        ),
        (_, url) => {
            let url = url.as_deref().unwrap_or("?");
            Finding::failed(
                part.address,
                both(
                    format!("Lark sends {en} to {url}, and this server takes them over the long connection only"),
                    format!("飞书把{zh}发往 {url}，而本服务只通过长连接接收"),
                ),
            )
        }
    };
    finding
        .cure(both(
            format!(
                "choose “receive {en} through a long connection” {} while the server is connected, and publish a version",
                part.page.en()
            ),
            format!("在服务已连接时，{}选择“使用长连接接收{zh}”，并发布版本", part.page.zh()),
        ))
        .link(links.events())
}

/// Lark did not tell the address.
fn not_told(part: &Part, needs: &Needs, links: &Links) -> Finding {
    let finding = Finding::not_tested(
        part.address,
        both(
            format!("Lark did not tell where it sends {}", part.what.en()),
            format!("飞书没有返回{}的请求地址", part.what.zh()),
        ),
    );
    match &needs.callback_url {
        Some(wanted) => finding
            .cure(both(
                format!("see that it is {wanted} {}", part.page.en()),
                format!("请确认{}填写的是 {wanted}", part.page.zh()),
            ))
            .link(links.events()),
        None => finding,
    }
}
