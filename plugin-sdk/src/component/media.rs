//! Uploads and downloads: the border's types as this crate's.

use super::lark::parts;
use crate::bindings::lark_callback::plugin::media;
use crate::{MediaContent, MediaDownload, MediaError, MediaSource, MediaUpload};

/// The way of an upload's bytes.
#[derive(Debug)]
pub(crate) struct UploadSource(media::Upload);

impl UploadSource {
    pub(crate) fn write(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        Ok(self.0.write(chunk)?)
    }

    pub(crate) fn finish(self) -> Result<String, MediaError> {
        Ok(self.0.finish()?)
    }
}

/// The bytes of a download while they come.
#[derive(Debug)]
pub(crate) struct DownloadSource(media::Download);

impl DownloadSource {
    pub(crate) fn next(&mut self, bytes_max: u32) -> Result<Vec<u8>, MediaError> {
        Ok(self.0.read(bytes_max)?)
    }
}

pub(crate) fn begin_upload(
    content: &MediaContent,
    size: u64,
    tenant_key: Option<&str>,
) -> Result<MediaUpload, MediaError> {
    let content = match content {
        MediaContent::Image(image_type) => media::Content::Image(image_type.name().to_owned()),
        MediaContent::File {
            file_type,
            name,
            duration_ms,
        } => media::Content::File(media::FileInfo {
            file_type: file_type.name().to_owned(),
            name: name.clone(),
            duration_ms: *duration_ms,
        }),
    };
    let upload = media::begin_upload(&content, size, &attributes(tenant_key))?;
    Ok(MediaUpload::new(UploadSource(upload)))
}

pub(crate) fn open_download(source: &MediaSource, tenant_key: Option<&str>) -> Result<MediaDownload, MediaError> {
    let source = match source {
        MediaSource::Message {
            message_id,
            file_key,
            resource_type,
        } => media::Source::Message(media::MessageResource {
            message_id: message_id.clone(),
            file_key: file_key.clone(),
            kind: resource_type.name().to_owned(),
        }),
        MediaSource::Image(image_key) => media::Source::Image(image_key.clone()),
        MediaSource::File(file_key) => media::Source::File(file_key.clone()),
    };
    let download = media::open_download(&source, &attributes(tenant_key))?;
    let (size, content_type) = (download.size(), download.content_type());
    Ok(MediaDownload::new(size, content_type, DownloadSource(download)))
}

fn attributes(tenant_key: Option<&str>) -> Vec<(String, String)> {
    let tenant_key = tenant_key.map(|key| ("tenant-key".to_owned(), key.to_owned()));
    tenant_key.into_iter().collect()
}

impl From<media::Error> for MediaError {
    fn from(error: media::Error) -> Self {
        match error {
            media::Error::NotGranted(line) => Self::NotGranted(line),
            media::Error::Refused(message) => Self::Refused(message),
            media::Error::OverLimit(message) => Self::OverLimit(message),
            media::Error::Rejected(rejection) => Self::Code {
                status: rejection.status,
                code: rejection.code,
                msg: rejection.msg,
                log_id: rejection.log_id,
            },
            media::Error::Retry(later) => {
                let (message, after) = parts(later);
                Self::Retry { message, after }
            }
            media::Error::Failed(message) => Self::Failed(message),
        }
    }
}
