//! The settings of a candidate: from its file, as they were published, or as they were kept, with their secrets.

use std::str;

use tokio::time::Instant;

use super::{Files, Refusal, Roster, Stop, Subject, Wish};
use crate::{
    codes::{Text, told},
    plugin::{Secrets, Settings, Source},
    reload::{digest::Digest, file::Content, name::Part, order::Instead, status::Held},
};

impl Roster {
    /// Texts of settings beside the file: those that were published, and those of kept versions that are to serve.
    pub(in crate::reload) fn named_settings(&self, name: &str) -> NamedSettings {
        NamedSettings {
            published: self.published_settings(name),
            kept: self.kept_texts(name),
        }
    }

    fn published_settings(&self, name: &str) -> Option<String> {
        self.published.get(name)?.0.settings.clone()
    }

    /// Published plugins whose settings name secrets, which may change although nothing else does.
    pub(in crate::reload) fn with_published_secrets(&self) -> Vec<String> {
        let has_secrets = |text: &String| Settings::parse(text).is_ok_and(|it| !it.secret_sources().is_empty());
        let published = self.published.values().map(|(published, _)| published);
        let with_secrets = published.filter(|published| published.settings.as_ref().is_some_and(has_secrets));
        with_secrets.map(|published| published.name.clone()).collect()
    }

    /// Current settings, with their text.
    pub(super) fn settings(
        &self,
        name: &str,
        files: &Files,
        now: Instant,
    ) -> Result<(Settings, Option<String>), Box<Refusal>> {
        let of_file = |reason| self.held(name, Part::Toml, reason, now);
        let (mut settings, text) = match &files.toml {
            Content::Absent => match self.published_settings(name) {
                None => (Settings::default(), None),
                Some(text) => (
                    parse(text.as_bytes(), &files.secrets).map_err(|fault| fault.of(&Source::Published, now))?,
                    Some(text),
                ),
            },
            Content::Unusable(obstacle) => return Err(self.obstacle(name, Part::Toml, *obstacle, now).into()),
            Content::Bytes { bytes, .. } => (
                parse(bytes, &files.secrets).map_err(|fault| fault.refused(of_file))?,
                str::from_utf8(bytes).ok().map(str::to_owned),
            ),
        };
        self.add_built_in(name, &mut settings);
        Ok((settings, text))
    }

    /// Settings of a kept version, as they were.
    pub(super) fn kept_settings(
        &self,
        name: &str,
        files: &Files,
        instead: &Instead,
        now: Instant,
    ) -> Result<Settings, Box<Refusal>> {
        let mut settings = match &instead.settings {
            None => Settings::default(),
            Some(text) => parse(text.as_bytes(), &files.secrets).map_err(|fault| fault.of_kept(name, instead, now))?,
        };
        self.add_built_in(name, &mut settings);
        Ok(settings)
    }

    fn add_built_in(&self, name: &str, settings: &mut Settings) {
        let Some((built_in, _)) = self.built_ins.get(name) else {
            return;
        };
        for (key, value) in &built_in.config {
            settings.config.entry(key.clone()).or_insert_with(|| value.clone());
        }
        for (kind, granted) in &built_in.grant {
            settings.grant.entry(kind.clone()).or_insert_with(|| granted.clone());
        }
    }
}

/// Switches of a plugin as its settings have them, whatever is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Switches {
    pub(super) is_disabled: bool,
    pub(super) is_paused: bool,
}

impl Roster {
    /// Records the switches in the settings, so that they can be told from orders.
    pub(super) fn note_switches(&mut self, name: &str, files: &Files, wishes: &Result<Vec<Wish>, Stop>, now: Instant) {
        let settings = self.settings(name, files, now);
        let is_disabled = matches!(wishes, Err(Stop::Disabled));
        if matches!(wishes, Err(Stop::Gone)) {
            self.switches.remove(name);
            return;
        }
        let switches = self.switches.entry(name.to_owned()).or_default();
        match settings {
            Ok((settings, _)) => {
                *switches = Switches {
                    is_disabled: is_disabled || !settings.enabled,
                    is_paused: settings.paused,
                }
            }
            // What serves goes on with the settings that it had.
            Err(_) => switches.is_disabled = is_disabled,
        }
    }
}

/// Texts of settings beside the file of a plugin.
#[derive(Debug, Clone, Default)]
pub(in crate::reload) struct NamedSettings {
    /// Used when there is no file.
    pub(in crate::reload) published: Option<String>,
    /// Used for kept versions that are to serve, whether there is a file or not.
    pub(in crate::reload) kept: Vec<String>,
}

/// Settings that cannot be used.
struct Fault {
    subject: Subject,
    reason: Text,
}

impl Fault {
    fn refused(self, held: impl Fn(Text) -> Held) -> Box<Refusal> {
        Box::new(Refusal::of(self.subject, held(self.reason)))
    }

    fn of(self, source: &Source, now: Instant) -> Box<Refusal> {
        self.refused(|reason| Held {
            source: source.clone(),
            hash: None,
            reason,
            difference: None,
            is_ordered: false,
            since: now,
        })
    }

    /// Refusal of a version that is ordered to serve with the settings that it had.
    fn of_kept(self, name: &str, instead: &Instead, now: Instant) -> Box<Refusal> {
        let command = if instead.is_pinned { "pin" } else { "rollback" };
        let number = instead.number;
        self.refused(|reason| Held {
            source: Source::Kept(number),
            hash: Some(instead.hash.clone()),
            reason: told!(
                "the settings that it had cannot be used any more: {reason}; `lark-callback plugin {command} {name} {number} \
                 --current-settings` has it serve with those that are there now",
                "它当时的配置已无法使用：{reason:#}；执行 `lark-callback plugin {command} {name} {number} --current-settings` \
                 可让它以当前的配置提供服务"
            ),
            difference: None,
            is_ordered: false,
            since: now,
        })
    }
}

fn parse(toml: &[u8], secrets: &Secrets) -> Result<Settings, Fault> {
    let digest = Digest::of(toml);
    let of_text = |reason| Fault {
        subject: Subject::Settings(digest),
        reason,
    };
    let text = str::from_utf8(toml)
        .map_err(|error| of_text(told!("it is not UTF-8 text: {error}", "不是 UTF-8 文本：{error}")))?;
    let settings = Settings::parse(text).map_err(|error| of_text(error.text()))?;
    settings.with_secrets(secrets).map_err(|error| {
        let reason = error.text();
        Fault {
            subject: Subject::Secret(digest, reason.en().to_owned()),
            reason,
        }
    })
}
