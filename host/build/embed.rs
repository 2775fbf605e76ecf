//! Lists the files that the binary carries for `plugin new`: the sources of the SDK, its event types, and the WIT.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// A set of files: folders, and the endings of the names that belong to it.
#[derive(Debug)]
pub(crate) struct Set<'a> {
    pub(crate) folders: &'a [&'a str],
    pub(crate) endings: &'a [&'a str],
    /// Folders that belong to another set, or to none.
    pub(crate) without: &'a [&'a str],
}

/// Writes a Rust file with a table of paths and texts: `[("plugin-sdk/src/lib.rs", include_str!("…")), …]`.
///
/// # Panics
/// When a file cannot be read or written.
pub(crate) fn write(root: &Path, set: &Set<'_>, to: &Path) {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in set.folders {
        collect(root, &root.join(folder), set, &mut files);
    }
    files.sort();
    let mut table = String::from("[\n");
    for file in &files {
        let name = inside(root, file);
        writeln!(table, "    ({name:?}, include_str!({:?})),", file.display().to_string())
            .expect("a string can be written");
    }
    table.push(']');
    fs::write(to, table).expect("OUT_DIR can be written");
}

/// The path below the root.
fn inside(root: &Path, path: &Path) -> String {
    let name = path.strip_prefix(root).expect("the file is inside the root");
    name.to_str().expect("file names are UTF-8").replace('\\', "/")
}

fn collect(root: &Path, folder: &Path, set: &Set<'_>, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if set.without.contains(&inside(root, &path).as_str())
            || path.file_name().is_some_and(|name| name == "node_modules")
        {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, set, files);
        } else if path
            .to_str()
            .is_some_and(|name| set.endings.iter().any(|ending| name.ends_with(ending)))
        {
            files.push(path);
        }
    }
}
