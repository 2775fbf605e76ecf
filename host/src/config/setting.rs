//! The form of a setting's declaration: all that the reading, the help and the manual need to know of it.

/// One setting, declared once in [`super::settings`].
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// As in the environment; in the settings file the same in lower case.
    pub name: &'static str,
    pub(super) kind: Kind,
    pub(super) of: Of,
    pub(super) taken: Taken,
    /// What it means, in Markdown.
    pub text: &'static str,
}

/// What a value may be, and what is taken when there is none.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text with this default.
    Text(&'static str),
    /// A text without a default; what is so instead.
    Unset(&'static str),
    /// The path of a file or a folder with this default.
    Path(&'static str),
    /// A path without a default; what is so instead.
    UnsetPath(&'static str),
    /// Never shown, and also taken from the file that `NAME_FILE` names; what is so without it.
    Secret(&'static str),
    /// `on` or `off`, or another pair of words for that.
    Switch(bool),
    /// One of these words; the first is the default.
    Words(&'static [&'static str]),
    /// A whole number with this default, from the lowest to the highest.
    Number(u64, u64, u64),
    /// The same with a default that follows from something else.
    NumberAs(&'static str, u64, u64),
}

/// Whether each application may have its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Server,
    /// Under this key of `[apps.NAME]` too.
    App(&'static str),
}

/// When a change counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    AtStart,
    /// A running server takes it on SIGHUP.
    Running,
}

impl Setting {
    pub(super) fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(_))
    }

    pub(super) fn is_path(&self) -> bool {
        matches!(self.kind, Kind::Path(_) | Kind::UnsetPath(_))
    }

    /// What an application of `[apps.NAME]` calls it, if each may have its own.
    pub fn app_key(&self) -> Option<&'static str> {
        match self.of {
            Of::Server => None,
            Of::App(key) => Some(key),
        }
    }

    /// The default, as people read it.
    pub fn default_text(&self) -> String {
        match self.kind {
            Kind::Text(default) | Kind::Path(default) => default.to_owned(),
            Kind::Unset(what) | Kind::UnsetPath(what) | Kind::Secret(what) | Kind::NumberAs(what, ..) => {
                what.to_owned()
            }
            Kind::Switch(is_on) => if is_on { "on" } else { "off" }.to_owned(),
            Kind::Words(words) => words.first().copied().unwrap_or_default().to_owned(),
            Kind::Number(default, ..) => default.to_string(),
        }
    }

    /// What may be set, in a few words.
    pub fn values_text(&self) -> String {
        match self.kind {
            Kind::Text(_) | Kind::Unset(_) => "text".to_owned(),
            Kind::Path(_) | Kind::UnsetPath(_) => "path".to_owned(),
            Kind::Secret(_) => "secret".to_owned(),
            Kind::Switch(_) => "on, off".to_owned(),
            Kind::Words(words) => words.join(", "),
            Kind::Number(_, low, high) | Kind::NumberAs(_, low, high) => format!("{low} to {high}"),
        }
    }
}
