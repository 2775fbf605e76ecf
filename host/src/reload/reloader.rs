//! Reload loop: looks, takes stable plugins, reads and loads them in the background, and swaps them in when their turn
//! is complete.

mod canary;
mod first;
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, future, io,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use self::first::First;
use super::{
    AllOrders, AllPublished, BuiltIn, ReloadSettings,
    folder::{self, FolderId, Listing},
    report::{self, FolderReport},
    roster::Roster,
    served::ServedBoard,
    settle::Settling,
    slow::Awaited,
    status::PluginStatus,
    underway::Underway,
    watch::Watch,
};
use crate::plugin::{Befores, Engine, Expected, Plugin, Registry, Variables};

/// Minimum time between two looks. A large upload causes thousands of events per second; fifty looks per second cost
/// almost nothing and are finer than any settle time.
const LOOK_GAP: Duration = Duration::from_millis(20);

/// Time limit for listing the folder; on a network mount it takes some milliseconds.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Reloader that keeps the registry's table in step with the folder.
pub struct Reloader {
    settings: ReloadSettings,
    engine: Engine,
    registry: Arc<Registry>,
    settling: Settling,
    roster: Roster,
    plugins: BTreeMap<String, Arc<Plugin>>,
    /// Versions that serve beside a canary.
    before: Befores,
    underway: Underway,
    awaited: Awaited,
    /// Variables that the secrets were read with.
    variables: Arc<Variables>,
    /// Plugins whose secrets do not answer.
    silent_secrets: Awaited,
    has_begun: bool,
    /// Progress of the first load; none once it is complete.
    first: Option<First>,
    folder_report: FolderReport,
    /// Query of the folder that the file system has not answered yet.
    unanswered: Weak<()>,
    status: watch::Sender<Arc<[PluginStatus]>>,
    /// Published plugins; none on a server that does not share its database.
    published: Option<watch::Receiver<AllPublished>>,
    /// Orders for plugins; none if nobody gives any.
    orders: Option<watch::Receiver<AllOrders>>,
    served: Arc<ServedBoard>,
}

