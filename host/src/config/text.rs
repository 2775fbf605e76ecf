//! Text files as written by people and their editors.

use std::{
    fs,
    io::{ErrorKind, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::fs::OFlags;

/// Larger than any settings file, key file or recorded callback; anything longer is a wrong file.
pub const TEXT_BYTES_MAX: u64 = 4 << 20;

/// Reason why a text file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadTextError {
    /// Error from the operating system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Not a regular file: a pipe may block forever, and a device may have no end.
    #[error("it is not a regular file")]
    NotAFile,
    /// Not an ordinary file although it calls itself one: reading from some in `/proc` waits for what comes next.
    #[error("reading it waits for something to come, so it is not an ordinary file")]
    Waits,
    /// Larger than [`TEXT_BYTES_MAX`].
    #[error("it is larger than {} MiB", TEXT_BYTES_MAX >> 20)]
    TooLarge,
    /// The content is not text.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// Reads the text of the file at `path`.
///
/// # Errors
/// [`ReadTextError`]; a file that does not exist is the system's `NotFound`.
pub fn read_text(path: &Path) -> Result<String, ReadTextError> {
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        return Err(std::io::Error::from(ErrorKind::IsADirectory).into());
    }
    if !kind.is_file() {
        return Err(ReadTextError::NotAFile);
    }
    let mut bytes = Vec::new();
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = fs::OpenOptions::new()
        .read(true)
        // The flags fit: the system takes them as an `int`.
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)?;
    match file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ReadTextError::Waits),
        read => read?,
    };
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(ReadTextError::TooLarge);
    }
    Ok(text_of(bytes)?)
}

/// Reason why the content is not readable text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// UTF-16, which Windows calls "Unicode".
    #[error("it is UTF-16; save it as UTF-8")]
    Utf16,
    /// UTF-16 without a byte order mark, or a binary file.
    #[error("it has zero bytes in it, as UTF-16 or a binary file does; save it as UTF-8")]
    ZeroBytes,
    /// Any other encoding.
    #[error("it is not UTF-8")]
    NotUtf8,
}

/// Decodes the text of a file, without the byte order mark that some editors add, which must not become part of the
/// first name or of a secret.
///
/// # Errors
/// When the file is in another encoding.
pub fn text_of(bytes: Vec<u8>) -> Result<String, TextError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(TextError::Utf16);
    }
    if bytes.contains(&0) {
        return Err(TextError::ZeroBytes);
    }
    let mut text = String::from_utf8(bytes).map_err(|_not_utf8| TextError::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{TEXT_BYTES_MAX, TextError, read_text, text_of};

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(text_of(b"\xef\xbb\xbfkey".to_vec()).as_deref(), Ok("key"));
        assert_eq!(text_of(b"key".to_vec()).as_deref(), Ok("key"));
        assert_eq!(text_of(b"\xff\xfek\0".to_vec()), Err(TextError::Utf16));
        assert_eq!(text_of(b"k\0e\0y\0".to_vec()), Err(TextError::ZeroBytes));
        assert_eq!(text_of(b"k\xff".to_vec()), Err(TextError::NotUtf8));
    }

    #[test]
    fn what_is_no_file_or_has_no_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path| read_text(path).unwrap_err().to_string();
        assert_eq!(told(Path::new("/dev/zero")), "it is not a regular file");
        assert_eq!(told(folder.path()), "is a directory");
        let large = folder.path().join("large");
        fs::File::create(&large).unwrap().set_len(TEXT_BYTES_MAX + 1).unwrap();
        assert_eq!(told(&large), "it is larger than 4 MiB");
        fs::write(&large, "\u{feff}key").unwrap();
        assert_eq!(read_text(&large).unwrap(), "key");
    }
}
