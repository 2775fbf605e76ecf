//! Tests of bodies of any form and size, alone and together.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::Frame;

use super::*;

const KIB: usize = 1024;
const TIME_MAX: Duration = Duration::from_secs(5);

/// A body that comes in pieces of 4 KiB, and then ends or never does.
struct Pieces {
    left: usize,
    ends: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left > 0 {
            self.left -= 1;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 4 * KIB])))));
        }
        if self.ends { Poll::Ready(None) } else { Poll::Pending }
    }
}

fn body(bytes: usize) -> Body {
    Body::new(Pieces {
        left: bytes / (4 * KIB),
        ends: true,
    })
}

async fn length(bytes: usize, bytes_max: usize, bodies: &Bodies) -> Result<usize, String> {
    let read = read(body(bytes), bytes_max, TIME_MAX, bodies).await;
    read.map(|whole| whole.bytes.len())
        .map_err(|rejection| format!("{rejection:?}"))
}

#[tokio::test]
async fn a_body_of_one_or_many_pieces_is_read_whole() {
    let bodies = Bodies::new(0);
    for bytes in [0, 4 * KIB, 16 * KIB] {
        assert_eq!(length(bytes, 16 * KIB, &bodies).await, Ok(bytes));
    }
    assert_eq!(length(20 * KIB, 16 * KIB, &bodies).await, Err("TooLarge".into()));
}

#[tokio::test]
async fn bodies_share_a_budget_and_give_it_back_and_small_ones_need_none() {
    let bodies = Bodies::new(100 * KIB);
    let first = read(body(100 * KIB), 1 << 20, TIME_MAX, &bodies).await.unwrap();
    assert_eq!(first.bytes.len(), 100 * KIB);
    assert_eq!(length(64 * KIB, 1 << 20, &bodies).await, Err("TooManyBodies".into()));
    assert_eq!(length(16 * KIB, 1 << 20, &bodies).await, Ok(16 * KIB));
    drop(first);
    assert_eq!(length(64 * KIB, 1 << 20, &bodies).await, Ok(64 * KIB));
    assert_eq!(bodies.left.load(Ordering::Relaxed), 100 * KIB, "all of it is back");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_gives_back_what_it_took() {
    let bodies = Bodies::new(1 << 20);
    let endless = Body::new(Pieces { left: 50, ends: false });
    let read = read(endless, 1 << 20, TIME_MAX, &bodies).await;
    assert!(matches!(read, Err(Rejection::TooSlow)), "{read:?}");
    assert_eq!(bodies.left.load(Ordering::Relaxed), 1 << 20);
}

fn form(headers: &[(header::HeaderName, &str)]) -> Result<(), String> {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap()));
    let mut map = HeaderMap::new();
    headers.for_each(|(name, value)| {
        map.append(name, value);
    });
    check_form(&map).map_err(|rejection| format!("{rejection:?}"))
}

#[test]
fn any_encoding_but_identity_is_refused_by_its_name() {
    use header::CONTENT_ENCODING as ENCODING;
    for taken in [
        &[][..],
        &[(ENCODING, "")],
        &[(ENCODING, " Identity ")],
        &[(ENCODING, "identity"), (ENCODING, "identity")],
        &[(ENCODING, "identity, identity")],
        &[(header::TRANSFER_ENCODING, "Chunked")],
    ] {
        assert_eq!(form(taken), Ok(()), "{taken:?}");
    }
    for (sent, named) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, identity", "gzip, identity"),
        ("é\"<", "????"),
    ] {
        assert_eq!(
            form(&[(ENCODING, sent)]),
            Err(format!("Encoding(\"Content-Encoding\", \"{named}\")"))
        );
    }
    assert_eq!(
        form(&[(ENCODING, "identity"), (ENCODING, "deflate")]),
        Err(r#"Encoding("Content-Encoding", "deflate")"#.into())
    );
    assert_eq!(
        form(&[(header::TRANSFER_ENCODING, "gzip, chunked")]),
        Err(r#"Encoding("Transfer-Encoding", "gzip, chunked")"#.into())
    );
    let long = "z".repeat(10_000);
    assert!(form(&[(ENCODING, &long)]).unwrap_err().len() < 100);
}

#[test]
fn another_charset_than_utf_8_is_refused_by_its_name() {
    use header::CONTENT_TYPE as TYPE;
    for taken in [
        "application/json",
        "application/json;charset=utf-8",
        "application/json; Charset=\"UTF-8\"",
        "application/json; a=b; charset=utf8",
        "application/json; charset=",
    ] {
        assert_eq!(form(&[(TYPE, taken)]), Ok(()), "{taken}");
    }
    assert_eq!(
        form(&[(TYPE, "application/json; charset=gbk")]),
        Err(r#"Charset("gbk")"#.into())
    );
    assert_eq!(
        form(&[(TYPE, "text/plain; x=1;charset=\"UTF-16\"")]),
        Err(r#"Charset("UTF-16")"#.into())
    );
}
