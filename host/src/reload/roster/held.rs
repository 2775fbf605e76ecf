//! Why a file is not used, as it is shown.

use tokio::time::Instant;

use super::{Entry, Refusal, Roster, Subject, Wish};
use crate::{
    codes::{Text, told},
    plugin::{SignatureError, Source},
    reload::{
        digest::Digest,
        file::Obstacle,
        name::{Part, PluginFile},
        status::Held,
    },
};

impl Entry {
    /// The refusal that is shown: a fault rather than an order, which is known to whoever gave it.
    pub(super) fn held(&self) -> Option<&Held> {
        let mut all = self.refusals.iter().map(|refusal| &refusal.held);
        all.clone().find(|held| !held.is_ordered).or_else(|| all.next())
    }
}

impl Roster {
    pub(super) fn stray(&self, name: &str, now: Instant) -> Wish {
        let wasm = PluginFile::new(name, Part::Wasm);
        let reason = told!(
            "there is no {wasm} beside it and no built-in plugin {name}; check the name or remove the file",
            "旁边没有 {wasm}，也没有名为 {name} 的内置插件；请检查名称，或删除该文件"
        );
        Wish::Refuse(Box::new(Refusal::of(
            Subject::Stray,
            self.held(name, Part::Toml, reason, now),
        )))
    }

    pub(super) fn obstacle(&self, name: &str, part: Part, obstacle: Obstacle, now: Instant) -> Refusal {
        let held = self.held(name, part, obstacle.text(), now);
        Refusal::of(Subject::File(part, obstacle), held)
    }

    pub(super) fn held(&self, name: &str, part: Part, reason: Text, now: Instant) -> Held {
        Held {
            source: self.source(name, part),
            hash: None,
            reason,
            difference: None,
            is_ordered: false,
            since: now,
        }
    }

    pub(super) fn source(&self, name: &str, part: Part) -> Source {
        Source::File(self.folder.join(PluginFile::new(name, part).to_string()))
    }
}

/// Refusal of a component that nobody vouches for.
pub(super) fn unsigned(source: Source, digest: Digest, error: SignatureError, now: Instant) -> Refusal {
    let held = Held {
        source,
        hash: Some(digest.to_string()),
        reason: error.text(),
        difference: None,
        is_ordered: false,
        since: now,
    };
    Refusal::of(Subject::Unsigned(digest, error), held)
}
