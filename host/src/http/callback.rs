//! `POST /callback[/{app}]`: raw bytes in, one answer out.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Path, Request, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::Instant;

use super::{Front, RequestLimits, json, rejection::Rejection};
use crate::{
    dispatch::{Answer, Arrival, Dispatched},
    lark::{self, Opened, RawCallback, UnixSeconds, reply},
    listen::Written,
};

/// Reads, opens, dispatches and answers.
pub(super) async fn receive(
    State(front): State<Arc<Front>>,
    name: Result<Option<Path<String>>, PathRejection>,
    request: Request,
) -> Result<Response, Rejection> {
    let arrival = Arrival {
        at: Instant::now(),
        now_ms: (front.now_ms)(),
    };
    // A name that is not text is nobody's.
    let name = name.map_err(|_not_text| Rejection::UnknownApp)?;
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let app = front.apps.get(&name).ok_or(Rejection::UnknownApp)?;
    // Taken apart, because an extractor would copy the headers.
    let (parts, body) = request.into_parts();
    let body = read(body, front.limits).await?;

    let header = |name| parts.headers.get(name).map(axum::http::HeaderValue::as_bytes);
    let raw = RawCallback {
        timestamp: header("x-lark-request-timestamp"),
        nonce: header("x-lark-request-nonce"),
        signature: header("x-lark-signature"),
        body: &body,
    };
    let now = UnixSeconds(i64::try_from(arrival.now_ms / 1000).unwrap_or(i64::MAX));
    match lark::open(&app.keys, &raw, now).map_err(Rejection::Unopened)? {
        Opened::Challenge(challenge) => {
            tracing::info!(
                app.id = &*app.app_id,
                outcome = "challenge",
                "URL verification answered"
            );
            Ok(json(StatusCode::OK, reply::challenge(&challenge)))
        }
        Opened::Event(event) => Ok(response(front.dispatcher.dispatch(&app.app_id, event, arrival).await)),
        Opened::AppTicket { event, ticket } => {
            let kept = front.dispatcher.keep_app_ticket(&app.app_id, event, ticket, arrival);
            Ok(response(kept.await))
        }
    }
}

fn response(Dispatched { answer, written }: Dispatched) -> Response {
    let mut response = match answer {
        Answer::Reply(body) => json(StatusCode::OK, body),
        Answer::SendAgain => Rejection::Unavailable.into_response(),
    };
    if let Some(written) = written {
        response.extensions_mut().insert(Written::new(written));
    }
    response
}

/// The whole body, within its size and its time.
async fn read(body: Body, limits: RequestLimits) -> Result<Bytes, Rejection> {
    // Its length, when it was told; a sender that waits for `100 Continue` is spared the sending.
    if body.size_hint().lower() > limits.body_bytes_max as u64 {
        return Err(Rejection::TooLarge);
    }
    let collect = Limited::new(body, limits.body_bytes_max).collect();
    match tokio::time::timeout(limits.body_read, collect).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Rejection::TooLarge),
        Ok(Err(_)) => Err(Rejection::Unread),
        Err(_) => Err(Rejection::TooSlow),
    }
}
