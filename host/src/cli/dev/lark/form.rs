//! Form of an upload (RFC 7578), of one file and some fields.

use std::collections::BTreeMap;

use axum::http::header;

use super::Request;

/// An upload: its file, and the fields beside it.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) content: Vec<u8>,
    fields: BTreeMap<String, String>,
}

impl Form {
    /// A field; empty when it is missing.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

struct Part<'a> {
    name: String,
    is_file: bool,
    content: &'a [u8],
}

/// Reads a form whose file has this name, with these fields and perhaps those. Returns what is wrong with it otherwise.
pub(super) fn read(request: &Request<'_>, file: &str, wanted: &[&str], others: &[&str]) -> Result<Form, String> {
    let boundary = boundary(request).ok_or("Invalid request param: the body is not multipart/form-data")?;
    let parts = parts(request.raw, &boundary).ok_or("Invalid request param: the form is cut off, or malformed")?;
    let (mut content, mut fields) = (None, BTreeMap::new());
    for part in parts {
        let name = part.name;
        let is_known = if part.is_file {
            name == file && content.replace(part.content.to_vec()).is_none()
        } else {
            let value = String::from_utf8_lossy(part.content).into_owned();
            let is_field = [wanted, others].concat().contains(&name.as_str());
            is_field && fields.insert(name.clone(), value).is_none()
        };
        if !is_known {
            return Err(format!("Invalid request param: unknown or repeated field {name}"));
        }
    }
    if let Some(missing) = wanted.iter().find(|name| !fields.contains_key(**name)) {
        return Err(format!("Invalid request param: {missing} is missing"));
    }
    let content = content.ok_or_else(|| format!("Invalid request param: the file {file} is missing"))?;
    Ok(Form { content, fields })
}

fn boundary(request: &Request<'_>) -> Option<String> {
    let value = request.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (media_type, parameters) = value.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = |parameter: &str| {
        let (name, value) = parameter.trim().split_once('=')?;
        let is_boundary = name.eq_ignore_ascii_case("boundary");
        is_boundary.then(|| value.trim_matches('"').to_owned())
    };
    let boundary = parameters.split(';').find_map(named)?;
    (!boundary.is_empty()).then_some(boundary)
}

/// The parts; none when something else stands between them, or the last border is missing.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let border = format!("\r\n--{boundary}");
    // The first border has no line break before it.
    let mut rest = body.strip_prefix(border.trim_start().as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, border.as_bytes())?;
        let (part, after) = part.split_at_checked(end)?;
        let head_end = find(part, b"\r\n\r\n")?;
        let (head, content) = part.split_at_checked(head_end)?;
        let (name, is_file) = described(std::str::from_utf8(head).ok()?)?;
        parts.push(Part {
            name,
            is_file,
            content: content.get(4..)?,
        });
        rest = after.get(border.len()..)?;
    }
}

/// Name of a part, and whether it is a file.
fn described(head: &str) -> Option<(String, bool)> {
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    })?;
    let disposition = disposition.strip_prefix("form-data;")?;
    let (_, name) = disposition.split_once(" name=\"")?;
    let (name, _) = name.split_once('"')?;
    Some((name.to_owned(), disposition.contains("; filename=\"")))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
