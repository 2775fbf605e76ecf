//! `POST /callback[/{app}]`: takes raw bytes, returns one answer.

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use lark_protocol::{Opened, PROBE_EVENT, Unauthenticated, UnixSeconds, reply};

use super::{Endpoint, body, json, probe, raw, rejection::Rejection};
use crate::{
    dispatch::{Answer, Dispatched, Origin},
    listen::Written,
    moment::Moment,
    telemetry::{Measuring, RequestKind, Via},
    trace,
};

/// Reads, verifies, dispatches and answers.
pub(super) async fn receive(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let arrival = endpoint.front.arrival();
    // Split by hand, because an extractor would copy the headers.
    let (parts, body) = request.into_parts();
    let body = match probe::answered(&endpoint.front, Some(&endpoint.app), &parts, body, arrival).await {
        Ok(response) => return response,
        Err(body) => body,
    };
    let mut measuring = endpoint.app.latencies.measure(Via::Webhook, arrival.at);
    match answer(&endpoint, &parts, body, arrival, &mut measuring).await {
        Ok(response) => response,
        Err(rejection) => refuse(&endpoint, rejection, &parts, arrival),
    }
}

/// Refuses a request, and has the first ones of each reason looked at once more.
fn refuse(endpoint: &Endpoint, rejection: Rejection, parts: &Parts, arrival: Moment) -> Response {
    let Endpoint { front, app } = endpoint;
    let number = front.note(&rejection, Some(app), parts);
    if let (Some(number), Rejection::Unopened(refusal, body)) = (number, &rejection) {
        front
            .examiner
            .examine(number, app, *refusal, &raw::of(&parts.headers, body), arrival.unix_ms);
    }
    rejection.into_response()
}

async fn answer(
    endpoint: &Endpoint,
    parts: &Parts,
    body: Body,
    arrival: Moment,
    measuring: &mut Measuring<'_>,
) -> Result<Response, Rejection> {
    let Endpoint { front, app } = endpoint;
    let opened = open(endpoint, parts, body, arrival).await?;
    measuring.set_kind(RequestKind::of(&opened));
    match opened {
        Opened::Challenge(challenge) => {
            let Origin { peer, ids } = front.origin(parts);
            tracing::info!(
                app.id = &*app.app_id,
                outcome = "challenge",
                peer = peer.map(display),
                request.id = ids.request_id.as_deref(),
                lark.log_id = ids.log_id.as_deref(),
                "URL verification challenge answered"
            );
            Ok(json(StatusCode::OK, reply::challenge(&challenge)))
        }
        Opened::Event(event) if &*event.event_type == PROBE_EVENT => {
            Ok(probe::answer_event(front, app, parts, &event, arrival))
        }
        Opened::Event(event) => {
            front.dispatcher.hear_time(&event, arrival);
            let traceparent = parts.headers.get("traceparent").map(HeaderValue::as_bytes);
            let span = front.tracer.opened(&app.app_id, &event, traceparent, arrival);
            let dispatching = front
                .dispatcher
                .dispatch(&app.app_id, event, front.origin(parts), arrival);
            Ok(response(trace::traced(span, dispatching).await))
        }
        Opened::AppTicket { event, ticket } => {
            front.dispatcher.hear_time(&event, arrival);
            let origin = front.origin(parts);
            let kept = front
                .dispatcher
                .keep_app_ticket(&app.app_id, event, ticket, origin, arrival);
            Ok(response(kept.await))
        }
    }
}

/// Reads and verifies the body. Only the event outlives this function, so the raw bytes are freed before the dispatch.
async fn open(endpoint: &Endpoint, parts: &Parts, body: Body, arrival: Moment) -> Result<Opened, Rejection> {
    let Endpoint { front, app } = endpoint;
    body::check_form(&parts.headers)?;
    let mut raw = raw::of(&parts.headers, &[]);
    let limits = front.limits;
    if body.size_hint().lower() > limits.body_bytes_max as u64 {
        return Err(Rejection::TooLarge);
    }
    let bytes_max = app.keys.body_bytes_max(raw.is_signed()).min(limits.body_bytes_max);
    let body = body::read(body, bytes_max, limits.body_read, &front.bodies).await;
    let body = body.map_err(|rejection| match rejection {
        // Larger than any challenge, and only a challenge may come without a signature.
        Rejection::TooLarge if bytes_max < limits.body_bytes_max => {
            Rejection::Unsigned(Unauthenticated::MissingHeaders)
        }
        other => other,
    })?;
    raw.body = &body.bytes;
    let now = UnixSeconds::of_ms(arrival.unix_ms);
    let opened = lark_protocol::open(&app.keys, &raw, now);
    opened.map_err(|refusal| Rejection::Unopened(refusal, body.bytes))
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
