//! The beginning of uploads and downloads: whether they are granted, and within the limits of the call.

use crate::{
    openapi::{DownloadError, Form, MediaError, OpenapiError, Resource},
    plugin::{
        bindings::lark_callback::plugin::media::{Content, Error, Source},
        imports::{
            CallState,
            openapi::{TENANT_KEY, check_grant},
        },
        transfers::{Downloading, Uploading},
    },
    tokens::Tokens,
};

impl CallState {
    pub(super) async fn begin(
        &mut self,
        content: &Content,
        size: u64,
        attributes: &[(String, String)],
    ) -> Result<Uploading, Error> {
        let tokens = self.media_client()?;
        let form = match content {
            Content::Image(image_type) => Form::image(image_type, size),
            Content::File(info) => Form::of_file(&info.file_type, &info.name, info.duration_ms, size),
        };
        let form = form.map_err(|error| refused(&error))?;
        let path = form.path();
        check_grant(&self.scope, "POST", path).map_err(Error::NotGranted)?;
        let limits = self.scope.limits();
        let counted = self
            .media
            .check_open(limits)
            .and_then(|()| self.media.send(size, limits));
        counted.map_err(|over| self.over_media_limit(over))?;
        let (tenant_key, deadline) = (self.tenant_key(attributes), self.deadline());
        let wait = self.scope.lark_failures.wait();
        let openapi = tokens.openapi();
        let begun = openapi
            .begin_upload(&self.subject.app_id, tenant_key, form, &deadline)
            .await;
        wait.ended(begun.as_ref().is_err_and(OpenapiError::is_retryable));
        let upload = begun.map_err(|error| self.without_answer("POST", path, &error))?;
        self.media.open();
        Ok(Uploading(Some(upload)))
    }

    pub(super) async fn open(
        &mut self,
        source: &Source,
        attributes: &[(String, String)],
    ) -> Result<Downloading, Error> {
        let tokens = self.media_client()?;
        let resource = match source {
            Source::Message(of) => Resource::of_message(&of.message_id, &of.file_key, &of.kind),
            Source::Image(image_key) => Resource::image(image_key),
            Source::File(file_key) => Resource::of_file(file_key),
        };
        let resource = resource.map_err(|error| refused(&error))?;
        let path = resource.path();
        check_grant(&self.scope, "GET", path).map_err(Error::NotGranted)?;
        let counted = self.media.check_open(self.scope.limits());
        counted.map_err(|over| self.over_media_limit(over))?;
        let (tenant_key, deadline) = (self.tenant_key(attributes), self.deadline());
        let wait = self.scope.lark_failures.wait();
        let openapi = tokens.openapi();
        let opened = openapi
            .open_download(&self.subject.app_id, tenant_key, &resource, &deadline)
            .await;
        let is_of_lark = |error: &DownloadError| matches!(error, DownloadError::Call(error) if error.is_retryable());
        wait.ended(opened.as_ref().is_err_and(is_of_lark));
        let download = opened.map_err(|error| match error {
            DownloadError::Answered(answer) => Self::rejected(&answer),
            DownloadError::Call(error) => self.without_answer("GET", path, &error),
        })?;
        // What is announced to be too large is not begun.
        let counted = self
            .media
            .check_size(download.size().unwrap_or_default(), self.scope.limits());
        counted.map_err(|over| self.over_media_limit(over))?;
        self.media.open();
        Ok(Downloading {
            download,
            path: resource.path().to_owned(),
        })
    }

    fn media_client(&self) -> Result<Tokens, Error> {
        self.lark().cloned().map_err(Error::Failed)
    }

    /// The tenant that the plugin names, or that of the event.
    fn tenant_key<'a>(&'a self, attributes: &'a [(String, String)]) -> &'a str {
        let named = attributes.iter().find(|(name, _)| name == TENANT_KEY);
        named.map_or(&*self.subject.tenant_key, |(_, tenant_key)| tenant_key)
    }
}

fn refused(error: &MediaError) -> Error {
    match error {
        MediaError::Random => Error::Failed(error.to_string()),
        error => Error::Refused(error.to_string()),
    }
}
