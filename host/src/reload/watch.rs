//! File system watch: reports that something changed in the folder; a look finds out what.

use std::{path::Path, sync::Arc};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

/// Watch of the folder rather than its files: a file renamed over another is a different file, and Kubernetes replaces
/// all of them by swapping one link. Ends when dropped.
#[derive(Debug)]
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Starts watching; `dirty` is notified of every possible change to a file.
    pub(super) fn start(folder: &Path, dirty: Arc<Notify>) -> notify::Result<Self> {
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error means that events were lost, so a look is needed as well.
            if event.map_or(true, |event| may_have_changed(event.kind)) {
                dirty.notify_one();
            }
        })?;
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
        Ok(Self { _watcher: watcher })
    }
}

/// Ignores accesses by this process's own looks and reads, or every look would cause the next.
fn may_have_changed(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Other => true,
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, Flag, ModifyKind, RemoveKind};

    use super::*;

    #[test]
    fn what_we_do_ourselves_is_no_reason_to_look() {
        for access in [
            AccessKind::Open(AccessMode::Any),
            AccessKind::Read,
            AccessKind::Close(AccessMode::Read),
        ] {
            assert!(!may_have_changed(EventKind::Access(access)), "{access:?}");
        }
    }

    #[test]
    fn what_others_do_and_what_was_lost_is_one() {
        for kind in [
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Remove(RemoveKind::File),
        ] {
            assert!(may_have_changed(kind), "{kind:?}");
        }
        // The system's event queue was full.
        assert!(may_have_changed(
            Event::new(EventKind::Other).set_flag(Flag::Rescan).kind
        ));
    }
}