impl fmt::Debug for Reloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloader")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Reloader {
    /// Starts with the built-in plugins and an unread folder. The registry expects more plugins until the first load is
    /// complete.
    pub fn new(settings: ReloadSettings, built_ins: Vec<BuiltIn>, engine: Engine, registry: Arc<Registry>) -> Self {
        let settling = Settling::new((&settings).into());
        let roster = Roster::new(&settings.dir, built_ins);
        let (status, _) = watch::channel(Arc::from([]));
        let variables = Arc::clone(&settings.variables.borrow());
        registry.expect(Expected::anything());
        Self {
            settings,
            engine,
            registry,
            settling,
            roster,
            plugins: BTreeMap::new(),
            before: Befores::new(),
            underway: Underway::default(),
            awaited: Awaited::default(),
            variables,
            silent_secrets: Awaited::default(),
            has_begun: false,
            first: None,
            folder_report: FolderReport::default(),
            unanswered: Weak::new(),
            status,
            published: None,
            orders: None,
            served: Arc::default(),
        }
    }

    /// Also follows the plugins published to all servers.
    pub fn follow_published(&mut self, published: watch::Receiver<AllPublished>) {
        self.published = Some(published);
    }

    /// Also follows the operator's orders.
    pub fn follow_orders(&mut self, orders: watch::Receiver<AllOrders>) {
        self.orders = Some(orders);
    }

    /// Versions that have begun to serve.
    pub fn served(&self) -> Arc<ServedBoard> {
        Arc::clone(&self.served)
    }

    /// State of every plugin, ordered by name; receivers are notified of changes.
    pub fn status(&self) -> watch::Receiver<Arc<[PluginStatus]>> {
        self.status.subscribe()
    }

    /// Loads the built-in plugins and the folder once. A bad file is logged and stops nothing; a missing folder is
    /// created.
    pub async fn load_all(&mut self) {
        self.begin().await;
        while self.first.is_some() {
            self.go_on().await;
        }
    }

    /// Loads everything and follows the folder until `stop` is cancelled. Loads in progress are dropped then.
    pub async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.load_and_follow() => {}
        }
    }

    async fn load_and_follow(&mut self) {
        if !self.has_begun {
            self.begin().await;
        }
        self.follow().await;
    }

    /// Takes all plugins that exist, stable or not.
    async fn begin(&mut self) {
        self.has_begun = true;
        let dir = self.settings.dir.clone();
        if let Err(error) = self.ask(move || fs::create_dir_all(dir)).await {
            self.folder_report.unreadable(&self.settings.dir, &error);
        }
        self.look().await;
        let mut names = self.settling.take_all();
        let is_silent = self.unanswered.strong_count() > 0;
        names.extend(self.roster.built_in_names().cloned());
        names.extend(self.take_published());
        // Whatever is there is decided about with the orders as they are.
        self.take_orders();
        self.first = Some(First::of(&names, is_silent, Instant::now()));
        self.apply(names, self.settings.first_together_ms_max);
        self.switch_what_is_over();
    }

    /// Waits until a task ends or a turn times out, and handles the result.
    async fn go_on(&mut self) {
        let over = self.underway.next_over();
        tokio::select! {
            ended = self.underway.next() => {
                if let Some(ended) = ended {
                    self.ended(ended).await;
                }
            }
            () = until(over) => {}
        }
        self.switch_what_is_over();
    }

    async fn follow(&mut self) {
        let dirty = Arc::new(Notify::new());
        let mut watched = None;
        let rescan = Duration::from_millis(self.settings.rescan_ms);
        let reread = Duration::from_millis(self.settings.reread_ms);
        let mut reread_at = Instant::now() + reread;
        loop {
            let folder = self.look().await;
            self.keep_watch(&mut watched, folder, &dirty).await;
            let looked_at = Instant::now();
            let mut names = self.settling.take(looked_at);
            names.extend(self.at_last(folder.is_some()));
            if looked_at >= reread_at || self.has_new_variables() {
                names.extend(self.settling.at_rest());
                names.extend(self.roster.with_published_secrets());
                reread_at = looked_at + reread;
            }
            names.extend(self.take_published());
            names.extend(self.take_orders());
            self.apply(names, self.settings.together_ms_max);
            self.switch_what_is_over();
            let next = self
                .settling
                .next_look()
                .map_or(looked_at + rescan, |at| at.min(looked_at + rescan));
            self.until_next_look(&dirty, next, looked_at + LOOK_GAP).await;
        }
    }

    /// Plugins of a folder that did not answer at the start but does now.
    fn at_last(&mut self, is_answered: bool) -> BTreeSet<String> {
        let Some(first) = self
            .first
            .as_mut()
            .filter(|first| first.waits_for_folder && is_answered)
        else {
            return BTreeSet::new();
        };
        let names = self.settling.take_all();
        first.add(&names);
        names
    }

    /// Handles tasks in progress until the next look.
    async fn until_next_look(&mut self, dirty: &Notify, next: Instant, not_before: Instant) {
        let mut is_time = false;
        while !is_time || Instant::now() < not_before {
            let over = self.underway.next_over();
            tokio::select! {
                ended = self.underway.next() => {
                    if let Some(ended) = ended {
                        self.ended(ended).await;
                    }
                }
                () = until(over) => {}
                () = dirty.notified(), if !is_time => is_time = true,
                () = again(self.published.as_mut()), if !is_time => is_time = true,
                () = again(self.orders.as_mut()), if !is_time => is_time = true,
                () = again(Some(&mut self.settings.variables)), if !is_time => is_time = true,
                () = sleep_until(next), if !is_time => is_time = true,
                () = sleep_until(not_before), if is_time => {}
            }
            self.switch_what_is_over();
        }
    }

    /// Whether the server has read its settings again since the last look; files are read again then, for their secrets.
    fn has_new_variables(&mut self) -> bool {
        let now = Arc::clone(&self.settings.variables.borrow_and_update());
        !Arc::ptr_eq(&std::mem::replace(&mut self.variables, Arc::clone(&now)), &now)
    }

    /// Names of plugins whose published version has changed.
    fn take_published(&mut self) -> Vec<String> {
        let Some(published) = &mut self.published else {
            return Vec::new();
        };
        let all = published.borrow_and_update().clone();
        let names = self.roster.publish(&all);
        for name in &names {
            if self.roster.hides_published(name) {
                report::hidden(name, &self.settings.dir);
            }
        }
        names
    }

    /// Names of plugins for which the order has changed.
    fn take_orders(&mut self) -> Vec<String> {
        let Some(orders) = &mut self.orders else {
            return Vec::new();
        };
        let all = orders.borrow_and_update().clone();
        let names = self.roster.order(&all);
        self.end_canaries();
        if !names.is_empty() {
            // An order that changes nothing that serves is an order all the same.
            self.show_status();
        }
        names
    }

    /// Watches the folder again if it was replaced, because the old watch no longer reports its changes.
    async fn keep_watch(
        &mut self,
        watched: &mut Option<(FolderId, Watch)>,
        folder: Option<FolderId>,
        dirty: &Arc<Notify>,
    ) {
        if watched.as_ref().map(|(id, _)| *id) == folder {
            return;
        }
        *watched = None;
        let Some(folder) = folder else { return };
        let (dir, told) = (self.settings.dir.clone(), Arc::clone(dirty));
        match self
            .ask(move || Watch::start(&dir, told).map_err(io::Error::other))
            .await
        {
            Ok(watch) => {
                *watched = Some((folder, watch));
                // A change may have happened between the look and the watch.
                dirty.notify_one();
            }
            Err(error) => self
                .folder_report
                .unwatched(&self.settings.dir, &error, self.settings.rescan_ms),
        }
    }

    /// Looks at the folder; returns its identity. If it cannot be listed, nothing is known about its files, and the
    /// plugins that serve continue.
    async fn look(&mut self) -> Option<FolderId> {
        let (dir, awaited) = (self.settings.dir.clone(), self.awaited.clone());
        match self.ask(move || folder::list(&dir, &awaited)).await {
            Ok(Listing { folder, files, refused }) => {
                if self.folder_report.listed(&self.settings.dir, refused) {
                    self.show_status();
                }
                self.settling.look(&files, Instant::now());
                Some(folder)
            }
            Err(error) => {
                self.folder_report.unreadable(&self.settings.dir, &error);
                None
            }
        }
    }

    /// Runs a query on the file system with a time limit, because a dead mount blocks forever. No second query starts
    /// while one is pending.
    async fn ask<T: Send + 'static>(&mut self, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let silent = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                "its file system does not answer (is a network mount gone?)",
            )
        };
        if self.unanswered.strong_count() > 0 {
            return Err(silent());
        }
        let asking = Arc::new(());
        let asked = Arc::clone(&asking);
        let answer = task::spawn_blocking(move || {
            // Held until the query ends.
            let _asked = asked;
            work()
        });
        match timeout(ANSWER_MAX, answer).await {
            Ok(answer) => answer.unwrap_or_else(|error| Err(io::Error::other(error))),
            Err(_) => {
                self.unanswered = Arc::downgrade(&asking);
                Err(silent())
            }
        }
    }
}

/// Waits until this time; forever if there is none.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => future::pending().await,
    }
}

/// Waits until what is followed changes; forever if nothing is followed, or if whoever changes it is gone.
async fn again<T>(followed: Option<&mut watch::Receiver<T>>) {
    let Some(followed) = followed else {
        return future::pending().await;
    };
    if followed.changed().await.is_err() {
        future::pending().await
    }
}

#[cfg(test)]
mod tests;
