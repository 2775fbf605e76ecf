//! A component that a script or a form sends: bounded in bytes, time and number, looked at and forgotten, or installed.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use lark_callback_store::Touched;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::SemaphorePermit, task::spawn_blocking, time::timeout};

use super::drop::{self, Serving};
use crate::{
    codes::{Text, both, told},
    console::{
        Console, Failure, multipart,
        page::{fragment, page},
        view::View,
        workshop::{Dropped, Installed},
    },
    operate::{AuditedChange, Record},
    plugin::WASM_BYTES_MAX,
};

/// Time for a component to arrive: 64 MiB over a slow line.
const ARRIVAL_MAX: Duration = Duration::from_secs(120);

/// Bytes of a form beside the component: its other fields, and what stands between them.
const FORM_BYTES_MAX: usize = 16 << 10;

/// Bytes of a signature file.
const SIGNATURE_BYTES_MAX: usize = 4_096;

/// Header with the content of the signature file, in Base64.
const SIGNATURE: &str = "x-plugin-signature";

/// Plugin that a component is for, as a script names it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OfName {
    #[serde(default)]
    name: String,
}

/// Looks at a component.
pub(super) async fn check(
    State(console): State<Arc<Console>>,
    view: View,
    Query(of): Query<OfName>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let Taken {
        dropped,
        is_form,
        _places,
    } = take(&console, &view, &of.name, &headers, body).await?;
    let name = dropped.name.clone();
    let report = (console.workshop.look)(dropped).await;
    Ok(shown(&view, is_form, drop::report(view.language, &name, &report)))
}

/// Installs a component where none serves under its name; otherwise asks whether to replace that.
pub(super) async fn install(
    State(console): State<Arc<Console>>,
    view: View,
    Query(of): Query<OfName>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    put(&console, &view, &of.name, &headers, body, false).await
}

/// Installs a component, in the place of whatever serves under its name.
pub(super) async fn replace(
    State(console): State<Arc<Console>>,
    view: View,
    Query(of): Query<OfName>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    put(&console, &view, &of.name, &headers, body, true).await
}

async fn put(
    console: &Console,
    view: &View,
    name: &str,
    headers: &HeaderMap,
    body: Body,
    may_replace: bool,
) -> Result<Response, Failure> {
    if !view.is_operator() {
        return Err(Failure::role());
    }
    let Taken {
        dropped,
        is_form,
        _places,
    } = take(console, view, name, headers, body).await?;
    let name = dropped.name.clone();
    if !may_replace && let Some(serving) = serving(console, &name) {
        let report = (console.workshop.look)(dropped.clone()).await;
        let is_same = report.about.as_ref().is_some_and(|about| about.hash == serving.hash);
        if !is_same {
            let body = drop::question(view.language, &name, &report, &serving);
            let replaced = Some(name.as_str()).filter(|_| report.problems.is_empty());
            let page = shown_with(view, is_form, body, replaced);
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    }
    let done = installed(console, view, dropped).await?;
    let status = if done.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    let was_sent_back = done
        .as_ref()
        .is_ok_and(|installed| is_sent_back(console, &name, &installed.hash));
    let body = drop::installed(view.language, &name, &done, was_sent_back);
    Ok((status, shown(view, is_form, body)).into_response())
}

/// What serves under this name.
fn serving(console: &Console, name: &str) -> Option<Serving> {
    let plugins = console.admin.plugins.borrow();
    let active = plugins.iter().find(|plugin| plugin.name == name)?.active.as_ref()?;
    Some(Serving {
        version: active.version.clone(),
        hash: active.hash.clone(),
        event_types: active.event_types.clone(),
    })
}

/// Installs it, on record.
async fn installed(console: &Console, view: &View, dropped: Dropped) -> Result<Result<Installed, Text>, Failure> {
    let name = dropped.name.clone();
    let admin = &console.admin;
    let actor = view.actor.as_deref().ok_or_else(Failure::role)?;
    let change = AuditedChange {
        command: "plugin-install".to_owned(),
        arguments: json!({"plugin": name, "bytes": dropped.wasm.len()}),
        touched: vec![(Touched::Plugin, name.clone())],
    };
    let record = Record::begin(&admin.store, actor, change, (admin.now_ms)()).await?;
    let done = (console.workshop.install)(dropped).await;
    let ended = match &done {
        Ok(installed) => Ok(json!({"version": installed.version, "hash": installed.hash})),
        Err(why) => Err(("refused", why.clone())),
    };
    record.end(&admin.store, ended).await;
    if let Ok(installed) = &done {
        tracing::info!(
            plugin.name = name,
            plugin.hash = installed.hash,
            "Plugin installed from the console"
        );
    }
    Ok(done)
}

/// What was found: a part of the page for a script, a page of its own without one.
fn shown(view: &View, is_form: bool, found: Markup) -> Response {
    shown_with(view, is_form, found, None)
}

/// The same; without a script the files have to be chosen once more to replace what serves.
fn shown_with(view: &View, is_form: bool, found: Markup, replaced: Option<&str>) -> Response {
    if !is_form {
        return fragment(found);
    }
    let body = html! {
        section.card { (found) }
        @if replaced.is_some() {
            h2 { (view.word("Replace it", "替换")) }
            p { (view.word("Choose the same file once more.", "请再次选择同一文件。")) }
        } @else { h2 { (view.word("Check another one", "检查另一个组件")) } }
        (drop::place(view, replaced))
        p { a.button href=(super::HOME) { (view.word("All plugins", "全部插件")) } }
    };
    page(view, view.word("Check a component", "检查组件"), &body)
}

/// Whether the folder held this component already, and it was sent back.
fn is_sent_back(console: &Console, name: &str, hash: &str) -> bool {
    let plugins = console.admin.plugins.borrow();
    let mut plugins = plugins.iter().filter(|plugin| plugin.name == name);
    plugins.any(|plugin| plugin.sent_back.as_deref() == Some(hash))
}

/// Component that has arrived and may be looked at.
struct Taken<'c> {
    dropped: Dropped,
    /// Sent by a form, which wants a page.
    is_form: bool,
    /// Held until the look is over.
    _places: [SemaphorePermit<'c>; 2],
}

/// Takes one at a time from callers of one role, from its first byte on; waits until another one was looked at.
async fn take<'c>(
    console: &'c Console,
    view: &View,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Taken<'c>, Failure> {
    let workshop = &console.workshop;
    let arrivals = workshop.arrivals(view.is_operator());
    let arrival = arrivals.try_acquire().map_err(|_taken| busy())?;
    let (dropped, is_form) = arrived(name, headers, body).await?;
    let look = workshop.looks.acquire().await.map_err(|_closed| busy())?;
    Ok(Taken {
        dropped,
        is_form,
        _places: [arrival, look],
    })
}

