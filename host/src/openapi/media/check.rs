//! Validation of everything that is known before a request: kinds, names, sizes, and the ids that stand in a path.

/// Longer names are those of no file system.
const NAME_BYTES_MAX: usize = 255;

/// Ids and keys of Lark have some 60 bytes.
const ID_BYTES_MAX: usize = 256;

const RESOURCE_TYPES: [&str; 2] = ["image", "file"];

/// Faults for which a file is not uploaded or downloaded. The text never shows a name or an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// Of a kind that Lark does not have.
    #[error("`{field}` must be one of {wanted}")]
    Kind {
        /// Lark's name of the field.
        field: &'static str,
        /// The kinds.
        wanted: String,
    },
    /// Not the name of a file.
    #[error(
        "`file_name` must be one line of 1 to {NAME_BYTES_MAX} bytes, without `/`, `\\` and marks of the writing direction"
    )]
    Name,
    /// Nothing in it.
    #[error("{what} has no bytes, and Lark takes no empty one")]
    Empty {
        /// An image or a file.
        what: &'static str,
    },
    /// Larger than Lark takes.
    #[error("{what} has {bytes} bytes; Lark's limit is {bytes_max}")]
    TooLarge {
        /// An image or a file.
        what: &'static str,
        /// Its size.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// Not an id.
    #[error("`{field}` must be an id of Lark: 1 to {ID_BYTES_MAX} letters, digits, `_` and `-`")]
    Id {
        /// Lark's name of the field.
        field: &'static str,
    },
    /// The system has no random bytes for the boundary of the parts.
    #[error("the operating system provided no random bytes")]
    Random,
}

/// Finds a kind among those that Lark has.
pub(super) fn kind(field: &'static str, kind: &str, kinds: &[&'static str]) -> Result<&'static str, MediaError> {
    let known = kinds.iter().find(|known| **known == kind);
    known.copied().ok_or_else(|| MediaError::Kind {
        field,
        wanted: kinds.join(", "),
    })
}

/// Checks a name that people see and that may become one on their disks.
pub(super) fn name(name: &str) -> Result<(), MediaError> {
    // What turns the direction of writing has a program look like a picture.
    let is_unfit = |character: char| {
        character.is_control()
            || matches!(character, '/' | '\\' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(is_unfit) || matches!(name, "." | "..") {
        return Err(MediaError::Name);
    }
    Ok(())
}

/// Checks an id before it stands in a path: no other character has a meaning of its own there.
fn id(field: &'static str, id: &str) -> Result<(), MediaError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if id.is_empty() || id.len() > ID_BYTES_MAX || !id.bytes().all(is_plain) {
        return Err(MediaError::Id { field });
    }
    Ok(())
}

/// Something to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    path: String,
    query: &'static str,
}

impl Resource {
    /// An image or file that a message holds.
    ///
    /// # Errors
    /// [`MediaError`]
    pub fn of_message(message_id: &str, file_key: &str, of_type: &str) -> Result<Self, MediaError> {
        let query = match kind("type", of_type, &RESOURCE_TYPES)? {
            "image" => "?type=image",
            _ => "?type=file",
        };
        id("message_id", message_id)?;
        id("file_key", file_key)?;
        let path = format!("/open-apis/im/v1/messages/{message_id}/resources/{file_key}");
        Ok(Self { path, query })
    }

    /// An image that the application has uploaded.
    ///
    /// # Errors
    /// [`MediaError`]
    pub fn image(image_key: &str) -> Result<Self, MediaError> {
        id("image_key", image_key)?;
        let path = format!("/open-apis/im/v1/images/{image_key}");
        Ok(Self { path, query: "" })
    }

    /// A file that the application has uploaded.
    ///
    /// # Errors
    /// [`MediaError`]
    pub fn of_file(file_key: &str) -> Result<Self, MediaError> {
        id("file_key", file_key)?;
        let path = format!("/open-apis/im/v1/files/{file_key}");
        Ok(Self { path, query: "" })
    }

    /// Returns its path, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn target(&self) -> String {
        format!("{}{}", self.path, self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::{MediaError, Resource, name};
    use crate::openapi::Request;

    #[test]
    fn an_id_that_could_lead_elsewhere_never_reaches_a_path() {
        for id in [
            "",
            "..",
            "om_1/../../../../auth/v3/app_access_token/internal",
            "om_1/resources/x",
            "om_1%2f..",
            "om_1?type=file",
            "om_1#x",
            "om_1\r\nHost: x",
            "om 1",
            "om_1.",
            "图",
            &"a".repeat(257),
        ] {
            for resource in [
                Resource::of_message(id, "img_1", "image"),
                Resource::of_message("om_1", id, "file"),
                Resource::image(id),
                Resource::of_file(id),
            ] {
                assert!(matches!(resource, Err(MediaError::Id { .. })), "{id}: {resource:?}");
            }
        }
    }

    #[test]
    fn what_is_an_id_is_a_path_of_the_openapi() {
        let resource = Resource::of_message("om_dc13-9", "img_v3_02a-1c", "image").unwrap();
        let wanted = "/open-apis/im/v1/messages/om_dc13-9/resources/img_v3_02a-1c";
        assert_eq!(
            (resource.path(), resource.target()),
            (wanted, format!("{wanted}?type=image"))
        );
        let image = Resource::image("img_v3_02a").unwrap();
        assert_eq!(image.target(), "/open-apis/im/v1/images/img_v3_02a");
        for path in [resource.path(), image.path()] {
            assert_eq!(Request::check_path(path), Ok(()));
        }
        let wrong = Resource::of_message("om_1", "img_1", "audio").unwrap_err();
        assert_eq!(wrong.to_string(), "`type` must be one of image, file");
    }

    #[test]
    fn a_name_is_one_line_and_no_path() {
        assert!(
            ["a.pdf", "报告 (1).pdf", ".gitignore", "a \"b\".txt"]
                .iter()
                .all(|it| name(it).is_ok())
        );
        assert_eq!(name("a\u{202e}gpj.exe"), Err(MediaError::Name));
        for wrong in [
            "",
            "a\nb",
            "a\r\nContent-Type: x",
            "../a",
            "a\\b",
            "..",
            "a\0",
            &"a".repeat(256),
        ] {
            assert_eq!(name(wrong), Err(MediaError::Name), "{wrong:?}");
        }
    }
}
