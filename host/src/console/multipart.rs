//! Forms with files (`multipart/form-data`, RFC 7578), as a browser sends them without a script.
//!
//! Nothing is copied: the parts are slices of the body.

use axum::http::{HeaderMap, header};
use bytes::Bytes;

/// Parts of a form: more than any of ours has.
const PARTS_MAX: usize = 16;

/// Headers of a part: its names and its type.
const HEAD_BYTES_MAX: usize = 2_048;

/// Length of a boundary (RFC 2046).
const BOUNDARY_BYTES_MAX: usize = 70;

/// Part of a form: a field, or a file with its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    /// As the browser tells it; empty when no file was chosen.
    pub(super) file_name: Option<String>,
    pub(super) content: Bytes,
}

/// The boundary between the parts, if the body is such a form.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut parameters = parameters.split(';').filter_map(|one| one.trim().split_once('='));
    let (_, boundary) = parameters.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let boundary = boundary.trim_matches('"');
    (1..=BOUNDARY_BYTES_MAX)
        .contains(&boundary.len())
        .then(|| boundary.to_owned())
}

/// Parts of a whole body; none if it is cut off, or no form.
pub(super) fn parts(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = after_first(body, boundary)?;
    while parts.len() < PARTS_MAX {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let (part, next) = part(&rest, boundary)?;
        parts.push(part);
        rest = next;
    }
    None
}

/// The first part of a body of which only the beginning has arrived; none until it is whole.
pub(super) fn first(body: &Bytes, boundary: &str) -> Option<Part> {
    Some(part(&after_first(body, boundary)?, boundary)?.0)
}

fn after_first(body: &Bytes, boundary: &str) -> Option<Bytes> {
    let rest = body.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?;
    Some(body.slice_ref(rest))
}

/// The part that begins after a boundary, and what comes after the next one.
fn part(rest: &Bytes, boundary: &str) -> Option<(Part, Bytes)> {
    let lines = rest.strip_prefix(b"\r\n")?;
    let head_end = find(lines.get(..HEAD_BYTES_MAX.min(lines.len()))?, b"\r\n\r\n")?;
    let (head, content) = lines.split_at_checked(head_end)?;
    let content = content.get(4..)?;
    let end = find(content, format!("\r\n--{boundary}").as_bytes())?;
    let (content, next) = content.split_at_checked(end)?;
    let next = next.get(4 + boundary.len()..)?;
    let (name, file_name) = names(&String::from_utf8_lossy(head))?;
    let part = Part {
        name,
        file_name,
        content: rest.slice_ref(content),
    };
    Some((part, rest.slice_ref(next)))
}

/// Names of the field and of the file.
fn names(head: &str) -> Option<(String, Option<String>)> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, line) = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))?;
    // Browsers write a quotation mark within a name as %22.
    let quoted = |name: &str| {
        let (_, rest) = line.split_once(&format!("; {name}=\""))?;
        Some(rest.split_once('"')?.0.replace("%22", "\""))
    };
    Some((quoted("name")?, quoted("filename")))
}

fn find(all: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, _) = wanted.split_first()?;
    let mut from = 0;
    loop {
        let rest = all.get(from..)?;
        from += rest.iter().position(|byte| byte == first)?;
        if all.get(from..)?.starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const BODY: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\ntoken\r\n--b\r\n\
        Content-Disposition: form-data; name=\"wasm\"; filename=\"a%22b.wasm\"\r\nContent-Type: application/wasm\r\n\r\n\
        \0asm\r\n--c\r\n\r\n--b--\r\n";

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let parts = parts(&Bytes::from_static(BODY), "b").unwrap();
        assert_eq!((&*parts[0].name, &*parts[0].content), ("csrf", &b"token"[..]));
        assert_eq!(parts[1].file_name.as_deref(), Some("a\"b.wasm"));
        assert_eq!(
            &*parts[1].content, b"\0asm\r\n--c\r\n",
            "what is only alike is no boundary"
        );
    }

    #[test]
    fn what_is_cut_off_or_no_form_has_no_parts() {
        for end in 0..BODY.len() - 4 {
            let cut = Bytes::copy_from_slice(&BODY[..end]);
            assert_eq!(parts(&cut, "b"), None, "{end}");
        }
        for body in [&b""[..], b"--", b"--b", b"--b\r\n", b"--b\r\n\r\n\r\n--b--", b"x--b--"] {
            assert_eq!(parts(&Bytes::copy_from_slice(body), "b"), None, "{body:?}");
        }
        let many = [
            &b"--b"[..],
            &b"\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--b".repeat(100),
            b"--",
        ]
        .concat();
        assert_eq!(parts(&Bytes::from(many), "b"), None);
    }

    #[test]
    fn the_first_part_is_known_before_the_rest_arrives() {
        let begun = Bytes::copy_from_slice(&BODY[..80]);
        assert_eq!(&*first(&begun, "b").unwrap().content, b"token");
        assert_eq!(first(&Bytes::copy_from_slice(&BODY[..50]), "b"), None);
    }

    #[test]
    fn only_a_form_with_files_has_a_boundary() {
        let of = |kind: &'static str| {
            boundary(&HeaderMap::from_iter([(
                header::CONTENT_TYPE,
                HeaderValue::from_static(kind),
            )]))
        };
        assert_eq!(of("multipart/form-data; boundary=\"x y\"").as_deref(), Some("x y"));
        assert_eq!(
            of("Multipart/Form-Data;charset=utf-8; Boundary=x").as_deref(),
            Some("x")
        );
        for none in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "text/plain; boundary=x",
            "",
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
