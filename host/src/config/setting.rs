//! Declaration of a setting: everything that reading, help and manual need to know.

/// Setting, declared once in [`super::settings`].
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Name in the environment; lower case in the settings file.
    pub name: &'static str,
    pub(super) kind: Kind,
    pub(super) of: Of,
    pub(super) taken: Taken,
    /// Description, in Markdown.
    pub text: &'static str,
}

/// Kind of value, with the default.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Text with this default.
    Text(&'static str),
    /// Text without a default; describes the behaviour when it is not set.
    Unset(&'static str),
    /// Path of a file or a folder, with this default.
    Path(&'static str),
    /// Path without a default; describes the behaviour when it is not set.
    UnsetPath(&'static str),
    /// Secret, never shown, and also read from the file named by `NAME_FILE`; describes the behaviour when it is not
    /// set.
    Secret(&'static str),
    /// `on` or `off`, or another pair of words for that.
    Switch(bool),
    /// One of these words; the first is the default.
    Words(&'static [&'static str]),
    /// A whole number with this default, from the lowest to the highest.
    Number(u64, u64, u64),
    /// The same, with a default that depends on other settings.
    NumberAs(&'static str, u64, u64),
}

/// Scope of a setting: the server, or each application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Server,
    /// Also available under this key in `[apps.NAME]`.
    App(&'static str),
}

/// Time at which a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    AtStart,
    /// On SIGHUP, without a restart.
    Running,
}

impl Setting {
    pub(super) fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(_))
    }

    pub(super) fn is_path(&self) -> bool {
        matches!(self.kind, Kind::Path(_) | Kind::UnsetPath(_))
    }

    /// Key in `[apps.NAME]`, if each application may have its own value.
    pub fn app_key(&self) -> Option<&'static str> {
        match self.of {
            Of::Server => None,
            Of::App(key) => Some(key),
        }
    }

    /// Default as shown to people.
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

    /// Default that is a value, rather than a description of what happens.
    pub(super) fn literal_default(&self) -> Option<String> {
        match self.kind {
            Kind::Text(_) | Kind::Path(_) | Kind::Switch(_) | Kind::Words(_) | Kind::Number(..) => {
                Some(self.default_text())
            }
            Kind::Unset(_) | Kind::UnsetPath(_) | Kind::Secret(_) | Kind::NumberAs(..) => None,
        }
    }

    /// Allowed values, in a few words.
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
