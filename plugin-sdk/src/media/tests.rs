//! Uploads and downloads, as an author tests them.

use crate::prelude::*;
use crate::testing::FakeHost;
use crate::{FileType, ImageType, MediaContent, MediaError, MediaSource, ResourceType};

fn media(host: &FakeHost) -> crate::Media<'_> {
    (host as &dyn Host).media()
}

#[test]
fn what_was_uploaded_can_be_looked_at() {
    let host = FakeHost::new();
    let image_key = media(&host).upload_image(ImageType::Message, b"a photo").unwrap();
    let file_key = media(&host).upload_file(FileType::Pdf, "a.pdf", b"%PDF").unwrap();
    let uploads = host.uploads();
    assert_eq!([&uploads[0].key, &uploads[1].key], [&image_key, &file_key]);
    assert_eq!(uploads[0].content, MediaContent::Image(ImageType::Message));
    assert_eq!(
        (uploads[1].bytes.as_slice(), &uploads[1].content),
        (b"%PDF".as_slice(), &MediaContent::file(FileType::Pdf, "a.pdf"))
    );
}

#[test]
fn an_image_that_was_uploaded_can_be_downloaded() {
    let host = FakeHost::new();
    let key = media(&host).upload_image(ImageType::Message, b"a photo").unwrap();
    assert_eq!(
        media(&host).download(&MediaSource::Image(key), 100).unwrap(),
        b"a photo"
    );
}

#[test]
fn what_lark_would_refuse_is_refused_here() {
    let host = FakeHost::new();
    let media = media(&host);
    let refused = |result: Result<String, MediaError>| matches!(result, Err(MediaError::Refused(_)));
    assert!(refused(media.upload_image(ImageType::Avatar, b"")));
    assert!(refused(media.upload_image(ImageType::Avatar, &vec![0; (10 << 20) + 1])));
    let mut short = media.begin(&MediaContent::Image(ImageType::Message), 3).unwrap();
    short.write(b"ab").unwrap();
    assert!(refused(short.finish()));
    let mut long = media.begin(&MediaContent::Image(ImageType::Message), 3).unwrap();
    assert!(matches!(long.write(b"abcd"), Err(MediaError::Refused(_))));
    assert!(host.uploads().is_empty(), "nothing of it was kept");
}

#[test]
fn a_download_beyond_the_limit_is_an_error_and_none_that_is_cut() {
    let host = FakeHost::new();
    host.set_resource("om_1", "file_1", &[7; 3_000]);
    let source = MediaSource::in_message("om_1", "file_1", ResourceType::File);
    assert_eq!(media(&host).download(&source, 3_000).unwrap().len(), 3_000);
    assert!(matches!(
        media(&host).download(&source, 2_999),
        Err(MediaError::Refused(_))
    ));
    let other = MediaSource::in_message("om_1", "file_2", ResourceType::File);
    let error = media(&host).download(&other, 1).unwrap_err();
    assert_eq!(error.code(), Some(234_003));
    assert!(matches!(Failure::from(error), Failure::Permanent { .. }));
}

#[test]
fn a_failure_on_demand_says_to_try_again() {
    let host = FakeHost::new();
    host.next_media_fails(MediaError::Retry {
        message: "Lark is away".to_owned(),
        after: None,
    });
    let error = media(&host).upload_image(ImageType::Message, b"a").unwrap_err();
    assert!(matches!(Failure::from(error), Failure::Retry { .. }));
    assert!(media(&host).upload_image(ImageType::Message, b"a").is_ok());
}
