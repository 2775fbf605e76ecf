//! `media`: uploads to Lark and downloads from it that the operator granted, as bytes. The token is added below.

mod begin;
mod error;

use bytes::Bytes;
use wasmtime::component::Resource;

use super::CallState;
use crate::plugin::{
    bindings::lark_callback::plugin::media::{Content, Error, Host, HostDownload, HostUpload, Source},
    transfers::{Downloading, Uploading},
    witness::HostCall,
};

/// The most of one read; a plugin has to have room for it.
const READ_BYTES_MAX: u32 = 1 << 20;

impl Host for CallState {
    async fn begin_upload(
        &mut self,
        content: Content,
        size: u64,
        attributes: Vec<(String, String)>,
    ) -> wasmtime::Result<Result<Resource<Uploading>, Error>> {
        let begun = self.begin(&content, size, &attributes).await;
        self.shows(|| {
            let what = match content {
                Content::Image(image_type) => format!("media upload of an image ({image_type})"),
                Content::File(info) => format!("media upload of {} ({})", info.name, info.file_type),
            };
            HostCall::new(what, None, &begun, |_| format!("{size} bytes"))
        });
        Ok(match begun {
            Ok(upload) => Ok(self.handles.push(upload)?),
            Err(error) => Err(error),
        })
    }

    async fn open_download(
        &mut self,
        source: Source,
        attributes: Vec<(String, String)>,
    ) -> wasmtime::Result<Result<Resource<Downloading>, Error>> {
        let opened = self.open(&source, &attributes).await;
        self.shows(|| {
            let what = match source {
                Source::Message(of) => format!("media download of {} in {}", of.file_key, of.message_id),
                Source::Image(key) | Source::File(key) => format!("media download of {key}"),
            };
            HostCall::new(what, None, &opened, |opened| match opened.download.size() {
                Some(size) => format!("{size} bytes"),
                None => "of unknown size".to_owned(),
            })
        });
        Ok(match opened {
            Ok(download) => Ok(self.handles.push(download)?),
            Err(error) => Err(error),
        })
    }
}

impl HostUpload for CallState {
    async fn write(&mut self, upload: Resource<Uploading>, chunk: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        // One is on its way while the next one waits.
        self.memory.host_keeps(chunk.len().saturating_mul(2))?;
        let deadline = self.deadline();
        let Self {
            handles, media, scope, ..
        } = self;
        let uploading = handles.get_mut(&upload)?;
        let Some(upload) = &mut uploading.0 else {
            return Ok(Err(Self::ended()));
        };
        let wait = scope.lark_failures.wait();
        let written = upload.write(Bytes::from(chunk), &deadline).await;
        wait.ended(written.as_ref().is_err_and(Self::is_of_lark));
        Ok(match written {
            Ok(()) => Ok(()),
            Err(error) => {
                let path = upload.path();
                uploading.0 = None;
                media.close();
                Err(self.not_uploaded(path, error))
            }
        })
    }

    async fn finish(&mut self, upload: Resource<Uploading>) -> wasmtime::Result<Result<String, Error>> {
        let deadline = self.deadline();
        let Some(mut upload) = self.handles.get_mut(&upload)?.0.take() else {
            return Ok(Err(Self::ended()));
        };
        self.media.close();
        let wait = self.scope.lark_failures.wait();
        let finished = upload.finish(&deadline).await;
        wait.ended(finished.as_ref().is_err_and(Self::is_of_lark));
        Ok(match finished {
            Ok(answer) => Self::key_of(&answer),
            Err(error) => Err(self.not_uploaded(upload.path(), error)),
        })
    }

    async fn drop(&mut self, upload: Resource<Uploading>) -> wasmtime::Result<()> {
        if self.handles.delete(upload)?.0.is_some() {
            self.media.close();
        }
        Ok(())
    }
}

impl HostDownload for CallState {
    async fn size(&mut self, download: Resource<Downloading>) -> wasmtime::Result<Option<u64>> {
        Ok(self.handles.get(&download)?.download.size())
    }

    async fn content_type(&mut self, download: Resource<Downloading>) -> wasmtime::Result<Option<String>> {
        let opened = self.handles.get(&download)?;
        Ok(opened.download.content_type().map(str::to_owned))
    }

    async fn read(
        &mut self,
        download: Resource<Downloading>,
        bytes_max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        if bytes_max == 0 {
            return Ok(Err(Error::Refused("at least one byte must be asked for".to_owned())));
        }
        let deadline = self.deadline();
        let Self {
            handles, media, scope, ..
        } = self;
        let Downloading { download, path } = handles.get_mut(&download)?;
        if download.waits() {
            let wait = scope.lark_failures.wait();
            let received = download.receive(&deadline).await;
            wait.ended(
                received
                    .as_ref()
                    .is_err_and(crate::openapi::TransportError::is_retryable),
            );
            let counted = match &received {
                Ok(bytes) => media.receive(*bytes, scope.limits()),
                Err(_) => Ok(()),
            };
            if counted.is_err() {
                download.cut();
            }
            if !download.is_open() {
                media.close();
            }
            if let Err(over) = counted {
                return Ok(Err(self.over_media_limit(over)));
            }
            if let Err(error) = received {
                let path = path.clone();
                return Ok(Err(self.without_answer("GET", &path, &error.into())));
            }
        }
        let bytes_max = usize::try_from(bytes_max.min(READ_BYTES_MAX)).unwrap_or(usize::MAX);
        let Some(part) = download.take(bytes_max) else {
            let text = "the download has ended with an error before".to_owned();
            return Ok(Err(Error::Refused(text)));
        };
        self.memory.host_keeps(part.len())?;
        Ok(Ok(part.to_vec()))
    }

    async fn drop(&mut self, download: Resource<Downloading>) -> wasmtime::Result<()> {
        if self.handles.delete(download)?.download.is_open() {
            self.media.close();
        }
        Ok(())
    }
}
