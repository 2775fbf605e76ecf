//! Uploads and downloads under way.

use std::fmt;

use super::MediaError;

#[cfg(target_family = "wasm")]
pub(crate) use crate::component::{DownloadSource, UploadSource};
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::{DownloadSource, UploadSource};

/// The bytes of one crossing to the host, whose size is limited.
const PIECE_BYTES: usize = 256 << 10;

/// Bytes of one read: a few of what a connection brings at once.
const READ_BYTES_MAX: u32 = 256 << 10;

/// An upload under way. Dropping it breaks it off, and Lark keeps nothing of it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::{FileType, MediaContent};
///
/// let rows = ["a,b\n", "1,2\n"];
/// let size: usize = rows.iter().map(|row| row.len()).sum();
/// let mut upload = host.media().begin(&MediaContent::file(FileType::Stream, "table.csv"), size as u64)?;
/// for row in rows {
///     upload.write(row.as_bytes())?;
/// }
/// let file_key = upload.finish()?;
/// # assert_eq!(fake.uploads()[0].key, file_key);
/// # Ok::<(), Failure>(())
/// ```
#[must_use = "nothing is kept before `finish`"]
pub struct MediaUpload {
    source: UploadSource,
}

/// Omits the content.
impl fmt::Debug for MediaUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaUpload").finish_non_exhaustive()
    }
}

impl MediaUpload {
    pub(crate) fn new(source: UploadSource) -> Self {
        Self { source }
    }

    /// Sends the next bytes; waits while Lark takes them more slowly than they are written.
    ///
    /// # Errors
    ///
    /// [`MediaError`]; after one the upload has ended.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| self.source.write(piece))
    }

    /// Ends the upload, after all its bytes were written, and returns its `image_key` or `file_key`.
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn finish(self) -> Result<String, MediaError> {
        self.source.finish()
    }
}

/// A download under way. Dropping it closes it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::{MediaSource, ResourceType};
/// # fake.set_resource("om_1", "file_1", b"a,b");
/// let source = MediaSource::in_message("om_1", "file_1", ResourceType::File);
/// let mut download = host.media().open(&source)?;
/// host.log().info(&format!("{:?}, {:?} bytes", download.content_type(), download.size()));
/// let begin = download.read()?;
/// assert!(begin.starts_with(b"a,"));
/// let rest = download.bytes(1 << 20)?; // at most a MiB more
/// # Ok::<(), Failure>(())
/// ```
pub struct MediaDownload {
    size: Option<u64>,
    content_type: Option<String>,
    source: DownloadSource,
}

/// Omits the content.
impl fmt::Debug for MediaDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaDownload")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl MediaDownload {
    pub(crate) fn new(size: Option<u64>, content_type: Option<String>, source: DownloadSource) -> Self {
        Self {
            size,
            content_type,
            source,
        }
    }

    /// Returns the size in bytes, if Lark tells it.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns the media type, if Lark tells it.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Waits for more and returns it as it comes; nothing at the end.
    ///
    /// # Errors
    ///
    /// [`MediaError`]; one that has broken off never looks complete.
    pub fn read(&mut self) -> Result<Vec<u8>, MediaError> {
        self.source.next(READ_BYTES_MAX)
    }

    /// Reads the rest, of at most so many bytes; more is an error.
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn bytes(mut self, bytes_max: usize) -> Result<Vec<u8>, MediaError> {
        let too_large = || MediaError::Refused(format!("the download has more than {bytes_max} bytes"));
        if self.size.is_some_and(|size| size > bytes_max as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        loop {
            let piece = self.read()?;
            if piece.is_empty() {
                return Ok(bytes);
            }
            if piece.len() > bytes_max - bytes.len() {
                return Err(too_large());
            }
            bytes.extend(piece);
        }
    }
}
