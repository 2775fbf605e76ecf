//! The folder of the plugins. A server that finds none makes one, so a slip of the pen must not pass for an empty folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{names::slips, read::Reader};

/// More slips than these are another name.
const SLIPS_MAX: usize = 2;

impl Reader<'_> {
    pub(super) fn plugins_dir(&mut self) -> PathBuf {
        let name = "CALLBACK_PLUGINS_DIR";
        let (Some(text), Some(value)) = (self.text(name), self.value(name)) else {
            return "plugins".into();
        };
        let folder = PathBuf::from(text);
        if folder.is_dir() {
            return folder;
        }
        if folder.exists() {
            self.problem(name, value, "must be a folder; there is a file of this name");
        } else if let Some(nearest) = nearest_folder(&folder) {
            let what = format!(
                "names a folder that does not exist; did you mean {}? Otherwise make the folder",
                nearest.display()
            );
            self.problem(name, value, &what);
        } else {
            self.notices.push(format!(
                "{name} ({}) names a folder that does not exist; it is made, and it is empty",
                value.origin
            ));
        }
        folder
    }
}

/// A folder beside it whose name is almost the same.
fn nearest_folder(folder: &Path) -> Option<PathBuf> {
    let wanted = folder.file_name()?.to_string_lossy();
    let parent = folder.parent()?;
    let beside = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let near = fs::read_dir(beside).ok()?.filter_map(Result::ok).filter_map(|entry| {
        let name = entry.file_name();
        let slips = slips(&wanted, &name.to_string_lossy());
        (slips <= SLIPS_MAX && slips < wanted.chars().count() && entry.path().is_dir())
            .then(|| (slips, parent.join(name)))
    });
    near.min().map(|(_, path)| path)
}
