//! Content of the folder: a look at every file that belongs to a plugin.
//!
//! Everything here blocks, possibly for long on a network mount, and must be called off the async threads.

use std::{collections::BTreeMap, fs, io, os::unix::fs::MetadataExt, path::Path};

use super::{
    file::{Sight, look},
    name::{self, NameError, PluginFile},
    slow::{self, Awaited},
};

/// Device and inode of the folder; a change means that the folder itself was replaced.
pub(super) type FolderId = (u64, u64);

/// Result of one look at the folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) folder: FolderId,
    pub(super) files: BTreeMap<PluginFile, Sight>,
    /// File names that look like a plugin's but are not valid.
    pub(super) refused: BTreeMap<String, NameError>,
}

/// Looks at every file of the folder, following links.
///
/// An error says nothing about the files: a folder that cannot be listed is not treated as empty.
pub(super) fn list(folder: &Path, awaited: &Awaited) -> io::Result<Listing> {
    let metadata = fs::metadata(folder)?;
    let mut listing = Listing {
        folder: (metadata.dev(), metadata.ino()),
        ..Listing::default()
    };
    let mut links = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file_name = entry.file_name();
        match name::classify(&file_name) {
            None => {}
            Some(Err(error)) => {
                listing.refused.insert(file_name.to_string_lossy().into_owned(), error);
            }
            // The target of a link may be on another, slower file system.
            Some(Ok(file)) if entry.file_type().is_ok_and(|kind| kind.is_symlink()) => {
                links.push((file, folder.join(&file_name)));
            }
            Some(Ok(file)) => {
                let sight = look(&folder.join(&file_name), file.part);
                listing.files.insert(file, sight);
            }
        }
    }
    listing.files.extend(slow::follow(links, awaited));
    listing.files.retain(|_, sight| *sight != Sight::Absent);
    Ok(listing)
}

#[cfg(test)]
mod tests;
