//! An upload under way: its bytes go to Lark as they are written, so the host never holds more than two chunks of it.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use secrecy::SecretString;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::form::Form;
use crate::{
    moment::ms_between,
    openapi::{Deadline, LarkResponse, Openapi, OpenapiError, TransportError, call::judged},
};

/// An error of an upload. Lark keeps nothing of it, unless its answer was lost.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UploadError {
    /// More was written than was announced.
    #[error("the upload was announced with {announced} bytes, and more were written")]
    TooMuch {
        /// The announced size.
        announced: u64,
    },
    /// Less was written than was announced.
    #[error("the upload was announced with {announced} bytes, and {missing} of them were not written")]
    TooLittle {
        /// The announced size.
        announced: u64,
        /// What is missing.
        missing: u64,
    },
    /// It has ended before.
    #[error("the upload has ended before; begin another one")]
    Ended,
    /// Lark answered with an error before all was sent.
    #[error("Lark answered before the upload was complete")]
    Answered(LarkResponse),
    /// There is no answer.
    #[error(transparent)]
    Call(#[from] OpenapiError),
}

/// An upload that has begun.
pub struct Upload {
    openapi: Openapi,
    app_id: String,
    tenant_key: String,
    token: SecretString,
    path: &'static str,
    begun: Instant,
    size: u64,
    left: u64,
    /// Absent when it has ended.
    way: Option<Way>,
}

/// The way of the content, and of the answer back.
struct Way {
    chunks: mpsc::Sender<Bytes>,
    answer: Pin<Box<dyn Future<Output = Result<LarkResponse, TransportError>> + Send>>,
}

/// End of handing on a chunk: the way for the next one, or an answer before.
enum Handed {
    On(Way),
    Answered(LarkResponse),
}

/// Shows no token.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("path", &self.path)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Openapi {
    /// Begins an upload as the application. Nothing is sent before something is written.
    ///
    /// # Errors
    /// [`OpenapiError`] when there is no token.
    pub async fn begin_upload(
        &self,
        app_id: &str,
        tenant_key: &str,
        form: Form,
        deadline: &Deadline,
    ) -> Result<Upload, OpenapiError> {
        let token = self.tenant_token(app_id, tenant_key, deadline).await?;
        let (path, size, content_type) = (form.path(), form.size(), form.content_type());
        let (chunks, body) = form.into_body();
        let (openapi, url, bearer) = (self.clone(), self.url(app_id, path), token.clone());
        let answer = async move {
            let transport = &openapi.0.transport;
            transport
                .upload(&url, &bearer, content_type, reqwest::Body::wrap(body))
                .await
        };
        Ok(Upload {
            openapi: self.clone(),
            app_id: app_id.to_owned(),
            tenant_key: tenant_key.to_owned(),
            token,
            path,
            begun: Instant::now(),
            size,
            left: size,
            way: Some(Way {
                chunks,
                answer: Box::pin(answer),
            }),
        })
    }
}

impl Upload {
    /// Returns the path that it is sent to.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Sends the next bytes; waits while Lark takes them more slowly.
    ///
    /// # Errors
    /// [`UploadError`]; after one it has ended.
    pub async fn write(&mut self, chunk: Bytes, deadline: &Deadline) -> Result<(), UploadError> {
        let way = self.way.take().ok_or(UploadError::Ended)?;
        let Some(left) = self.left.checked_sub(chunk.len() as u64) else {
            return Err(UploadError::TooMuch { announced: self.size });
        };
        if chunk.is_empty() {
            self.way = Some(way);
            return Ok(());
        }
        match self.hand_on(way, chunk, deadline).await? {
            Handed::On(way) => {
                self.left = left;
                self.way = Some(way);
                Ok(())
            }
            Handed::Answered(answer) => Err(UploadError::Answered(answer)),
        }
    }

    /// Ends the upload, and returns Lark's answer, also when its `code` is not 0.
    ///
    /// # Errors
    /// [`UploadError`]
    pub async fn finish(&mut self, deadline: &Deadline) -> Result<LarkResponse, UploadError> {
        let way = self.way.take().ok_or(UploadError::Ended)?;
        if self.left > 0 {
            return Err(UploadError::TooLittle {
                announced: self.size,
                missing: self.left,
            });
        }
        let way = match self.hand_on(way, Bytes::new(), deadline).await? {
            Handed::On(way) => way,
            Handed::Answered(answer) => return Ok(answer),
        };
        let answer = timeout_at(deadline.at(), way.answer).await;
        Ok(self.judged(answer.map_err(|_elapsed| self.too_slow(deadline))?)?)
    }

    /// Hands a chunk on to the connection, unless Lark answers first.
    async fn hand_on(&mut self, way: Way, chunk: Bytes, deadline: &Deadline) -> Result<Handed, OpenapiError> {
        let Way { chunks, mut answer } = way;
        let early = timeout_at(deadline.at(), async {
            tokio::select! {
                biased;
                early = &mut answer => Some(early),
                place = chunks.reserve() => match place {
                    Ok(place) => {
                        place.send(chunk);
                        None
                    }
                    // Nobody reads the body any more, so there is an answer.
                    Err(_closed) => Some(answer.as_mut().await),
                },
            }
        });
        match early.await.map_err(|_elapsed| self.too_slow(deadline))? {
            None => Ok(Handed::On(Way { chunks, answer })),
            Some(early) => Ok(Handed::Answered(self.judged(early)?)),
        }
    }

    /// Its bytes are gone, so a token that Lark refuses is only replaced for the next one.
    fn judged(&self, answer: Result<LarkResponse, TransportError>) -> Result<LarkResponse, OpenapiError> {
        let answer = judged(&self.app_id, "POST", self.path, answer?)?;
        match answer.code {
            Some(code) if answer.refuses_app_token() => {
                self.openapi
                    .forget_tenant_token(&self.app_id, &self.tenant_key, &self.token);
                let log_id = answer.log_id;
                Err(OpenapiError::TokenRefused { code, log_id })
            }
            _ => Ok(answer),
        }
    }

    fn too_slow(&self, deadline: &Deadline) -> OpenapiError {
        let ms = ms_between(self.begun, deadline.at());
        TransportError::TooSlow { ms }.into()
    }
}
