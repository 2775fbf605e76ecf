//! Images and files: uploads, with Lark's limits, and downloads of what was uploaded or what a message holds.

use std::collections::VecDeque;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{Memory, Request, data, form, new_id, refused, say};

/// Lark's limits ("Upload image", "Upload file").
const IMAGE_BYTES_MAX: usize = 10 << 20;
pub(super) const FILE_BYTES_MAX: usize = 30 << 20;

/// Limit of all uploads that are kept; the oldest are forgotten.
const KEPT_BYTES_MAX: usize = 64 << 20;

const FILE_TYPES: [&str; 7] = ["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"];

const INVALID: i64 = 234_001;
const NOT_IN_MESSAGE: i64 = 234_003;
const TOO_LARGE: i64 = 234_006;
const NOT_OURS: i64 = 234_008;
const EMPTY: i64 = 234_010;
const NO_IMAGE: i64 = 234_011;

/// Lark's "The token is not a tenant token".
const NO_TENANT_TOKEN: i64 = 99_991_665;

/// Example for an image that a person has sent: a PNG of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\
    \xff\xff?\x03\0\x08\xfc\x02\xfe\xa7\x9a\xa0\xa0\0\0\0\0IEND\xaeB`\x82";

/// Example for a file that a person has sent.
const TEXT: &[u8] = b"An example: the simulated Lark has no file of this message.\n";

/// Images and files that were uploaded, oldest first.
#[derive(Debug, Default)]
pub(super) struct Files {
    kept: VecDeque<Uploaded>,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct Uploaded {
    key: String,
    /// `image_type` or `file_type`.
    pub(super) of_type: String,
    name: String,
    content: Vec<u8>,
}

impl Files {
    fn keep(&mut self, uploaded: Uploaded) {
        self.bytes += uploaded.content.len();
        self.kept.push_back(uploaded);
        while self.bytes > KEPT_BYTES_MAX
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.content.len();
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<&Uploaded> {
        self.kept.iter().find(|uploaded| uploaded.key == key)
    }
}

/// Calls of images and files; none when it is another call.
pub(super) fn call(memory: &mut Memory, method: &str, path: &[&str], request: &Request<'_>) -> Option<Response> {
    let call = match (method, path) {
        ("POST", ["images"]) => image,
        ("POST", ["files"]) => file,
        ("GET", ["images" | "files", _] | ["messages", _, "resources", _]) => download,
        _ => return None,
    };
    if !request.bearer().starts_with("t-") {
        return Some(refused(NO_TENANT_TOKEN, "the token must be a tenant_access_token"));
    }
    Some(call(memory, path, request))
}

fn image(memory: &mut Memory, _path: &[&str], request: &Request<'_>) -> Response {
    let form = match form::read(request, "image", &["image_type"], &[]) {
        Ok(form) => form,
        Err(problem) => return refused(INVALID, &problem),
    };
    let image_type = form.field("image_type");
    if !["message", "avatar"].contains(&image_type) {
        return refused(INVALID, "Invalid request param: image_type");
    }
    if let Some(refused) = size_refused(&form.content, IMAGE_BYTES_MAX) {
        return refused;
    }
    if media_type(&form.content).is_none() {
        return refused(NO_IMAGE, "Can't recognize the image format.");
    }
    let key = keep(memory, "img_v3_", image_type, &form);
    data(&json!({"image_key": key}))
}

fn file(memory: &mut Memory, _path: &[&str], request: &Request<'_>) -> Response {
    let form = match form::read(request, "file", &["file_type", "file_name"], &["duration"]) {
        Ok(form) => form,
        Err(problem) => return refused(INVALID, &problem),
    };
    let (file_type, duration) = (form.field("file_type"), form.field("duration"));
    if !FILE_TYPES.contains(&file_type) || form.field("file_name").is_empty() {
        return refused(INVALID, "Invalid request param: file_type or file_name");
    }
    if !duration.is_empty() && duration.parse::<u32>().is_err() {
        return refused(INVALID, "Invalid request param: duration, in milliseconds");
    }
    if let Some(refused) = size_refused(&form.content, FILE_BYTES_MAX) {
        return refused;
    }
    let key = keep(memory, "file_v3_", file_type, &form);
    data(&json!({"file_key": key}))
}

fn size_refused(content: &[u8], bytes_max: usize) -> Option<Response> {
    if content.is_empty() {
        return Some(refused(EMPTY, "File's size can't be 0."));
    }
    (content.len() > bytes_max).then(|| refused(TOO_LARGE, "The file size exceed the max value."))
}

fn keep(memory: &mut Memory, prefix: &str, of_type: &str, form: &form::Form) -> String {
    let key = new_id(prefix);
    let name = form.field("file_name").to_owned();
    let what = if name.is_empty() { "image" } else { name.as_str() };
    say(
        &format!("upload of {what} ({of_type}, {} bytes): {key}", form.content.len()),
        &[],
    );
    memory.files.keep(Uploaded {
        key: key.clone(),
        of_type: of_type.to_owned(),
        name,
        content: form.content.clone(),
    });
    key
}

fn download(memory: &mut Memory, path: &[&str], request: &Request<'_>) -> Response {
    let (kind, key) = match path {
        ["messages", message, "resources", key] => return resource(memory, message, key, request),
        ["images", key] => ("img_", *key),
        [_, key] => ("file_", *key),
        _ => return refused(INVALID, "Invalid request param"),
    };
    match memory.files.find(key).filter(|_| key.starts_with(kind)) {
        Some(uploaded) if uploaded.of_type == "avatar" => {
            refused(INVALID, "only images with the image_type message can be downloaded")
        }
        Some(uploaded) => given_out(&uploaded.name, &uploaded.content),
        None => refused(NOT_OURS, "The app is not the resource sender."),
    }
}

/// What a message holds. People cannot upload here, so what they have sent is an example.
fn resource(memory: &Memory, message_id: &str, key: &str, request: &Request<'_>) -> Response {
    let kind = request.query("type");
    let example = match kind {
        "image" => PIXEL,
        "file" => TEXT,
        _ => return refused(INVALID, "Invalid request param: type is image or file"),
    };
    if let Some(message) = memory.messages.get(message_id)
        && (message.is_recalled() || !message.holds(key, kind))
    {
        return refused(NOT_IN_MESSAGE, "File not in msg.");
    }
    if let Some(uploaded) = memory.files.find(key) {
        say(&format!("download of {key} of message {message_id}"), &[]);
        return given_out(&uploaded.name, &uploaded.content);
    }
    say(
        &format!("download of {key} of message {message_id}: an example, because nobody has uploaded it here"),
        &[],
    );
    given_out("example", example)
}

fn given_out(name: &str, content: &[u8]) -> Response {
    let media_type = media_type(content).unwrap_or("application/octet-stream");
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let disposition = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CONTENT_DISPOSITION,
            disposition.unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    (StatusCode::OK, headers, content.to_vec()).into_response()
}

/// Media type of an image that Lark takes, by its first bytes.
fn media_type(content: &[u8]) -> Option<&'static str> {
    let begins = |start: &[u8]| content.starts_with(start);
    let is_at = |place: usize, part: &[u8]| content.get(place..).is_some_and(|rest| rest.starts_with(part));
    Some(if begins(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if begins(b"\xff\xd8\xff") {
        "image/jpeg"
    } else if begins(b"GIF8") {
        "image/gif"
    } else if begins(b"RIFF") && is_at(8, b"WEBP") {
        "image/webp"
    } else if begins(b"BM") {
        "image/bmp"
    } else if begins(b"II*\0") || begins(b"MM\0*") {
        "image/tiff"
    } else if begins(b"\0\0\x01\0") {
        "image/x-icon"
    } else if is_at(4, b"ftyphei") || is_at(4, b"ftypmif1") {
        "image/heic"
    } else {
        return None;
    })
}
