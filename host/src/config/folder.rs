//! Plugins folder. The server creates a missing one, so a typing error must not silently become an empty folder.

use crate::codes::told;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{names::slips, read::Reader, settings};
use crate::plugin::TrustedKeys;

/// Time limit for the file system to answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Names with more differences are considered unrelated.
const SLIPS_MAX: usize = 2;

impl Reader<'_> {
    /// Keys of which one must have signed a plugin.
    pub(super) fn plugin_keys(&mut self) -> TrustedKeys {
        let name = settings::CALLBACK_PLUGIN_KEYS.name;
        let Some(text) = self.text(name) else {
            if self.value(name).is_some() {
                self.problems.push(told!(
                    "{name} is empty; set it, or remove the setting: without it no plugin has to be signed",
                    "{name} 为空；请设置，或删除该设置：没有它时插件无需签名"
                ));
            }
            return TrustedKeys::default();
        };
        TrustedKeys::parse(text).unwrap_or_else(|error| {
            self.problems.push(told!("{name}: {error}", "{name}：{error}"));
            TrustedKeys::default()
        })
    }

    pub(super) fn plugins_dir(&mut self) -> PathBuf {
        let name = settings::CALLBACK_PLUGINS_DIR.name;
        let folder = PathBuf::from(self.text_of(&settings::CALLBACK_PLUGINS_DIR));
        let Some(is_folder) = is_folder(&folder) else {
            self.notices.push(told!("{name} ({}) is on a file system that does not answer; is a network mount gone? Its plugins are loaded when it \
                 does", "{name}（{}）所在的文件系统没有响应；网络挂载是否已断开？恢复响应后会加载其中的插件",
                folder.display()
            ));
            return folder;
        };
        if is_folder {
            return folder;
        }
        // A link without a target cannot be turned into a folder either.
        if folder.symlink_metadata().is_ok() {
            self.problems.push(told!(
                "{name} must be a folder, and {} is a file or a broken link",
                "{name} 必须是目录，而 {} 是文件或失效的链接",
                folder.display()
            ));
        }
        let (Some(_), Some(value)) = (self.text(name), self.value(name)) else {
            return folder;
        };
        if folder.symlink_metadata().is_ok() {
            return folder;
        }
        if let Some(nearest) = nearest_folder(&folder) {
            let what = told!(
                "names a folder that does not exist; did you mean {}? Otherwise make the folder",
                "指向的目录不存在；是否指 {}？否则请创建该目录",
                nearest.display()
            );
            self.problem(name, value, &what);
        } else {
            self.notices.push(told!(
                "{name} ({}) names a folder that does not exist; an empty one is created",
                "{name}（{:#}）指向的目录不存在；将创建空目录",
                value.origin
            ));
        }
        folder
    }
}

/// Whether the path is a folder; none when the file system does not answer, because a dead mount blocks forever.
fn is_folder(path: &Path) -> Option<bool> {
    let (answer, answered) = mpsc::channel();
    let path = path.to_owned();
    let asking = thread::Builder::new().name("plugins-folder".to_owned());
    let asked = asking.spawn(move || {
        // The receiver may have timed out.
        let _ = answer.send(path.is_dir());
    });
    asked.ok().and_then(|_| answered.recv_timeout(ANSWER_MAX).ok())
}

/// The same path, with its first missing component replaced by a similarly named folder next to it.
fn nearest_folder(folder: &Path) -> Option<PathBuf> {
    let first = folder
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .last()?;
    let nearest = nearest_beside(first)?;
    let rest = folder.strip_prefix(first).ok()?;
    let whole = if rest.as_os_str().is_empty() {
        nearest
    } else {
        nearest.join(rest)
    };
    whole.is_dir().then_some(whole)
}

fn nearest_beside(folder: &Path) -> Option<PathBuf> {
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
