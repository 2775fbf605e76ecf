//! Navigation: the pages in their order, with their names in both languages.

use super::HOME;
use crate::{admin::Role, operate::encoded};

/// Path of the login.
pub(super) const LOGIN: &str = "/console/login";

/// Path of the logout.
pub(super) const LOGOUT: &str = "/console/logout";

/// Path of the form for language and theme.
pub(super) const PREFERENCES: &str = "/console/preferences";

/// Path of the list of deliveries.
pub(super) const DELIVERIES: &str = "/console/deliveries";

/// Path of the list of dead letters.
pub(super) const DEAD: &str = "/console/dead";

/// Path of the list of jobs.
pub(super) const JOBS: &str = "/console/jobs";

/// Path of the page of refused requests.
pub(super) const REFUSED: &str = "/console/refused";

/// Path of the page of users' authorizations.
pub(super) const AUTHORIZATIONS: &str = "/console/authorizations";

/// Path of the page of operators' changes.
pub(super) const AUDIT: &str = "/console/audit";

/// Path of the page of settings.
pub(super) const SETTINGS: &str = "/console/settings";

/// Path of the page of explained codes.
pub(super) const EXPLAIN: &str = "/console/explain";

/// Page in the navigation.
#[derive(Debug)]
pub(super) struct Entry {
    /// Path of the page; what is below it belongs to it.
    pub(super) path: &'static str,
    /// Name in English and in Chinese.
    pub(super) names: [&'static str; 2],
    /// Whether it is shown to operators alone.
    is_for_operators: bool,
}

const fn entry(path: &'static str, en: &'static str, zh: &'static str) -> Entry {
    Entry {
        path,
        names: [en, zh],
        is_for_operators: false,
    }
}

/// All pages that exist.
pub(super) static ENTRIES: &[Entry] = &[
    entry("/console/", "Overview", "概览"),
    entry("/console/events", "Events", "事件"),
    entry(DELIVERIES, "Deliveries", "投递"),
    entry(DEAD, "Dead letters", "死信"),
    Entry {
        is_for_operators: true,
        ..entry(JOBS, "Jobs", "批量任务")
    },
    entry("/console/plugins", "Plugins", "插件"),
    entry(REFUSED, "Refused", "拒绝记录"),
    entry(AUTHORIZATIONS, "Authorizations", "用户授权"),
    entry(AUDIT, "Audit", "操作记录"),
    entry(SETTINGS, "Settings", "设置"),
    entry(EXPLAIN, "Explain", "错误码"),
];

/// Path of a page, if it exists.
pub(super) fn link(path: &'static str) -> Option<&'static str> {
    ENTRIES.iter().any(|entry| entry.path == path).then_some(path)
}

/// Page that shows or does what a command does, for a sentence that names the command.
pub(super) fn page_of(command: &str) -> Option<&'static str> {
    let mut words = command.split_whitespace();
    if words.next() != Some("lark-callback") {
        return None;
    }
    match (words.next()?, words.next()) {
        ("events", _) => Some("/console/events"),
        ("deliveries", _) => Some(DELIVERIES),
        ("dead", _) => Some(DEAD),
        // What else there is of it is an author's.
        ("plugin", Some("list" | "show" | "history" | "rollback" | "pin" | "enable" | "disable" | "pause")) => {
            Some("/console/plugins")
        }
        ("auth", Some("list" | "status" | "revoke")) => Some(AUTHORIZATIONS),
        ("explain", _) => Some(EXPLAIN),
        ("db", Some("status")) => Some(HOME),
        _ => None,
    }
}

impl Entry {
    /// Whether it leads somebody anywhere; a viewer would be refused there.
    pub(super) fn is_for(&self, role: Option<Role>) -> bool {
        !self.is_for_operators || role == Some(Role::Operator)
    }

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

/// Address of the login that leads back to a page.
pub(super) fn to_login(path: &str) -> String {
    if path == HOME {
        LOGIN.to_owned()
    } else {
        format!("{LOGIN}?next={}", encoded(path))
    }
}

/// Page to go to; only pages of the console, whatever the form says.
pub(super) fn own_path(next: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let is_own = next.starts_with(HOME) && !next.contains("//") && next.bytes().all(is_plain);
    if is_own { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, entry, own_path, page_of};

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

    #[test]
    fn a_command_leads_to_the_page_that_does_the_same() {
        for (command, page) in [
            ("lark-callback events list --since 1h", Some("Events")),
            ("lark-callback dead retry", Some("Dead letters")),
            ("lark-callback plugin list", Some("Plugins")),
            ("lark-callback plugin build", None),
            ("lark-callback db status", Some("Overview")),
            ("lark-callback db backup", None),
            ("events list", None),
            ("lark-callback", None),
        ] {
            let entry = page_of(command).map(|path| ENTRIES.iter().find(|entry| entry.path == path).unwrap());
            assert_eq!(entry.map(|entry| entry.names[0]), page, "{command}");
        }
    }

    #[test]
    fn a_login_leads_to_a_page_of_the_console_and_nowhere_else() {
        for path in ["/console/", "/console/events?user=ou_1&text=a%20b"] {
            assert_eq!(own_path(path), path);
        }
        for path in [
            "",
            "/",
            "/console",
            "//evil.example/console/",
            "https://evil.example/console/",
            "/console//evil.example",
            "/console/\\evil.example",
            "/console/\r\nset-cookie: a=b",
            "javascript:alert(1)",
        ] {
            assert_eq!(own_path(path), "/console/", "{path}");
        }
    }
}
