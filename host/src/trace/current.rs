//! The current span: it travels with a future, whichever thread or task polls it.

use std::{
    borrow::Cow,
    future::Future,
    pin::Pin,
    task::{Context as TaskContext, Poll},
};

use pin_project_lite::pin_project;
use tokio::{task_local, time::Instant};

use super::{
    ids::EventSpan,
    span::{Context, Span, SpanKind, Value},
};

task_local! {
    static CURRENT: Context;
}

pin_project! {
    /// Work that belongs to a span, if there is one, and what is noted there of its result.
    #[derive(Debug)]
    pub struct Traced<F, N> {
        #[pin]
        work: F,
        span: Option<Within>,
        note: N,
    }
}

/// A span of its own, or that of whoever began the work.
enum Within {
    Own(Span),
    Shared(Box<Context>),
}

impl std::fmt::Debug for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Within")
    }
}

impl<F: Future, N: Fn(&F::Output)> Future for Traced<F, N> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let context = match this.span {
            None => return this.work.poll(task),
            Some(Within::Own(span)) => span.context(),
            Some(Within::Shared(context)) => Some(&**context),
        };
        let Some(context) = context else {
            return this.work.poll(task);
        };
        let polled = CURRENT.sync_scope(context.clone(), || {
            let polled = this.work.poll(task);
            if let Poll::Ready(result) = &polled {
                (this.note)(result);
            }
            polled
        });
        if polled.is_ready() {
            // The span ends here, and not when the future is dropped.
            *this.span = None;
        }
        polled
    }
}

/// Work within a span.
pub fn traced<F: Future>(span: Option<Span>, work: F) -> Traced<F, impl Fn(&F::Output)> {
    traced_then(span, work, |_| {})
}

/// Work within a span, whose result is noted there.
///
/// It contains the work itself, and what `note` refers to: an `async` block around the work would keep a second copy of it, and
/// a callback's future is allocated and moved for each request, traced or not.
pub fn traced_then<F: Future, N: Fn(&F::Output)>(span: Option<Span>, work: F, note: N) -> Traced<F, N> {
    Traced {
        work,
        span: span.map(Within::Own),
        note,
    }
}

/// Work that goes on within the current span when it is moved to another task or thread.
pub fn carried<F: Future>(work: F) -> Traced<F, impl Fn(&F::Output)> {
    carried_then(work, |_| {})
}

/// The same, for work whose result is noted there.
pub fn carried_then<F: Future, N: Fn(&F::Output)>(work: F, note: N) -> Traced<F, N> {
    let context = current(Context::clone);
    Traced {
        work,
        span: context.map(|context| Within::Shared(Box::new(context))),
        note,
    }
}

/// A span below the current one; none without one.
pub fn child(kind: SpanKind, name: &'static str) -> Option<Span> {
    current(|context| context.child(kind, name.into(), Instant::now()))
}

/// A span for a request to Lark: without what the path says about people.
pub fn lark_call(method: &str, path: &str) -> Option<Span> {
    current(|context| {
        let name = Cow::Owned(format!("{method} {}", without_ids(path)));
        let mut span = context.child(SpanKind::Client, name, Instant::now());
        span.set("http.request.method", method.to_owned());
        span
    })
}

/// A span for a plugin's request to a service. Of its path only the grant is told, which says nothing about people.
pub fn http_call(method: &str, origin: &str, grant: &str) -> Option<Span> {
    current(|context| {
        let mut span = context.child(
            SpanKind::Client,
            Cow::Owned(format!("{method} {origin}")),
            Instant::now(),
        );
        span.set("http.request.method", method.to_owned());
        span.set("server.address", origin.to_owned());
        span.set("url.template", grant.to_owned());
        span
    })
}

/// Adds an attribute to the current span.
pub fn note(key: &'static str, value: impl Into<Value>) {
    let _ = current(|context| context.note(key, value.into()));
}

/// Marks the current span as failed, with a stable word.
pub fn fail(error: &'static str) {
    let _ = current(|context| context.fail(error));
}

/// Says that an event was stored within the current span.
pub fn stored(event: &EventSpan<'_>, number: i64) {
    let _ = current(|context| context.stored(event, number));
}

/// The header `traceparent` for a request that is made within the current span.
pub fn traceparent() -> Option<String> {
    current(Context::header)
}

fn current<T>(look: impl FnOnce(&Context) -> T) -> Option<T> {
    CURRENT.try_with(look).ok()
}

/// A path with its ids replaced: of people, chats, messages, documents. What is fixed in Lark's paths is short, and has no
/// capital and no digit but those of a version.
fn without_ids(path: &str) -> String {
    const FIXED_BYTES_MAX: usize = 32;
    let is_version = |part: &str| part.len() <= 3 && part.starts_with('v');
    let is_fixed = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-');
        let is_id = ["ou_", "on_", "oc_", "om_", "cli_"]
            .iter()
            .any(|kind| part.starts_with(kind));
        is_version(part) || !is_id && part.len() <= FIXED_BYTES_MAX && part.bytes().all(is_plain)
    };
    let parts = path.split('/').map(|part| if is_fixed(part) { part } else { "{id}" });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::{child, fail, note, traceparent, without_ids};
    use crate::trace::SpanKind;

    #[test]
    fn a_path_says_nothing_about_people() {
        for (path, shown) in [
            ("/open-apis/im/v1/messages", "/open-apis/im/v1/messages"),
            (
                "/open-apis/im/v1/messages/om_dc13264520392913993dd051dba21dcf/reply",
                "/open-apis/im/v1/messages/{id}/reply",
            ),
            ("/open-apis/contact/v3/users/ou_x", "/open-apis/contact/v3/users/{id}"),
            ("/open-apis/contact/v3/users/anna7", "/open-apis/contact/v3/users/{id}"),
            (
                "/open-apis/docx/v1/documents/doxcnAbc/blocks",
                "/open-apis/docx/v1/documents/{id}/blocks",
            ),
            (
                "/open-apis/auth/v3/tenant_access_token/internal",
                "/open-apis/auth/v3/tenant_access_token/internal",
            ),
        ] {
            assert_eq!(without_ids(path), shown);
        }
    }

    #[test]
    fn outside_of_a_span_nothing_happens() {
        note("x", "y");
        fail("z");
        assert!(child(SpanKind::Internal, "x").is_none() && traceparent().is_none());
    }
}
