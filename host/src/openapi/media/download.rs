//! A download under way: its bytes are handed on as they come.

use bytes::Bytes;
use reqwest::{
    Response,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use tokio::time::{Instant, timeout_at};

use super::check::Resource;
use crate::{
    moment::ms_between,
    openapi::{
        Deadline, LarkResponse, Openapi, OpenapiError, TransportError,
        call::judged,
        transport::{failed, text},
    },
};

/// A media type has some 40 bytes; it goes to a plugin.
const MEDIA_TYPE_BYTES_MAX: usize = 256;

/// An error of opening a download.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DownloadError {
    /// Lark answered with an error.
    #[error("Lark answered with an error")]
    Answered(LarkResponse),
    /// There is no answer.
    #[error(transparent)]
    Call(#[from] OpenapiError),
}

/// A download that has begun.
#[derive(Debug)]
pub struct Download {
    /// Absent at the end, and after an error.
    response: Option<Response>,
    is_broken: bool,
    begun: Instant,
    size: Option<u64>,
    content_type: Option<String>,
    /// Bytes that have come and were not read yet.
    left: Bytes,
}

impl Openapi {
    /// Opens a download as the application.
    ///
    /// # Errors
    /// [`DownloadError`]
    pub async fn open_download(
        &self,
        app_id: &str,
        tenant_key: &str,
        resource: &Resource,
        deadline: &Deadline,
    ) -> Result<Download, DownloadError> {
        let mut may_repeat = true;
        loop {
            let token = self.tenant_token(app_id, tenant_key, deadline).await;
            let token = token.map_err(OpenapiError::from)?;
            let url = self.url(app_id, &resource.target());
            let begun = Instant::now();
            let opened = self.0.transport.open(&url, &token, deadline).await;
            let response = opened.map_err(OpenapiError::from)?;
            if is_file(&response) {
                return Ok(Download::new(response, begun));
            }
            let answer = self.0.transport.rest(response, deadline).await;
            let answer = judged(app_id, "GET", resource.path(), answer.map_err(OpenapiError::from)?)?;
            if answer.is_success() {
                // A file of JSON has a name.
                let (status, log_id) = (answer.status, answer.log_id);
                return Err(OpenapiError::NotLark { status, log_id }.into());
            }
            if !answer.refuses_app_token() || !std::mem::take(&mut may_repeat) {
                return Err(DownloadError::Answered(answer));
            }
            self.forget_tenant_token(app_id, tenant_key, &token);
        }
    }
}

/// Whether a response is the file and neither an error of Lark nor the page of a proxy: those are JSON or HTML, and have no
/// name.
fn is_file(response: &Response) -> bool {
    let media_type = text(response.headers(), CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_of_others = ["application/json", "text/html"]
        .iter()
        .any(|other| media_type.eq_ignore_ascii_case(other));
    response.status().is_success() && (!is_of_others || response.headers().contains_key(CONTENT_DISPOSITION))
}

impl Download {
    fn new(response: Response, begun: Instant) -> Self {
        let content_type = text(response.headers(), CONTENT_TYPE.as_str());
        Self {
            size: response.content_length(),
            content_type: content_type
                .filter(|media_type| media_type.len() <= MEDIA_TYPE_BYTES_MAX)
                .map(str::to_owned),
            response: Some(response),
            is_broken: false,
            begun,
            left: Bytes::new(),
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

    /// Whether its connection is still open.
    pub fn is_open(&self) -> bool {
        self.response.is_some()
    }

    /// Breaks it off, and leaves nothing of it to read.
    pub fn cut(&mut self) {
        self.response = None;
        self.left = Bytes::new();
        self.is_broken = true;
    }

    /// Returns whether nothing has come that could be read without waiting.
    pub fn waits(&self) -> bool {
        self.left.is_empty() && self.is_open()
    }

    /// Waits for more to come, and returns the number of its bytes; none at the end.
    ///
    /// # Errors
    /// [`TransportError`]; after one it has ended.
    pub async fn receive(&mut self, deadline: &Deadline) -> Result<usize, TransportError> {
        let Some(mut response) = self.response.take() else {
            return Ok(0);
        };
        // Broken unless it goes well: a call that is dropped here leaves nothing that looks complete.
        self.is_broken = true;
        let chunk = timeout_at(deadline.at(), response.chunk()).await;
        let chunk = chunk.map_err(|_elapsed| TransportError::TooSlow {
            ms: ms_between(self.begun, deadline.at()),
        })?;
        let chunk = chunk.map_err(failed)?;
        self.is_broken = false;
        let Some(chunk) = chunk else {
            return Ok(0);
        };
        self.response = Some(response);
        self.left = chunk;
        Ok(self.left.len())
    }

    /// Takes bytes that have come, at most so many; none when it has ended before its end.
    pub fn take(&mut self, bytes_max: usize) -> Option<Bytes> {
        let is_cut = self.left.is_empty() && self.is_broken;
        (!is_cut).then(|| self.left.split_to(bytes_max.min(self.left.len())))
    }
}
