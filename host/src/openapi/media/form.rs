//! The form of an upload (RFC 7578): its fields first, then the content as it is written.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use super::check::{MediaError, kind, name};

/// Lark's limits ("Upload image", "Upload file").
const IMAGE_BYTES_MAX: u64 = 10 << 20;
const FILE_BYTES_MAX: u64 = 30 << 20;

const IMAGES: &str = "/open-apis/im/v1/images";
const FILES: &str = "/open-apis/im/v1/files";

const IMAGE_TYPES: [&str; 2] = ["message", "avatar"];
const FILE_TYPES: [&str; 7] = ["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"];

/// Fields of an upload, without its content.
#[derive(Debug)]
pub struct Form {
    path: &'static str,
    boundary: String,
    head: String,
    size: u64,
}

impl Form {
    /// Describes an image of so many bytes.
    ///
    /// # Errors
    /// [`MediaError`]
    pub fn image(image_type: &str, size: u64) -> Result<Self, MediaError> {
        let image_type = kind("image_type", image_type, &IMAGE_TYPES)?;
        check_size("the image", size, IMAGE_BYTES_MAX)?;
        let mut form = Self::new(IMAGES, size)?;
        form.field("image_type", image_type);
        form.file("image", "image");
        Ok(form)
    }

    /// Describes a file of so many bytes.
    ///
    /// # Errors
    /// [`MediaError`]
    pub fn of_file(file_type: &str, file_name: &str, duration_ms: Option<u64>, size: u64) -> Result<Self, MediaError> {
        let file_type = kind("file_type", file_type, &FILE_TYPES)?;
        name(file_name)?;
        check_size("the file", size, FILE_BYTES_MAX)?;
        let mut form = Self::new(FILES, size)?;
        form.field("file_type", file_type);
        form.field("file_name", file_name);
        if let Some(duration_ms) = duration_ms {
            form.field("duration", &duration_ms.to_string());
        }
        form.file("file", file_name);
        Ok(form)
    }

    fn new(path: &'static str, size: u64) -> Result<Self, MediaError> {
        // Nobody can write a content that contains it.
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_error| MediaError::Random)?;
        Ok(Self {
            path,
            boundary: format!("lark-callback-{}", hex::encode(random)),
            head: String::new(),
            size,
        })
    }

    fn field(&mut self, name: &str, value: &str) {
        let part = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n",
            self.boundary
        );
        self.head.push_str(&part);
    }

    fn file(&mut self, name: &str, file_name: &str) {
        // As browsers write a quote; there are no line breaks.
        let file_name = file_name.replace('"', "%22");
        let part = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            self.boundary
        );
        self.head.push_str(&part);
    }

    /// Returns the path that it is sent to.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the number of bytes of its content.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body of its request, and where the content is written to, with an empty chunk at its end. One chunk waits at most,
    /// so that a plugin is no faster than Lark.
    pub(super) fn into_body(self) -> (mpsc::Sender<Bytes>, FormBody) {
        let (sender, chunks) = mpsc::channel(1);
        let body = FormBody {
            head: self.head.into(),
            chunks,
            content_left: self.size,
            tail: format!("\r\n--{}--\r\n", self.boundary).into(),
        };
        (sender, body)
    }
}

fn check_size(what: &'static str, bytes: u64, bytes_max: u64) -> Result<(), MediaError> {
    match bytes {
        0 => Err(MediaError::Empty { what }),
        bytes if bytes > bytes_max => Err(MediaError::TooLarge { what, bytes, bytes_max }),
        _ => Ok(()),
    }
}

/// The body of an upload while it is sent.
#[derive(Debug)]
pub(super) struct FormBody {
    head: Bytes,
    chunks: mpsc::Receiver<Bytes>,
    content_left: u64,
    tail: Bytes,
}

impl Body for FormBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.head.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.head)))));
        }
        if self.tail.is_empty() {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.chunks.poll_recv(context));
        Poll::Ready(Some(match chunk {
            Some(chunk) if chunk.is_empty() && self.content_left == 0 => {
                Ok(Frame::data(std::mem::take(&mut self.tail)))
            }
            Some(chunk) if !chunk.is_empty() => {
                self.content_left = self.content_left.saturating_sub(chunk.len() as u64);
                Ok(Frame::data(chunk))
            }
            // Dropped before its end: the request must not look complete.
            _ => Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the upload was broken off",
            )),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.tail.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.head.len() as u64 + self.content_left + self.tail.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::BodyExt as _;
    use hyper::body::Body as _;

    use super::{Form, MediaError};

    #[tokio::test]
    async fn a_form_has_lark_s_fields_and_the_bytes_as_they_are() {
        let form = Form::of_file("mp4", "a \"b\" 片.mp4", Some(1_500), 6).unwrap();
        let boundary = form.content_type();
        let boundary = boundary
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap()
            .to_owned();
        let (sender, body) = form.into_body();
        let size = body.size_hint().exact().unwrap();
        let writing = async move {
            sender.send(Bytes::from_static(b"\0\xff")).await.unwrap();
            sender.send(Bytes::from_static(b"\r\n--")).await.unwrap();
            sender.send(Bytes::new()).await.unwrap();
        };
        let ((), body) = tokio::join!(writing, body.collect());
        let body = body.unwrap().to_bytes();
        assert_eq!(body.len() as u64, size, "the length that the request announces");
        let text = String::from_utf8_lossy(&body).into_owned();
        for part in [
            "name=\"file_type\"\r\n\r\nmp4\r\n",
            "name=\"file_name\"\r\n\r\na \"b\" 片.mp4\r\n",
            "name=\"duration\"\r\n\r\n1500\r\n",
            "name=\"file\"; filename=\"a %22b%22 片.mp4\"\r\n",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(body.ends_with(format!("\r\n--\r\n--{boundary}--\r\n").as_bytes()));
        assert!(body.windows(6).any(|bytes| bytes == b"\0\xff\r\n--"));
    }

    #[tokio::test]
    async fn a_form_that_is_broken_off_is_an_error_and_not_its_end() {
        // Also when nothing but the end is missing.
        for written in [&b"a"[..], b"ab"] {
            let (sender, body) = Form::image("message", 2).unwrap().into_body();
            sender.send(Bytes::from_static(written)).await.unwrap();
            drop(sender);
            assert!(body.collect().await.is_err(), "{written:?}");
        }
    }

    #[test]
    fn what_lark_would_refuse_is_not_begun() {
        for (size, fits) in [(0, false), (1, true), (10 << 20, true), ((10 << 20) + 1, false)] {
            assert_eq!(Form::image("avatar", size).is_ok(), fits, "{size}");
        }
        for (size, fits) in [(0, false), (30 << 20, true), ((30 << 20) + 1, false), (u64::MAX, false)] {
            assert_eq!(Form::of_file("stream", "a", None, size).is_ok(), fits, "{size}");
        }
        assert!(matches!(Form::image("photo", 1), Err(MediaError::Kind { .. })));
        assert!(matches!(
            Form::of_file("exe", "a", None, 1),
            Err(MediaError::Kind { .. })
        ));
        assert!(matches!(
            Form::of_file("stream", "a\nb", None, 1),
            Err(MediaError::Name)
        ));
    }
}
