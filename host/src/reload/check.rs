//! The folder as `check` sees it: every file that could not be used, without loading anything.

use crate::codes::{Text, same, told};
use std::{collections::BTreeSet, fs, io::ErrorKind, path::Path, sync::mpsc, thread, time::Duration};

use super::{
    file::{self, Content, Obstacle, Sight},
    name::{Part, PluginFile, classify},
};
use crate::plugin::{Secrets, Settings, SettingsError, Variables};

/// Time limit for the file system to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// First bytes of every WebAssembly file.
const WASM_MAGIC: &[u8] = b"\0asm";

/// Faults of a folder of plugins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderCheck {
    /// Files that a server would not use, and why.
    pub problems: Vec<Text>,
    /// Settings that are probably not meant.
    pub notices: Vec<Text>,
    /// Plugins with a component in the folder.
    pub plugins: Vec<String>,
}

/// Looks at every plugin file in a folder; `built_in` are the plugins that need no file, `variables` those that secrets in
/// settings may name.
pub fn check_folder(folder: &Path, built_in: &[String], variables: &Variables) -> FolderCheck {
    let (answer, answered) = mpsc::channel();
    let (asked, built_in, variables) = (folder.to_owned(), built_in.to_vec(), variables.clone());
    // A dead mount blocks forever, so the look has a thread that can be left behind.
    let looking = thread::Builder::new().name("plugins-folder".to_owned()).spawn(move || {
        // The receiver may have timed out.
        let _ = answer.send(look(&asked, &built_in, &variables));
    });
    let looked = looking.ok().and_then(|_| answered.recv_timeout(ANSWER_MAX).ok());
    looked.unwrap_or_else(|| FolderCheck {
        problems: vec![told!(
            "the plugins folder {}: {}",
            "插件目录 {}：{}",
            folder.display(),
            Obstacle::Silent
        )],
        ..FolderCheck::default()
    })
}

fn look(folder: &Path, built_in: &[String], variables: &Variables) -> FolderCheck {
    let mut check = FolderCheck::default();
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        // The server makes it.
        Err(error) if error.kind() == ErrorKind::NotFound => return check,
        Err(error) => {
            let what = told!(
                "the plugins folder {} cannot be read: {error}",
                "无法读取插件目录 {}：{error}",
                folder.display()
            );
            check.problems.push(what);
            return check;
        }
    };
    let mut parts: Vec<PluginFile> = Vec::new();
    for entry in files.filter_map(Result::ok) {
        match classify(&entry.file_name()) {
            None => {}
            Some(Ok(file)) => parts.push(file),
            Some(Err(error)) => check
                .problems
                .push(same(format!("{}: {error}", entry.path().display()))),
        }
    }
    parts.sort();
    let components: BTreeSet<_> = parts
        .iter()
        .filter(|file| file.part == Part::Wasm)
        .map(|file| file.plugin.clone())
        .collect();
    for file in &parts {
        let path = folder.join(file.to_string());
        if let Some(problem) = problem(folder, file, &path, variables) {
            check.problems.push(problem);
        }
        if file.part == Part::Toml && !components.contains(&file.plugin) && !built_in.contains(&file.plugin) {
            check.notices.push(told!(
                "{}: there is no {}.wasm beside it and no built-in plugin of this name; it only counts for a plugin that is \
                 published on a shared PostgreSQL",
                "{}：旁边没有 {}.wasm，也没有同名的内置插件；它只对发布在共享 PostgreSQL 上的插件有效",
                path.display(),
                file.plugin
            ));
        }
    }
    check.plugins = components.into_iter().collect();
    check
}

fn problem(folder: &Path, file: &PluginFile, path: &Path, variables: &Variables) -> Option<Text> {
    let at = |what: Text| Some(told!("{}: {what}", "{}：{what:#}", path.display()));
    let of_error = |what: &dyn std::fmt::Display| at(same(what.to_string()));
    let bytes = match file::look(path, file.part) {
        Sight::Unusable(obstacle) => return of_error(&obstacle),
        Sight::Absent => return None,
        // A file that changes at this moment is looked at by the server when it has come to rest.
        seen @ Sight::File(_) => match file::read(folder, file, seen)? {
            Content::Bytes { bytes, .. } => bytes,
            Content::Unusable(obstacle) => return of_error(&obstacle),
            Content::Absent => return None,
        },
    };
    match file.part {
        Part::Wasm if bytes.starts_with(WASM_MAGIC) => None,
        Part::Wasm => at(told!("it is not WebAssembly", "不是 WebAssembly 文件")),
        Part::Signature => None,
        Part::Toml => match std::str::from_utf8(&bytes) {
            Err(_) => at(told!("it is not UTF-8", "不是 UTF-8")),
            Ok(text) => settings_problem(text, folder, variables).and_then(|error| of_error(&error)),
        },
    }
}

fn settings_problem(text: &str, folder: &Path, variables: &Variables) -> Option<SettingsError> {
    let read = |settings: Settings| {
        let secrets = Secrets::read(&settings.secret_sources(), folder, variables);
        settings.with_secrets(&secrets)
    };
    Settings::parse(text).and_then(read).err()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::{Variables, check_folder};

    #[test]
    fn every_file_that_a_server_would_not_use_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("good.wasm", "\0asm and more");
        write("good.toml", "enabled = true\n");
        write("text.wasm", "hello");
        write("slip.toml", "[limit]\n");
        write("broken.toml", "enabled = true\nenabled\n");
        write("Upper.wasm", "\0asm");
        write("card-auth.toml", "");
        write("README.md", "nothing to do with it");
        symlink("/nowhere/at/all", folder.path().join("link.wasm")).unwrap();
        let check = check_folder(folder.path(), &["card-auth".to_owned()], &Variables::default());
        assert_eq!(check.plugins, ["good", "link", "text"]);
        let all = check.problems.join("\n");
        for wanted in [
            "text.wasm: it is not WebAssembly",
            "slip.toml: `limit` is not a setting; the nearest one is `limits`",
            "broken.toml: line 2 is not TOML",
            "Upper.wasm: ",
            "link.wasm: it is a broken link",
        ] {
            assert!(all.contains(wanted), "{wanted} is missing in:\n{all}");
        }
        assert_eq!(check.problems.len(), 5, "{all}");
        assert_eq!(check.notices.len(), 2, "{:?}", check.notices);
    }
}
