//! A file for a server that watches its folder.

use std::{fs, io::Write as _, path::Path};

use crate::{
    cli::{Exit, Stopped},
    telemetry::chain,
};

/// Writes a file aside and renames it, unless it has this content already; returns whether it was another.
pub(super) fn put(path: &Path, content: &[u8]) -> Result<bool, Stopped> {
    if fs::read(path).is_ok_and(|before| before == content) {
        return Ok(false);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.part"));
    let written = fs::File::create(&aside)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| fs::rename(&aside, path));
    written.map(|()| true).map_err(|error| Stopped {
        exit: Exit::Failed,
        text: format!("{}: {}", path.display(), chain(&error)),
    })
}
