//! The sources of a project: what is in its folder but for what tools put there, and when that changes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::{
    cli::{Exit, Stopped},
    telemetry::chain,
};

/// Folders at the top of a project that hold no sources. Hidden ones, but for `.cargo`, are not looked at either.
const NOT_SOURCES: [&str; 8] = [
    "target",
    "dist",
    "node_modules",
    "__pycache__",
    "venv",
    "build",
    "data",
    "plugins",
];

/// An editor that saves several files, or one in several steps, causes one build.
const QUIET: Duration = Duration::from_millis(150);

/// Time between two looks without a report of the file system: some (network mounts, containers) report nothing.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Files that are looked at; a project has some dozens.
const FILES_MAX: usize = 20_000;

/// Lengths and times of the sources.
pub(super) type Snapshot = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// A watched project.
#[derive(Debug)]
pub(super) struct Sources {
    folder: PathBuf,
    changed: Arc<Notify>,
    /// Absent where the file system cannot be watched.
    watcher: Option<RecommendedWatcher>,
    watched: Vec<PathBuf>,
}

impl Sources {
    pub(super) fn watch(folder: &Path) -> Result<Self, Stopped> {
        let folder = folder.canonicalize().map_err(|error| Stopped {
            exit: Exit::NotFound,
            text: format!("{}: {}", folder.display(), chain(&error)),
        })?;
        let changed = Arc::new(Notify::new());
        let notified = Arc::clone(&changed);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // The looks themselves cause accesses. An error means that events were lost.
            if event.map_or(true, |event| !event.kind.is_access()) {
                notified.notify_one();
            }
        });
        let mut sources = Self {
            folder,
            changed,
            watcher: watcher.ok(),
            watched: Vec::new(),
        };
        sources.watch_folders();
        Ok(sources)
    }

    /// Watches the folder, and recursively each folder in it that holds sources; new ones are added at each look.
    fn watch_folders(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        let mut wanted = vec![(self.folder.clone(), RecursiveMode::NonRecursive)];
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() && !is_skipped(&path) {
                wanted.push((path, RecursiveMode::Recursive));
            }
        }
        for (path, mode) in wanted {
            if !self.watched.contains(&path) && watcher.watch(&path, mode).is_ok() {
                self.watched.push(path);
            }
        }
        self.watched.retain(|path| path.exists());
    }

    /// Lists the sources as they are.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        self.watch_folders();
        let mut found = Snapshot::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let (path, about) = (entry.path(), entry.metadata());
                let Ok(about) = about else { continue };
                if found.len() >= FILES_MAX {
                    return found;
                }
                if !about.is_dir() {
                    if !is_of_editor(&path) {
                        found.insert(path, (about.len(), about.modified().ok()));
                    }
                } else if !is_skipped(&path) {
                    folders.push(path);
                }
            }
        }
        found
    }

    /// Waits until something may have changed and nothing does any more.
    pub(super) async fn changed(&self) {
        let _ = timeout(LOOK_EVERY, self.changed.notified()).await;
        while timeout(QUIET, self.changed.notified()).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    }
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn is_skipped(folder: &Path) -> bool {
    let name = name_of(folder);
    NOT_SOURCES.contains(&name) || (name.starts_with('.') && name != ".cargo")
}

/// Files that editors keep beside what is edited, and the lock files that tools write while they build.
fn is_of_editor(file: &Path) -> bool {
    let name = name_of(file);
    (name.starts_with('.') && !name.ends_with(".toml"))
        || name.ends_with('~')
        || name.ends_with(".swp")
        || name.ends_with(".tmp")
        || ["Cargo.lock", "package-lock.json"].contains(&name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Sources;

    #[tokio::test]
    async fn sources_count_and_what_tools_write_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "a");
        let mut sources = Sources::watch(folder.path()).unwrap();
        let before = sources.snapshot();
        for path in [
            "target/x",
            "dist/a.wasm",
            ".dev/data/dev.db",
            "src/.lib.rs.swp",
            "src/lib.rs~",
            "Cargo.lock",
        ] {
            write(path, "b");
            assert_eq!(sources.snapshot(), before, "{path}");
        }
        for path in ["src/lib.rs", "a.toml", "fixtures/a.event.json", ".cargo/config.toml"] {
            let before = sources.snapshot();
            write(path, "longer");
            sources.changed().await;
            assert_ne!(sources.snapshot(), before, "{path}");
        }
    }
}
