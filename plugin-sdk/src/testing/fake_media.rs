//! Uploads and downloads of a fake host: what is uploaded is kept, and what is downloaded a test sets.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::FakeHost;
use crate::{MediaContent, MediaDownload, MediaError, MediaSource, MediaUpload};

/// Lark's limits.
const IMAGE_BYTES_MAX: u64 = 10 << 20;
const FILE_BYTES_MAX: u64 = 30 << 20;

/// Pieces of a download, small so that a plugin that takes the first for all is found out.
const PIECE_BYTES: usize = 1 << 10;

/// An upload that is complete.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::{ImageType, MediaContent};
/// let image_key = host.media().upload_image(ImageType::Message, b"a photo")?;
/// let uploaded = &fake.uploads()[0];
/// assert_eq!(uploaded.content, MediaContent::Image(ImageType::Message));
/// assert_eq!((uploaded.bytes.as_slice(), &uploaded.key), (&b"a photo"[..], &image_key));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its kind.
    pub content: MediaContent,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The key that it was given.
    pub key: String,
}

/// The simulated files.
#[derive(Debug, Default)]
pub(super) struct FakeMedia {
    uploads: Rc<RefCell<Vec<Uploaded>>>,
    resources: RefCell<BTreeMap<(String, String), Vec<u8>>>,
    failures: RefCell<VecDeque<MediaError>>,
}

/// The way of an upload's bytes.
#[derive(Debug)]
pub(crate) struct UploadSource {
    content: MediaContent,
    size: u64,
    bytes: Vec<u8>,
    uploads: Rc<RefCell<Vec<Uploaded>>>,
    /// The answer of a fixture.
    key: Option<Result<String, MediaError>>,
}

/// The bytes of a download while they come.
#[derive(Debug)]
pub(crate) struct DownloadSource(Vec<u8>);

/// The simulated files' part of the fake host.
impl FakeHost {
    /// Puts an image or a file into a message, to be downloaded.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::{MediaSource, ResourceType};
    /// fake.set_resource("om_1", "img_v3_1", b"a photo");
    /// let photo = MediaSource::in_message("om_1", "img_v3_1", ResourceType::Image);
    /// assert_eq!(host.media().download(&photo, 1 << 20)?, b"a photo");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn set_resource(&self, message_id: impl Into<String>, file_key: impl Into<String>, bytes: &[u8]) {
        let key = (message_id.into(), file_key.into());
        self.media.resources.borrow_mut().insert(key, bytes.to_vec());
    }

    /// Queues an error for the next upload or download that begins.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::ImageType;
    /// use lark_plugin_sdk::MediaError;
    ///
    /// fake.next_media_fails(MediaError::Retry { message: "Lark did not answer in time".to_owned(), after: None });
    /// let failure = Failure::from(host.media().upload_image(ImageType::Message, b"a photo").unwrap_err());
    /// assert!(matches!(failure, Failure::Retry { .. }));
    /// ```
    pub fn next_media_fails(&self, error: MediaError) {
        self.media.failures.borrow_mut().push_back(error);
    }

    /// Returns what was uploaded so far.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::FileType;
    /// host.media().upload_file(FileType::Pdf, "report.pdf", b"%PDF-1.7")?;
    /// assert_eq!(fake.uploads().len(), 1);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn uploads(&self) -> Vec<Uploaded> {
        self.media.uploads.borrow().clone()
    }
}

impl FakeMedia {
    fn check(&self) -> Result<(), MediaError> {
        self.failures.borrow_mut().pop_front().map_or(Ok(()), Err)
    }

    pub(super) fn begin_upload(
        &self,
        content: &MediaContent,
        size: u64,
        key: Option<Result<String, MediaError>>,
    ) -> Result<MediaUpload, MediaError> {
        let bytes_max = match content {
            MediaContent::Image(_) => IMAGE_BYTES_MAX,
            MediaContent::File { .. } => FILE_BYTES_MAX,
        };
        if size == 0 {
            return Err(MediaError::Refused(
                "it has no bytes, and Lark takes no empty one".to_owned(),
            ));
        }
        if size > bytes_max {
            return Err(MediaError::Refused(format!(
                "it has {size} bytes; Lark's limit is {bytes_max}"
            )));
        }
        self.check()?;
        Ok(MediaUpload::new(UploadSource {
            content: content.clone(),
            size,
            bytes: Vec::new(),
            uploads: Rc::clone(&self.uploads),
            key,
        }))
    }

    pub(super) fn open_download(
        &self,
        source: &MediaSource,
        found: Option<Result<Vec<u8>, MediaError>>,
    ) -> Result<MediaDownload, MediaError> {
        self.check()?;
        let bytes = match found {
            Some(found) => found?,
            None => self.held(source)?,
        };
        let size = bytes.len() as u64;
        let content_type = Some("application/octet-stream".to_owned());
        Ok(MediaDownload::new(Some(size), content_type, DownloadSource(bytes)))
    }

    fn held(&self, source: &MediaSource) -> Result<Vec<u8>, MediaError> {
        let bytes = match source {
            MediaSource::Message {
                message_id, file_key, ..
            } => {
                let place = (message_id.clone(), file_key.clone());
                self.resources.borrow().get(&place).cloned()
            }
            MediaSource::Image(key) | MediaSource::File(key) => {
                let uploads = self.uploads.borrow();
                let found = uploads.iter().find(|uploaded| uploaded.key == *key);
                found.map(|uploaded| uploaded.bytes.clone())
            }
        };
        bytes.ok_or_else(|| MediaError::Code {
            status: 400,
            code: 234_003,
            msg: "File not in msg.".to_owned(),
            log_id: None,
        })
    }
}

impl UploadSource {
    pub(crate) fn write(&mut self, chunk: &[u8]) -> Result<(), MediaError> {
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() as u64 > self.size {
            return Err(MediaError::Refused(format!(
                "the upload was announced with {} bytes, and more were written",
                self.size
            )));
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<String, MediaError> {
        if self.bytes.len() as u64 != self.size {
            return Err(MediaError::Refused(format!(
                "the upload was announced with {} bytes, and {} were written",
                self.size,
                self.bytes.len()
            )));
        }
        let kind = match &self.content {
            MediaContent::Image(_) => "img",
            MediaContent::File { .. } => "file",
        };
        let mut uploads = self.uploads.borrow_mut();
        let key = match self.key {
            Some(key) => key?,
            None => format!("{kind}_v3_{}", uploads.len() + 1),
        };
        uploads.push(Uploaded {
            content: self.content,
            bytes: self.bytes,
            key: key.clone(),
        });
        Ok(key)
    }
}

impl DownloadSource {
    #[allow(clippy::unnecessary_wraps, reason = "as in a component, where it may fail")]
    pub(crate) fn next(&mut self, bytes_max: u32) -> Result<Vec<u8>, MediaError> {
        let bytes = self.0.len().min(bytes_max as usize).min(PIECE_BYTES);
        Ok(self.0.drain(..bytes).collect())
    }
}
