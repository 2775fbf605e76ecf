//! Images and files: forms of several parts, as strict as Lark's, and the resources of messages.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Refusal, Reply, State, request::Seen};

const IMAGE_BYTES_MAX: usize = 10 << 20;
const FILE_BYTES_MAX: usize = 30 << 20;

/// One part of a form.
struct Part {
    bytes: Vec<u8>,
    has_file_name: bool,
}

/// Uploads, by their keys.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) uploaded: BTreeMap<String, Uploaded>,
    pub(super) resources: BTreeMap<(String, String, String), String>,
}

/// An image or a file that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uploaded {
    /// The fields beside the file.
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) bytes: Vec<u8>,
}

pub(super) fn image(state: &mut State, seen: &Seen) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let (fields, bytes) = form(seen, "image", &["image_type"])?;
    if !["message", "avatar"].contains(&fields["image_type"].as_str()) {
        return Err(Refusal::new(400, 234_001, "no such image_type"));
    }
    check_size(&bytes, IMAGE_BYTES_MAX)?;
    let key = keep(state, "img_v3_", fields, bytes);
    Ok(Reply::data(&json!({"image_key": key})))
}

pub(super) fn file(state: &mut State, seen: &Seen) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let (fields, bytes) = form(seen, "file", &["file_type", "file_name"])?;
    if !["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"].contains(&fields["file_type"].as_str()) {
        return Err(Refusal::new(400, 234_001, "no such file_type"));
    }
    if fields
        .get("duration")
        .is_some_and(|duration| duration.parse::<u32>().is_err())
    {
        return Err(Refusal::new(400, 234_001, "the duration is no number"));
    }
    check_size(&bytes, FILE_BYTES_MAX)?;
    let key = keep(state, "file_v3_", fields, bytes);
    Ok(Reply::data(&json!({"file_key": key})))
}

pub(super) fn resource(state: &mut State, seen: &Seen, message: &str, key: &str) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let kind = seen.query("type").unwrap_or_default();
    if !["image", "file"].contains(&kind) || seen.query.len() != 1 {
        return Err(Refusal::new(400, 234_001, "`type` is image or file"));
    }
    let place = (message.to_owned(), key.to_owned(), kind.to_owned());
    let content = state.files.resources.get(&place);
    let content = content.ok_or_else(|| Refusal::new(400, 234_003, "File not in msg."))?;
    Ok(given_out(seen, content.clone()))
}

/// An image or a file that the application has uploaded.
pub(super) fn own(state: &mut State, seen: &Seen, kind: &str, key: &str) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let uploaded = state.files.uploaded.get(key).filter(|_| key.starts_with(kind));
    let uploaded = uploaded.ok_or_else(|| Refusal::new(400, 234_001, "Invalid request param."))?;
    let content = String::from_utf8(uploaded.bytes.clone()).unwrap();
    Ok(given_out(seen, content))
}

/// The bytes; their name only for whom sends the media type of JSON.
fn given_out(seen: &Seen, body: String) -> Reply {
    let mut headers = vec![("content-type".into(), "application/octet-stream".into())];
    if seen.content_type.starts_with("application/json") {
        headers.push(("content-disposition".into(), "attachment; filename=\"it\"".into()));
    }
    let status = 200;
    Reply { status, headers, body }
}

fn keep(state: &mut State, prefix: &str, fields: BTreeMap<String, String>, bytes: Vec<u8>) -> String {
    let key = state.make(prefix);
    state.files.uploaded.insert(key.clone(), Uploaded { fields, bytes });
    key
}

fn check_size(bytes: &[u8], bytes_max: usize) -> Result<(), Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new(400, 234_010, "File's size can't be 0."));
    }
    if bytes.len() > bytes_max {
        return Err(Refusal::new(400, 234_006, "The file size exceed the max value."));
    }
    Ok(())
}

/// The fields of a form and its file; nothing may be missing, and nothing superfluous.
fn form(seen: &Seen, file: &str, wanted: &[&str]) -> Result<(BTreeMap<String, String>, Vec<u8>), Refusal> {
    let mut parts = parts(seen).ok_or_else(|| Refusal::new(400, 234_001, "the body is no form of several parts"))?;
    let content = parts.remove(file).filter(|part| part.has_file_name);
    let content = content.ok_or_else(|| Refusal::new(400, 234_001, format!("there is no file `{file}`")))?;
    let fields: BTreeMap<String, String> = parts
        .into_iter()
        .map(|(name, part)| (name, String::from_utf8(part.bytes).unwrap()))
        .collect();
    let is_known = |name: &String| wanted.contains(&name.as_str()) || name == "duration" && file == "file";
    if !fields.keys().all(is_known) || !wanted.iter().all(|name| fields.contains_key(*name)) {
        return Err(Refusal::new(
            400,
            234_001,
            format!("other fields than {wanted:?}: {fields:?}"),
        ));
    }
    Ok((fields, content.bytes))
}

/// The parts of a form by name, read by RFC 7578: each begins after a border, and ends before the next.
fn parts(seen: &Seen) -> Option<BTreeMap<String, Part>> {
    // Gateways have no use for a body of unknown length.
    let boundary = seen.content_type.strip_prefix("multipart/form-data; boundary=")?;
    if !seen.has_length || boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let border = format!("\r\n--{boundary}");
    // The first border has no line break before it.
    let body = [b"\r\n", seen.raw.as_ref()].concat();
    let mut parts = BTreeMap::new();
    let mut rest = body.strip_prefix(border.as_bytes())?;
    loop {
        if rest == b"--\r\n" {
            return Some(parts);
        }
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, border.as_bytes())?;
        let (part, after) = part.split_at(end);
        let head_end = find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(part.get(..head_end)?).ok()?;
        let (name, has_file_name) = head_of_part(head)?;
        let part = Part {
            bytes: part.get(head_end + 4..)?.to_vec(),
            has_file_name,
        };
        if parts.insert(name, part).is_some() {
            return None;
        }
        rest = after.get(border.len()..)?;
    }
}

/// The name of a part, and whether it is a file: one has a media type, and a field has none.
fn head_of_part(head: &str) -> Option<(String, bool)> {
    let mut lines = head.split("\r\n");
    let disposition = lines.next()?.strip_prefix("Content-Disposition: form-data; name=\"")?;
    let (name, rest) = disposition.split_once('"')?;
    let file_name = rest
        .strip_prefix("; filename=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    let is_right = match file_name {
        Some(file_name) => !file_name.contains('"') && lines.next() == Some("Content-Type: application/octet-stream"),
        None => rest.is_empty(),
    };
    (is_right && lines.next().is_none()).then(|| (name.to_owned(), file_name.is_some()))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
