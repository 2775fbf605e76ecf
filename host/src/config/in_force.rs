//! Settings that are in force after a reload, beside those that wait for a restart.

use super::Shown;

/// Settings in force: as they were read again, but for those that a running server cannot take, which stay as they were.
pub fn in_force(before: &[Shown], read_again: Vec<Shown>, waiting: &[String]) -> Vec<Shown> {
    let is_waiting = |setting: &Shown| waiting.contains(&setting.name);
    let of = |settings: &[Shown], name: &str| settings.iter().find(|setting| setting.name == name).cloned();
    // Those of an application that has left the file have no default to be listed with.
    let gone = before
        .iter()
        .filter(|old| is_waiting(old) && of(&read_again, &old.name).is_none());
    let gone: Vec<_> = gone.cloned().collect();
    let now = read_again.into_iter().map(|new| {
        if !is_waiting(&new) {
            return new;
        }
        let old = of(before, &new.name).unwrap_or_else(|| Shown {
            value: None,
            origin: "default",
            file: None,
            line: None,
            secret_file: None,
            ..new.clone()
        });
        Shown {
            after_restart: Some(Box::new(new)),
            ..old
        }
    });
    now.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, value: &str) -> Shown {
        Shown {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            origin: "file",
            file: Some("lark-callback.toml".to_owned()),
            line: Some(1),
            secret_file: None,
            is_secret: false,
            default: String::new(),
            after_restart: None,
        }
    }

    fn told(settings: &[Shown]) -> Vec<(&str, Option<&str>, Option<&str>)> {
        let told = settings.iter().map(|setting| {
            let later = setting.after_restart.as_ref().and_then(|later| later.value.as_deref());
            (&*setting.name, setting.value.as_deref(), later)
        });
        told.collect()
    }

    #[test]
    fn what_a_running_server_cannot_take_stays_and_tells_what_a_restart_would_bring() {
        let before = [
            setting("LOG", "info"),
            setting("PORT", "1"),
            setting("apps.a.kept", "x"),
        ];
        let waiting = ["PORT".to_owned(), "NEW".to_owned(), "apps.a.kept".to_owned()];
        let now = in_force(
            &before,
            vec![setting("LOG", "debug"), setting("PORT", "2"), setting("NEW", "3")],
            &waiting,
        );
        assert_eq!(
            told(&now),
            [
                ("LOG", Some("debug"), None),
                ("PORT", Some("1"), Some("2")),
                ("NEW", None, Some("3")),
                ("apps.a.kept", Some("x"), None),
            ]
        );
        let back = in_force(&now, vec![setting("PORT", "1")], &[]);
        assert_eq!(
            told(&back),
            [("PORT", Some("1"), None)],
            "what was set back waits no longer"
        );
    }
}
