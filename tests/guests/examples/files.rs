//! Uploads and downloads as a click says: `{"image": "text"}`, `{"file": "text", "name": "…"}`, `{"bytes": 5}` (and `"written": 3`),
//! `{"of": "om_…", "key": "…"}` (and `"relay": true`, `"hold": 3`), `{"image_key": "…"}`, `{"file_key": "…"}`.

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::{FileType, ImageType, Media, MediaContent, MediaError, MediaSource, ResourceType};
use serde::Deserialize;

#[derive(Default)]
struct Files;

#[derive(Deserialize, Default, PartialEq)]
#[serde(default)]
struct Value {
    image: Option<String>,
    file: Option<String>,
    name: String,
    /// An image of so many bytes, of which so many are written, and then it is dropped if that is said.
    bytes: Option<u64>,
    written: Option<usize>,
    drop: bool,
    of: Option<String>,
    key: String,
    image_key: Option<String>,
    file_key: Option<String>,
    /// The download is uploaded while it is read.
    relay: bool,
    /// So many are opened and none is read.
    hold: usize,
}

impl Plugin for Files {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        // For others.
        if value == Value::default() {
            return Ok(Outcome::pass());
        }
        let said = done(&host.media(), &value).unwrap_or_else(|error| error.to_string());
        Outcome::reply(&CardReply::toast(Toast::info(said)))
    }
}

fn done(media: &Media<'_>, value: &Value) -> Result<String, MediaError> {
    if let Some(text) = &value.image {
        return media.upload_image(ImageType::Message, text.as_bytes());
    }
    if let Some(text) = &value.file {
        let content = MediaContent::File {
            file_type: FileType::Mp4,
            name: value.name.clone(),
            duration_ms: Some(1_500),
        };
        return media.upload(&content, text.as_bytes());
    }
    if let Some(bytes) = value.bytes {
        let mut upload = media.begin(&MediaContent::Image(ImageType::Avatar), bytes)?;
        let written = value.written.unwrap_or(usize::try_from(bytes).unwrap_or(usize::MAX));
        upload.write(&vec![7; written])?;
        if value.drop {
            return Ok("dropped".to_owned());
        }
        return upload.finish();
    }
    let source = match (&value.image_key, &value.file_key, &value.of) {
        (Some(image_key), ..) => MediaSource::Image(image_key.clone()),
        (_, Some(file_key), _) => MediaSource::File(file_key.clone()),
        (None, None, of) => MediaSource::in_message(of.clone().unwrap_or_default(), &value.key, ResourceType::File),
    };
    if value.hold > 0 {
        let held: Vec<_> = (0..value.hold).map(|_| media.open(&source)).collect::<Result<_, _>>()?;
        return Ok(format!("{} held", held.len()));
    }
    if value.relay {
        let mut download = media.open(&source)?;
        let size = download.size().unwrap_or_default();
        let mut upload = media.begin(&MediaContent::file(FileType::Stream, "relayed"), size)?;
        loop {
            let piece = download.read()?;
            if piece.is_empty() {
                return upload.finish();
            }
            upload.write(&piece)?;
        }
    }
    let download = media.open(&source)?;
    let content_type = download.content_type().unwrap_or("-").to_owned();
    let bytes = download.bytes(1 << 20)?;
    let start = String::from_utf8_lossy(bytes.get(..20).unwrap_or(&bytes)).into_owned();
    Ok(format!("{content_type}, {} bytes: {start}", bytes.len()))
}

register!(Files);
