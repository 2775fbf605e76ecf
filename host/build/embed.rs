//! Lists the files that the binary carries for `plugin new`: the sources of the SDK, its event types, and the WIT.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Writes a Rust file with a table of paths and texts: `[("plugin-sdk/src/lib.rs", include_str!("…")), …]`.
///
/// # Panics
/// When a file cannot be read or written.
pub(crate) fn write(root: &Path, folders: &[&str], to: &Path) {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let mut table = String::from("[\n");
    for file in &files {
        let name = file.strip_prefix(root).expect("the file is inside the root");
        let name = name.to_str().expect("file names are UTF-8").replace('\\', "/");
        writeln!(table, "    ({name:?}, include_str!({:?})),", file.display().to_string())
            .expect("a string can be written");
    }
    table.push(']');
    fs::write(to, table).expect("OUT_DIR can be written");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let is_of_kind = |kinds: &[&str]| {
            path.extension()
                .is_some_and(|kind| kinds.iter().any(|known| kind == *known))
        };
        if path.is_dir() {
            // What generates the SDK's types is for those who work on it.
            if !path.ends_with("plugin-sdk/tests") {
                collect(&path, files);
            }
        } else if is_of_kind(&["rs", "toml", "wit"]) || folder.ends_with("plugin-sdk/schema") && is_of_kind(&["json"]) {
            files.push(path);
        }
    }
}
