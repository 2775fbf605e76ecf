//! Images and files: uploads to Lark, and downloads of what a message holds.

mod content;
mod error;
mod transfer;

use crate::Host;
use crate::border::{self, HostRef};

pub use content::{FileType, ImageType, MediaContent, MediaSource, ResourceType};
pub use error::MediaError;
pub use transfer::{MediaDownload, MediaUpload};

/// Images and files.
///
/// The operator grants the calls under `openapi`: `POST /open-apis/im/v1/images`, `POST /open-apis/im/v1/files`,
/// `GET /open-apis/im/v1/messages/*/resources/*`, `GET /open-apis/im/v1/images/*` and `GET /open-apis/im/v1/files/*`. List the
/// ones that the plugin requires in [`Plugin::WANTS`](crate::Plugin::WANTS).
///
/// Lark takes images of up to 10 MB and files of up to 30 MB, and takes none that is empty. A call ends at its deadline, so a
/// large file belongs into a task.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::{FileType, ImageType, MediaSource, ResourceType};
/// # use lark_plugin_sdk::testing::FakeHost;
/// # fn handle(host: &dyn Host) -> Result<(), Failure> {
/// let photo = MediaSource::in_message("om_1", "img_1", ResourceType::Image);
/// let photo = host.media().download(&photo, 5 << 20)?;
/// let image_key = host.media().upload_image(ImageType::Message, &photo)?;
/// let file_key = host.media().upload_file(FileType::Pdf, "report.pdf", b"%PDF-1.7")?;
/// # assert_ne!(image_key, file_key);
/// # Ok(())
/// # }
/// # let host = FakeHost::new();
/// # host.set_resource("om_1", "img_1", b"a photo");
/// # handle(&host)?;
/// # assert_eq!(host.uploads()[0].bytes, b"a photo");
/// # Ok::<(), Failure>(())
/// ```
///
/// What is too large for the plugin's memory is passed on piece by piece:
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::{FileType, MediaContent, MediaSource, ResourceType};
/// # use lark_plugin_sdk::testing::FakeHost;
/// # fn handle(host: &dyn Host) -> Result<String, Failure> {
/// let film = MediaSource::in_message("om_1", "file_1", ResourceType::File);
/// let mut download = host.media().open(&film)?;
/// let size = download.size().ok_or_else(|| Failure::permanent("Lark did not tell the size"))?;
/// let mut upload = host.media().begin(&MediaContent::file(FileType::Mp4, "film.mp4"), size)?;
/// loop {
///     let piece = download.read()?;
///     if piece.is_empty() {
///         break;
///     }
///     upload.write(&piece)?;
/// }
/// let file_key = upload.finish()?;
/// # Ok(file_key)
/// # }
/// # let host = FakeHost::new();
/// # host.set_resource("om_1", "file_1", &[7; 5_000]);
/// # let file_key = handle(&host)?;
/// # assert_eq!((host.uploads()[0].bytes.len(), &host.uploads()[0].key), (5_000, &file_key));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone)]
pub struct Media<'a> {
    host: HostRef<'a>,
    tenant_key: Option<String>,
}

impl<'a> Media<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self {
            host: HostRef::new(host),
            tenant_key: None,
        }
    }

    /// Acts in this tenant; for a store application in a task, which has none.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::ImageType;
    /// let media = host.media().in_tenant("2df73991750b1234");
    /// let image_key = media.upload_image(ImageType::Message, b"...")?;
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn in_tenant(mut self, tenant_key: impl Into<String>) -> Self {
        self.tenant_key = Some(tenant_key.into());
        self
    }

    /// Uploads an image and returns its `image_key`.
    ///
    /// # Errors
    ///
    /// [`MediaError`], as in all methods. `?` converts an error into the matching failure: a retry when Lark could not be
    /// reached, a permanent one when a retry cannot help.
    pub fn upload_image(&self, image_type: ImageType, bytes: &[u8]) -> Result<String, MediaError> {
        self.upload(&MediaContent::Image(image_type), bytes)
    }

    /// Uploads a file and returns its `file_key`. `name` is what people see, with its extension.
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn upload_file(&self, file_type: FileType, name: &str, bytes: &[u8]) -> Result<String, MediaError> {
        self.upload(&MediaContent::file(file_type, name), bytes)
    }

    /// Uploads an image or a file and returns its key.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::{FileType, MediaContent};
    ///
    /// let speech = MediaContent::File { file_type: FileType::Opus, name: "hello.opus".to_owned(), duration_ms: Some(1_200) };
    /// let file_key = host.media().upload(&speech, b"...")?;
    /// # assert_eq!(fake.uploads()[0].content, speech);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn upload(&self, content: &MediaContent, bytes: &[u8]) -> Result<String, MediaError> {
        let mut upload = self.begin(content, bytes.len() as u64)?;
        upload.write(bytes)?;
        upload.finish()
    }

    /// Begins an upload of exactly `size` bytes, which are sent while they are written.
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn begin(&self, content: &MediaContent, size: u64) -> Result<MediaUpload, MediaError> {
        border::media_begin_upload(self.host, content, size, self.tenant_key.as_deref())
    }

    /// Downloads at most so many bytes; a larger one is an error.
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn download(&self, source: &MediaSource, bytes_max: usize) -> Result<Vec<u8>, MediaError> {
        self.open(source)?.bytes(bytes_max)
    }

    /// Opens a download, which is read as it comes.
    ///
    /// # Errors
    ///
    /// [`MediaError`]
    pub fn open(&self, source: &MediaSource) -> Result<MediaDownload, MediaError> {
        border::media_open_download(self.host, source, self.tenant_key.as_deref())
    }
}

#[cfg(test)]
mod tests;
