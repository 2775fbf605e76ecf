//! Facts about an application, as far as Lark told them.

use super::{ConsoleApp, ConsoleScope, ConsoleVersion};

/// Lark's account of an application.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) entry: Option<ConsoleApp>,
    pub(super) versions: Option<Vec<ConsoleVersion>>,
    pub(super) granted: Option<Vec<ConsoleScope>>,
}

/// Status of a version that was approved.
pub(super) const APPROVED: i64 = 1;

/// The version that is online.
pub(super) fn online(versions: &[ConsoleVersion], entry: Option<&ConsoleApp>) -> Option<ConsoleVersion> {
    let id = entry.and_then(|entry| entry.online_version.as_deref());
    let named = versions.iter().find(|version| Some(version.id.as_str()) == id);
    let newest = versions
        .iter()
        .find(|version| version.status == Some(APPROVED) && version.is_published);
    named.or(newest).cloned()
}

/// Names in one line.
pub(super) fn joined<'a, T: AsRef<str> + 'a>(names: impl Iterator<Item = &'a T>) -> String {
    names.map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}
