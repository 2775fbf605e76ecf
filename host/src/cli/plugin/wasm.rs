//! A component as a file: reading it, and its size in words.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::language::{DIST, MANIFESTS};
use crate::{
    cli::{Exit, Stopped},
    config,
    plugin::{CompileSettings, LongCompile, WASM_BYTES_MAX},
    telemetry::{chain, escaped_lines},
};

/// Reads a component, but no more of a file than a plugin may have.
pub(super) fn read(path: &Path) -> Result<Bytes, Stopped> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(WASM_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes.into()),
        Err(error) => Err(Stopped {
            exit: if error.kind() == std::io::ErrorKind::NotFound {
                Exit::NotFound
            } else {
                Exit::Failed
            },
            text: format!("{}: {}", path.display(), chain(&error)),
        }),
    }
}

/// How authors have a component compiled: it is kept for the next time, and one that takes long is told.
pub(super) fn compile_settings(path: &Path, bytes: usize) -> CompileSettings {
    let cache_dir = config::author_cache_dir();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    CompileSettings {
        long: Some(told_when_long(&file, bytes, cache_dir.is_some())),
        cache_dir,
        reuses_functions: true,
        ..CompileSettings::default()
    }
}

/// A line on standard error, so that nobody takes a long compile for a program that hangs.
pub(super) fn told_when_long(file: &str, bytes: usize, is_kept: bool) -> LongCompile {
    let text = format!(
        "lark-callback: note: compiling {file} ({}) for this machine, which may take a minute{}\n",
        size(bytes as u64),
        if is_kept {
            "; the result is kept for the next time"
        } else {
            ""
        }
    );
    LongCompile::new(move || {
        // A closed standard error is not an error here.
        let _ = std::io::stderr().write_all(escaped_lines(&text).as_bytes());
    })
}

/// The name of the plugin that a file is.
pub(super) fn plugin_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The settings of a component: those that were named, which must be there, or the file beside it, which need not. What a
/// build has put beside it is a copy; its author edits that of the project.
pub(super) fn settings_file(wasm: &Path, named: Option<&Path>) -> Result<PathBuf, Stopped> {
    match named {
        Some(path) if path.exists() => Ok(path.to_owned()),
        Some(path) => Err(Stopped {
            exit: Exit::NotFound,
            text: format!("{} does not exist", path.display()),
        }),
        None => Ok(of_project(wasm).unwrap_or_else(|| wasm.with_extension("toml"))),
    }
}

/// The settings in the project of which this component was built, unless there are none and a copy is.
fn of_project(wasm: &Path) -> Option<PathBuf> {
    let folder = wasm.parent()?;
    let whole = std::path::absolute(folder.join(".")).ok()?;
    if whole.file_name()? != DIST {
        return None;
    }
    let project = match folder.parent() {
        Some(project) => project,
        // A file in the folder where the shell is.
        None => Path::new(".."),
    };
    let settings = project.join(wasm.with_extension("toml").file_name()?);
    let is_project = MANIFESTS.iter().any(|file| project.join(file).is_file());
    (is_project && (settings.exists() || !wasm.with_extension("toml").exists())).then_some(settings)
}

/// The copy of settings that a component has beside it, if it is another file than the one that is read, and says something
/// else.
pub(super) fn other_copy(wasm: &Path, settings: &Path) -> Option<PathBuf> {
    let copy = wasm.with_extension("toml");
    let (beside, read) = (std::fs::read(&copy).ok()?, std::fs::read(settings).ok()?);
    (copy != settings && beside != read).then_some(copy)
}

/// A path as part of a command that can be copied into a shell.
pub(super) fn for_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+@".contains(letter);
    if text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{}.{} KiB", bytes / 1_024, bytes % 1_024 * 10 / 1_024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{for_shell, settings_file, size};

    #[test]
    fn the_settings_of_a_component_that_was_built_are_those_of_its_project() {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str| folder.path().join(file);
        std::fs::create_dir(at("dist")).unwrap();
        let settings = || settings_file(&at("dist/greeter.wasm"), None).ok().unwrap();
        std::fs::write(at("dist/greeter.toml"), "").unwrap();
        std::fs::write(at("greeter.toml"), "").unwrap();
        assert_eq!(settings(), at("dist/greeter.toml"), "no project is here");
        std::fs::write(at("package.json"), "{}").unwrap();
        assert_eq!(settings(), at("greeter.toml"));
        std::fs::remove_file(at("greeter.toml")).unwrap();
        assert_eq!(settings(), at("dist/greeter.toml"));
        std::fs::remove_file(at("dist/greeter.toml")).unwrap();
        assert_eq!(
            settings(),
            at("greeter.toml"),
            "what is missing is missing in the project"
        );
        let beside = settings_file(&at("greeter.wasm"), None).ok().unwrap();
        assert_eq!(beside, at("greeter.toml"));
    }

    #[test]
    fn a_path_with_spaces_is_one_word_of_a_command() {
        for (path, shown) in [
            ("a/b-1.wasm", "a/b-1.wasm"),
            ("my plugins/插件", "'my plugins/插件'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(for_shell(Path::new(path)), shown);
        }
    }

    #[test]
    fn sizes_are_told_in_their_unit() {
        assert_eq!(size(1_023), "1023 bytes");
        assert_eq!(size(60 * 1_024 + 512), "60.5 KiB");
        assert_eq!(size(3 << 20), "3.0 MiB");
    }
}
