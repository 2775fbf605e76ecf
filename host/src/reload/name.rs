//! File names that mean a plugin. Pure.

use std::{ffi::OsStr, fmt};

use crate::{
    codes::{Text, both},
    plugin::{PluginNameError, check_plugin_name},
};

/// One of a plugin's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// `<name>.wasm`: the component.
    Wasm,
    /// `<name>.toml`: the operator's settings for it.
    Toml,
    /// `<name>.wasm.sig`: the signature of the component.
    Signature,
}

impl Part {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Toml => "toml",
            Self::Signature => "wasm.sig",
        }
    }
}

/// File that belongs to a plugin; printed as its file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PluginFile {
    pub(super) plugin: String,
    pub(super) part: Part,
}

impl PluginFile {
    pub(super) fn new(plugin: impl Into<String>, part: Part) -> Self {
        Self {
            plugin: plugin.into(),
            part,
        }
    }
}

impl fmt::Display for PluginFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.plugin, self.part.extension())
    }
}

/// Reason why a file that looks like a plugin's is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameError {
    #[error("the extension is not in lower case; rename it to end in .{expected}")]
    Ending { expected: &'static str },
    #[error("{0}; the name is the file's name without its extension: rename the file")]
    Name(#[from] PluginNameError),
}

impl NameError {
    /// The reason in both languages.
    pub(super) fn text(self) -> Text {
        let zh = match self {
            Self::Ending { expected } => format!("扩展名不是小写；请重命名，以 .{expected} 结尾"),
            Self::Name(rule) => format!("{:#}；名称即去掉扩展名的文件名：请重命名文件", rule.text()),
        };
        both(self.to_string(), zh)
    }
}

/// Classifies a file name: irrelevant (none), a plugin's file, or a mistake to report.
pub(super) fn classify(name: &OsStr) -> Option<Result<PluginFile, NameError>> {
    let name = name.to_string_lossy();
    // Editors, `rsync`, Kubernetes (`..data`) and uploads use such names for unfinished files.
    if name.starts_with('.') {
        return None;
    }
    let (stem, ending) = name.rsplit_once('.')?;
    // Files that are signed may also be something else.
    if let Some(stem) = name.strip_suffix(".wasm.sig") {
        return check_plugin_name(stem)
            .is_ok()
            .then(|| Ok(PluginFile::new(stem, Part::Signature)));
    }
    let part = [Part::Wasm, Part::Toml]
        .into_iter()
        .find(|part| ending.eq_ignore_ascii_case(part.extension()))?;
    Some(check(stem, ending, part))
}

fn check(stem: &str, ending: &str, part: Part) -> Result<PluginFile, NameError> {
    if ending != part.extension() {
        return Err(NameError::Ending {
            expected: part.extension(),
        });
    }
    check_plugin_name(stem)?;
    Ok(PluginFile::new(stem, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(name: &str) -> Option<Result<PluginFile, NameError>> {
        classify(OsStr::new(name))
    }

    fn file(plugin: &str, part: Part) -> Option<Result<PluginFile, NameError>> {
        Some(Ok(PluginFile::new(plugin, part)))
    }

    #[test]
    fn a_component_and_the_settings_beside_it_belong_to_one_plugin() {
        assert_eq!(classified("card-auth.wasm"), file("card-auth", Part::Wasm));
        assert_eq!(classified("card-auth.toml"), file("card-auth", Part::Toml));
        assert_eq!(classified("card-auth.wasm.sig"), file("card-auth", Part::Signature));
        assert_eq!(classified("0_x.wasm"), file("0_x", Part::Wasm));
        let longest = "a".repeat(64);
        assert_eq!(classified(&format!("{longest}.wasm")), file(&longest, Part::Wasm));
    }

    #[test]
    fn what_is_hidden_unfinished_or_something_else_is_left_alone() {
        for name in [
            ".echo.wasm",
            "..data",
            ".wasm",
            "echo.wasm.tmp",
            "echo.wasm.part",
            "echo.wasm~",
            "README.md",
            "README.md.sig",
            "A b.wasm.sig",
            "wasm",
        ] {
            assert_eq!(classified(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_was_meant_for_a_plugin_but_is_not_one_is_told_why() {
        for name in [
            "Echo.wasm",
            "é.wasm",
            "a b.wasm",
            "-a.wasm",
            "_a.toml",
            "a.b.wasm",
            "a\n.wasm",
        ] {
            assert_eq!(
                classified(name),
                Some(Err(NameError::Name(PluginNameError::Characters))),
                "{name}"
            );
        }
        assert_eq!(
            classified("echo.WASM"),
            Some(Err(NameError::Ending { expected: "wasm" }))
        );
        let too_long = "a".repeat(65);
        assert_eq!(
            classified(&format!("{too_long}.wasm")),
            Some(Err(NameError::Name(PluginNameError::Length)))
        );
    }

    #[test]
    fn a_name_that_is_no_text_is_refused_without_harm() {
        use std::os::unix::ffi::OsStrExt;

        let name = OsStr::from_bytes(b"\xff\xfe.wasm");
        assert_eq!(classify(name), Some(Err(NameError::Name(PluginNameError::Characters))));
    }
}
