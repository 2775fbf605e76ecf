//! Files that do not answer: a link to a dead mount blocks its reader forever, and must not block anything else.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread,
    time::Duration,
};

use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::{
    file::{self, Content, Obstacle, Sight},
    name::PluginFile,
};

/// Time limit for following a link; it takes microseconds on a disk and some milliseconds on a network mount.
const FOLLOW_MAX: Duration = Duration::from_secs(1);

/// Time limit for reading one file: 64 MiB from a slow network mount.
const READ_MAX: Duration = Duration::from_secs(20);

/// Files that are read at once. All plugins are read again from time to time; at once they would fill the CPUs, and the memory
/// of as many threads, while clicks are waiting.
const READS_MAX: usize = 2;

/// Time after which a file is read beside more than [`READS_MAX`] others: those may wait for a mount that does not respond.
const PLACE_WAIT_MAX: Duration = Duration::from_secs(1);

/// Files with a pending query, of which none is queried twice at a time, and the places of those that are read; clones share
/// them.
#[derive(Debug, Clone)]
pub(super) struct Awaited {
    files: Arc<Mutex<BTreeMap<PluginFile, Weak<()>>>>,
    reads: Arc<Semaphore>,
}

impl Default for Awaited {
    fn default() -> Self {
        Self {
            files: Arc::default(),
            reads: Arc::new(Semaphore::new(READS_MAX)),
        }
    }
}

impl Awaited {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<PluginFile, Weak<()>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn contains(&self, file: &PluginFile) -> bool {
        let mut awaited = self.lock();
        awaited.retain(|_, asked| asked.strong_count() > 0);
        awaited.contains_key(file)
    }

    pub(super) fn add(&self, file: PluginFile, asked: &Arc<()>) {
        self.lock().insert(file, Arc::downgrade(asked));
    }
}

/// Looks at files through links, with a time limit for each.
pub(super) fn follow(links: Vec<(PluginFile, PathBuf)>, awaited: &Awaited) -> Vec<(PluginFile, Sight)> {
    let mut seen = Vec::new();
    let (silent, mut left): (Vec<_>, VecDeque<_>) = {
        let (silent, left): (Vec<_>, Vec<_>) = links.into_iter().partition(|(file, _)| awaited.contains(file));
        (silent, left.into())
    };
    seen.extend(
        silent
            .into_iter()
            .map(|(file, _)| (file, Sight::Unusable(Obstacle::Silent))),
    );
    while !left.is_empty() {
        let (asking, links) = (Arc::new(()), left.clone());
        let (asked, (answers, answer)) = (Arc::clone(&asking), mpsc::channel());
        let follower = thread::Builder::new().name("plugin-links".to_owned()).spawn(move || {
            // Held until the look ends.
            let _asked = asked;
            for (file, path) in links {
                if answers.send(file::look(&path, file.part)).is_err() {
                    return;
                }
            }
        });
        if follower.is_err() {
            // Without a thread nothing is known; the next look may get one.
            let unknown = |(file, _)| (file, Sight::Unusable(Obstacle::Silent));
            seen.extend(left.into_iter().map(unknown));
            return seen;
        }
        while let Some((file, _)) = left.front().cloned() {
            let sight = answer.recv_timeout(FOLLOW_MAX);
            left.pop_front();
            match sight {
                Ok(sight) => seen.push((file, sight)),
                Err(_) => {
                    awaited.add(file.clone(), &asking);
                    seen.push((file, Sight::Unusable(Obstacle::Silent)));
                    break;
                }
            }
        }
    }
    seen
}

/// Reads one file as seen, within a time limit; see [`file::read`].
pub(super) async fn read(dir: &Path, file: PluginFile, seen: Sight, awaited: &Awaited) -> Option<Content> {
    if awaited.contains(&file) {
        return Some(Content::Unusable(Obstacle::Silent));
    }
    let _place = timeout(PLACE_WAIT_MAX, awaited.reads.acquire()).await;
    let asking = Arc::new(());
    let work = spawn_blocking({
        let (dir, file, asked) = (dir.to_owned(), file.clone(), Arc::clone(&asking));
        move || {
            let _asked = asked;
            file::read(&dir, &file, seen)
        }
    });
    match timeout(READ_MAX, work).await {
        Ok(read) => read.ok().flatten(),
        Err(_) => {
            awaited.add(file, &asking);
            Some(Content::Unusable(Obstacle::Silent))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, process::Command};

    use super::*;
    use crate::reload::name::Part;

    #[test]
    fn links_are_followed_whatever_they_lead_to() {
        let temp = tempfile::tempdir().unwrap();
        let path = |name: &str| temp.path().join(name);
        std::fs::write(path("real"), "x").unwrap();
        assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        symlink(path("real"), path("a.wasm")).unwrap();
        symlink(path("pipe"), path("b.wasm")).unwrap();
        symlink(path("nothing"), path("c.wasm")).unwrap();
        let links = ["a", "b", "c"].map(|name| {
            let file = PluginFile::new(name, Part::Wasm);
            (file.clone(), path(&file.to_string()))
        });
        let seen: Vec<Sight> = follow(links.into(), &Awaited::default())
            .into_iter()
            .map(|(_, sight)| sight)
            .collect();
        assert!(matches!(seen[0], Sight::File(_)));
        assert_eq!(seen[1], Sight::Unusable(Obstacle::NotAFile));
        assert_eq!(seen[2], Sight::Unusable(Obstacle::LeadsNowhere));
    }

    #[tokio::test]
    async fn a_file_that_somebody_still_waits_for_is_not_asked_again_until_it_answers() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join("a.wasm"), "x").unwrap();
        let (file, awaited) = (PluginFile::new("a", Part::Wasm), Awaited::default());
        let seen = file::look(&temp.path().join("a.wasm"), Part::Wasm);
        let asking = Arc::new(());
        awaited.add(file.clone(), &asking);
        let read_now = async || read(temp.path(), file.clone(), seen, &awaited).await;
        assert_eq!(read_now().await, Some(Content::Unusable(Obstacle::Silent)));
        drop(asking);
        assert!(matches!(read_now().await, Some(Content::Bytes { .. })));
    }
}
