//! Navigation: the pages in their order, with their names in both languages.

use super::{audit, authorizations, explain, refused, settings};

/// Path of the login.
pub(super) const LOGIN: &str = "/console/login";

/// Path of the logout.
pub(super) const LOGOUT: &str = "/console/logout";

/// Path of the form for language and theme.
pub(super) const PREFERENCES: &str = "/console/preferences";

/// Page in the navigation.
#[derive(Debug)]
pub(super) struct Entry {
    /// Path of the page; what is below it belongs to it.
    pub(super) path: &'static str,
    /// Name in English and in Chinese.
    pub(super) names: [&'static str; 2],
}

const fn entry(path: &'static str, en: &'static str, zh: &'static str) -> Entry {
    Entry { path, names: [en, zh] }
}

/// All pages that exist.
pub(super) static ENTRIES: &[Entry] = &[
    entry("/console/", "Overview", "概览"),
    entry("/console/plugins", "Plugins", "插件"),
    entry(refused::PATH, "Refused", "拒绝记录"),
    entry(authorizations::PATH, "Authorizations", "用户授权"),
    entry(audit::PATH, "Audit", "操作记录"),
    entry(settings::PATH, "Settings", "设置"),
    entry(explain::PATH, "Explain", "错误码"),
];

impl Entry {
    /// Whether a path is this page or one below it.
    pub(super) fn holds(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or_default();
        if self.path.ends_with('/') {
            return path == self.path;
        }
        path.strip_prefix(self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn a_page_holds_what_is_below_it_and_nothing_beside_it() {
        let events = entry("/console/events", "Events", "事件");
        for path in ["/console/events", "/console/events?plugin=a", "/console/events/7"] {
            assert!(events.holds(path), "{path}");
        }
        for path in ["/console/", "/console/events-of", "/console/dead"] {
            assert!(!events.holds(path), "{path}");
        }
        let home = entry("/console/", "Overview", "概览");
        assert!(home.holds("/console/") && !home.holds("/console/events"));
    }
}
