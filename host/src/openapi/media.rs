//! Images and files: uploads that are sent while they are written, and downloads that are read while they come.

mod check;
mod download;
mod form;
mod upload;

pub use self::{
    check::{MediaError, Resource},
    download::{Download, DownloadError},
    form::Form,
    upload::{Upload, UploadError},
};
