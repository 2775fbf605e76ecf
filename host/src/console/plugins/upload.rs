//! A component that a script sends: bounded in bytes, time and number, looked at and forgotten, or installed.

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
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::SemaphorePermit, time::timeout};

use super::drop;
use crate::{
    codes::{both, told},
    console::{Console, Failure, page::fragment, view::View, workshop::Dropped},
    operate::{AuditedChange, Record},
    plugin::WASM_BYTES_MAX,
};

/// Time for a component to arrive: 64 MiB over a slow line.
const ARRIVAL_MAX: Duration = Duration::from_secs(120);

/// Bytes of a signature file, in Base64.
const SIGNATURE_BYTES_MAX: usize = 4_096;

/// Header with the content of the signature file, in Base64.
const SIGNATURE: &str = "x-plugin-signature";

/// Plugin that a component is for.
#[derive(Debug, Deserialize)]
pub(super) struct OfName {
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
    let _place = place(&console)?;
    let dropped = take(of.name, &headers, body).await?;
    let name = dropped.name.clone();
    let report = (console.workshop.look)(dropped).await;
    Ok(fragment(drop::report(view.language, &name, &report)))
}

/// Installs a component.
pub(super) async fn install(
    State(console): State<Arc<Console>>,
    view: View,
    Query(of): Query<OfName>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    if !view.is_operator() {
        return Err(Failure::role());
    }
    let _place = place(&console)?;
    let dropped = take(of.name, &headers, body).await?;
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
    let status = if done.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    Ok((status, fragment(drop::installed(view.language, &name, &done))).into_response())
}

/// One at a time, from the first byte on.
fn place(console: &Console) -> Result<SemaphorePermit<'_>, Failure> {
    console.workshop.places.try_acquire().map_err(|_taken| {
        let text = both(
            "Another component is being checked; try again in a moment.",
            "正在检查另一个组件；请稍后再试。",
        );
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, text)
    })
}

async fn take(name: String, headers: &HeaderMap, body: Body) -> Result<Dropped, Failure> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > WASM_BYTES_MAX as u64) {
        return Err(too_large());
    }
    let name = name.strip_suffix(".wasm").map_or(name.clone(), str::to_owned);
    let wasm = whole(body).await?;
    if wasm.is_empty() {
        return Err(Failure::bad_request(both("The file is empty.", "文件为空。")));
    }
    Ok(Dropped {
        name,
        wasm,
        signature: signature(headers)?,
    })
}

async fn whole(body: Body) -> Result<Bytes, Failure> {
    match timeout(ARRIVAL_MAX, to_bytes(body, WASM_BYTES_MAX)).await {
        Ok(Ok(wasm)) => Ok(wasm),
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
    let wrong = || Failure::bad_request(both("The signature file cannot be read.", "无法读取签名文件。"));
    if sent.len() > SIGNATURE_BYTES_MAX {
        return Err(wrong());
    }
    STANDARD
        .decode(sent.as_bytes())
        .map(Some)
        .map_err(|_not_base64| wrong())
}