fn busy() -> Failure {
    let text = both(
        "Another component is being checked; try again in a moment.",
        "正在检查另一个组件；请稍后再试。",
    );
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, text)
}

/// The component, and whether a form sent it.
async fn arrived(name: &str, headers: &HeaderMap, body: Body) -> Result<(Dropped, bool), Failure> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let boundary = multipart::boundary(headers);
    let bytes_max = WASM_BYTES_MAX + boundary.as_ref().map_or(0, |_| FORM_BYTES_MAX);
    if length.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let body = whole(body, bytes_max).await?;
    let is_form = boundary.is_some();
    let dropped = match boundary {
        Some(boundary) => of_form(body, boundary).await?,
        None => Dropped {
            name: without_extension(name),
            wasm: body,
            signature: signature(headers)?,
        },
    };
    if dropped.wasm.len() > WASM_BYTES_MAX {
        return Err(too_large());
    }
    if dropped.wasm.is_empty() {
        return Err(Failure::bad_request(both("The file is empty.", "文件为空。")));
    }
    Ok((dropped, is_form))
}

/// Component in a form.
async fn of_form(body: Bytes, boundary: String) -> Result<Dropped, Failure> {
    let parts = spawn_blocking(move || multipart::parts(&body, &boundary)).await;
    let broken = || Failure::bad_request(both("The form did not arrive whole.", "表单未完整送达。"));
    let mut parts = parts.ok().flatten().ok_or_else(broken)?;
    let mut taken = |name: &str| {
        let at = parts.iter().position(|part| part.name == name)?;
        Some(parts.swap_remove(at))
    };
    let wasm = taken(drop::WASM).ok_or_else(broken)?;
    let signature = taken(drop::SIGNATURE).filter(|part| !part.content.is_empty());
    if signature
        .as_ref()
        .is_some_and(|part| part.content.len() > SIGNATURE_BYTES_MAX)
    {
        return Err(unreadable_signature());
    }
    let named = taken(drop::NAME).map(|part| String::from_utf8_lossy(&part.content).trim().to_owned());
    let named = named.filter(|name| !name.is_empty());
    Ok(Dropped {
        name: without_extension(&named.or(wasm.file_name).unwrap_or_default()),
        wasm: wasm.content,
        signature: signature.map(|part| part.content.to_vec()),
    })
}

fn without_extension(name: &str) -> String {
    name.strip_suffix(".wasm").unwrap_or(name).to_owned()
}

async fn whole(body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
    match timeout(ARRIVAL_MAX, to_bytes(body, bytes_max)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            both("The file did not arrive in two minutes.", "文件未在两分钟内送达。"),
        )),
    }
}

fn too_large() -> Failure {
    let mib = WASM_BYTES_MAX >> 20;
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        told!(
            "The file did not arrive whole, or is larger than {mib} MiB, which is all that a plugin may have.",
            "文件未完整送达，或超过插件的上限 {mib} MiB。"
        ),
    )
}

fn signature(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Failure> {
    let Some(sent) = headers.get(SIGNATURE) else {
        return Ok(None);
    };
    if sent.len() > SIGNATURE_BYTES_MAX {
        return Err(unreadable_signature());
    }
    STANDARD
        .decode(sent.as_bytes())
        .map(Some)
        .map_err(|_not_base64| unreadable_signature())
}

fn unreadable_signature() -> Failure {
    Failure::bad_request(both("The signature file cannot be read.", "无法读取签名文件。"))
}
