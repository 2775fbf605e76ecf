//! The `.env` file: complete or not there, never readable by other users, and never overwritten by accident.

use std::{
    fs::{self, Metadata, OpenOptions, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use lark_callback_store::aside;

use crate::config::{EnvEntry, ReadTextError, env_entries, env_written, read_text};

const HEAD: &str = "\
# Settings of lark-callback, written by `lark-callback init`. This file holds secrets: keep other users from reading it.
# Every setting: lark-callback settings
";

const GROUP_READS: u32 = 0o040;
const OTHERS_READ: u32 = 0o004;

/// Reason why no file was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("{path} exists already; --force replaces it and keeps the old one beside it")]
    Exists { path: PathBuf },
    #[error("{path} is not a regular file")]
    NotAFile { path: PathBuf },
    #[error("{path} cannot be read")]
    Unread {
        path: PathBuf,
        #[source]
        source: ReadTextError,
    },
    #[error("{path} cannot be taken over: {problems}; correct it, or move it away")]
    Unclear { path: PathBuf, problems: String },
    #[error("{path} cannot be written; is there such a folder, and may this user write there?")]
    Unwritten {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{name} cannot be written to a .env file: its value has a character that no quotes can hold")]
    Unquotable { name: String },
}

/// File to write, and what is taken over from the one before.
#[derive(Debug)]
pub(super) struct EnvFile {
    path: PathBuf,
    /// Text and variables of the file that is replaced.
    before: Option<(String, Vec<EnvEntry>)>,
}

/// Report of what was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) path: PathBuf,
    /// Whether a group may read it, as it could read the one before.
    pub(super) is_shared: bool,
    /// Where the replaced file is now.
    pub(super) kept: Option<PathBuf>,
    /// Files of secrets that no line of a `.env` file can hold.
    pub(super) secret_files: Vec<PathBuf>,
}

impl EnvFile {
    /// Looks at what is there, and changes nothing.
    pub(super) fn prepare(path: PathBuf, force: bool) -> Result<Self, FileError> {
        // A link without a target is in the way too.
        let Ok(_exists) = fs::symlink_metadata(&path) else {
            return Ok(Self { path, before: None });
        };
        if !force {
            return Err(FileError::Exists { path });
        }
        // A link stays one: what it leads to is replaced.
        let path = fs::canonicalize(&path).unwrap_or(path);
        if !path.is_file() {
            return Err(FileError::NotAFile { path });
        }
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(source) => return Err(FileError::Unread { path, source }),
        };
        match env_entries(&text) {
            Ok(entries) => Ok(Self {
                path,
                before: Some((text, entries)),
            }),
            Err(problems) => Err(FileError::Unclear {
                path,
                problems: problems.join("; "),
            }),
        }
    }

    /// Value of the file that is replaced.
    pub(super) fn kept(&self, name: &str) -> Option<&str> {
        let (_, entries) = self.before.as_ref()?;
        // The last one counts, as everywhere.
        let found = entries.iter().rev().find(|entry| entry.name == name)?;
        found.value.as_deref().filter(|value| !value.is_empty())
    }

    /// Writes the variables, and after them those of the replaced file that are not among them.
    pub(super) fn write(&self, variables: &[(&'static str, String)]) -> Result<Written, FileError> {
        let (mut lines, mut files) = (HEAD.to_owned(), Vec::new());
        for (name, value) in variables {
            lines.push_str(&self.line(name, value, &mut files)?);
        }
        let carried = self.carried(variables);
        if !carried.is_empty() {
            lines.push_str("\n# Taken over from the file before.\n");
        }
        for entry in carried {
            lines.push_str(&entry.text);
            lines.push('\n');
        }
        let before = fs::metadata(&self.path).ok();
        for (file, secret) in &files {
            write_private(file, secret, false, before.as_ref())?;
        }
        let kept = match &self.before {
            Some((text, _)) => Some(self.keep(text)?),
            None => None,
        };
        write_private(&self.path, &lines, self.before.is_some(), before.as_ref())?;
        let mode = fs::metadata(&self.path).map_or(0, |metadata| metadata.mode());
        Ok(Written {
            is_shared: mode & GROUP_READS != 0,
            path: self.path.clone(),
            kept,
            secret_files: files.into_iter().map(|(file, _)| file).collect(),
        })
    }

    /// One line; a secret that it could not hold goes into a file of its own.
    fn line(&self, name: &str, value: &str, files: &mut Vec<(PathBuf, String)>) -> Result<String, FileError> {
        if let Some(value) = env_written(value) {
            return Ok(format!("{name}={value}\n"));
        }
        let unquotable = || FileError::Unquotable { name: name.to_owned() };
        let file = std::path::absolute(self.free_beside(name)).map_err(|_no_folder| unquotable())?;
        let path = file.to_str().and_then(env_written).ok_or_else(unquotable)?;
        files.push((file, format!("{value}\n")));
        Ok(format!("{name}_FILE={path}\n"))
    }

    /// A file for a secret. One that is there stays: the replaced file may name it, and that one is kept too.
    fn free_beside(&self, name: &str) -> PathBuf {
        let suffix = format!(".{}", name.to_ascii_lowercase());
        let more = (2..).map(|number| beside(&self.path, &format!("{suffix}-{number}")));
        let mut names = std::iter::once(beside(&self.path, &suffix)).chain(more);
        let free = names.find(|file| fs::symlink_metadata(file).is_err());
        free.unwrap_or_else(|| beside(&self.path, &suffix))
    }

    /// Settings that `init` does not ask for. Another form of one that it does ask for is left out.
    fn carried(&self, variables: &[(&'static str, String)]) -> Vec<&EnvEntry> {
        const ASKED: [&str; 9] = [
            "CALLBACK_SERVER_ENABLED",
            "LARK_APP_ID",
            "LARK_APP_SECRET",
            "LARK_VERIFICATION_TOKEN",
            "LARK_ENCRYPT_KEY",
            "LARK_ENCRYPT_KEY_REQUIRED",
            "LARK_CONFIG_ENCRYPTION_KEY",
            "CALLBACK_PUBLIC_URL",
            "CALLBACK_PATH",
        ];
        let is_asked = |name: &str| {
            let name = name.strip_suffix("_FILE").unwrap_or(name);
            ASKED.contains(&name) || variables.iter().any(|(asked, _)| *asked == name)
        };
        // The answer says which of Lark's own addresses is meant. Another one, a gateway of the operator's, was not asked for.
        let is_answered = |name: &str, value: &str| {
            ["LARK_API_BASE_URL", "LARK_ACCOUNTS_BASE_URL"].contains(&name)
                && [".feishu.cn", ".larksuite.com"]
                    .iter()
                    .any(|end| value.trim_end_matches('/').ends_with(end))
        };
        let before = self.before.iter().flat_map(|(_, entries)| entries);
        before
            .filter(|entry| {
                !is_asked(&entry.name) && !is_answered(&entry.name, entry.value.as_deref().unwrap_or_default())
            })
            .collect()
    }

    fn keep(&self, text: &str) -> Result<PathBuf, FileError> {
        let free = (1..).map(|number| beside(&self.path, &format!(".before-init-{number}")));
        for kept in free {
            match write_private(&kept, text, false, None) {
                Err(FileError::Exists { .. }) => {}
                done => return done.map(|()| kept),
            }
        }
        Err(FileError::Exists {
            path: self.path.clone(),
        })
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes the whole file aside, and gives it its name when it is on the disk.
///
/// Whoever may read the file `like` may read this one, except users who are neither its owner nor of its group.
fn write_private(path: &Path, text: &str, replaces: bool, like: Option<&Metadata>) -> Result<(), FileError> {
    let partial = aside::partial(path);
    let done = write_aside(&partial, text, like).and_then(|()| {
        if replaces {
            fs::rename(&partial, path)?;
        } else {
            aside::place_new(&partial, path)?;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    });
    done.map_err(|source| {
        // It holds secrets and is of no use.
        let _ = fs::remove_file(&partial);
        if source.kind() == ErrorKind::AlreadyExists {
            return FileError::Exists { path: path.to_owned() };
        }
        FileError::Unwritten {
            path: path.to_owned(),
            source,
        }
    })
}

fn write_aside(partial: &Path, text: &str, like: Option<&Metadata>) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(partial)?;
    if let Some(like) = like {
        // The server's user reads it, whoever runs this command. Only root can give a file away.
        let is_given = fchown(&file, Some(like.uid()), Some(like.gid())).is_ok();
        // A file that everybody could read was not meant for secrets, so its mode says nothing.
        if is_given && like.mode() & OTHERS_READ == 0 && like.mode() & GROUP_READS != 0 {
            file.set_permissions(Permissions::from_mode(0o600 | GROUP_READS))?;
        }
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::{EnvFile, FileError};
    use crate::config::Values;

    #[test]
    fn our_own_reader_takes_every_value_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let secrets = [
            ("LARK_APP_SECRET", r"a\b$HOME`x`"),
            ("LARK_VERIFICATION_TOKEN", "it's # it"),
            ("LARK_ENCRYPT_KEY", "it's $5 \"now\""),
        ];
        let variables = secrets.map(|(name, value)| (name, value.to_owned()));
        let written = EnvFile::prepare(path.clone(), false)
            .unwrap()
            .write(&variables)
            .unwrap();
        let mut values = Values::default();
        values.add_dot_env(&path);
        assert_eq!(values.problems, Vec::<String>::new());
        for (name, value) in &secrets[..2] {
            assert_eq!(values.by_name[*name].text, *value);
        }
        let file = &values.by_name["LARK_ENCRYPT_KEY_FILE"].text;
        assert_eq!(fs::read_to_string(file).unwrap(), "it's $5 \"now\"\n");
        assert_eq!(written.secret_files, [std::path::PathBuf::from(file)]);
        for file in [path.to_str().unwrap(), file] {
            assert_eq!(
                fs::metadata(file).unwrap().permissions().mode() & 0o777,
                0o600,
                "{file}"
            );
        }
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "nothing is left over: {left:?}");
    }

    #[test]
    fn the_secret_that_a_replaced_file_names_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let write = |secret: &str, force| {
            let file = EnvFile::prepare(path.clone(), force).unwrap();
            file.write(&[("LARK_ENCRYPT_KEY", secret.to_owned())]).unwrap()
        };
        let before = write("it's $5", false);
        let now = write("it's $6", true);
        let read = |file: &std::path::Path| fs::read_to_string(file).unwrap();
        assert_eq!(read(&before.secret_files[0]), "it's $5\n");
        assert_eq!(read(&now.secret_files[0]), "it's $6\n");
        assert!(read(&now.kept.unwrap()).contains(before.secret_files[0].to_str().unwrap()));
        assert!(read(&path).contains(now.secret_files[0].to_str().unwrap()));
    }

    #[test]
    fn a_file_is_replaced_only_by_force_and_then_kept_with_its_other_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let old = "LARK_APP_ID=cli_old\nLARK_CONFIG_ENCRYPTION_KEY=kept\nLOG_FILE='a b.log'\nOTHER=1\nLARK_ENCRYPT_KEY_FILE=x\n";
        fs::write(&path, old).unwrap();
        let refused = EnvFile::prepare(path.clone(), false).unwrap_err();
        assert!(matches!(refused, FileError::Exists { .. }), "{refused}");
        let file = EnvFile::prepare(path.clone(), true).unwrap();
        assert_eq!(file.kept("LARK_CONFIG_ENCRYPTION_KEY"), Some("kept"));
        let written = file
            .write(&[
                ("LARK_APP_ID", "cli_new".to_owned()),
                ("LARK_ENCRYPT_KEY", "new".to_owned()),
            ])
            .unwrap();
        assert_eq!(fs::read_to_string(written.kept.unwrap()).unwrap(), old);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("LARK_APP_ID=cli_new\n") && !text.contains("cli_old"),
            "{text}"
        );
        assert!(text.contains("LOG_FILE='a b.log'\nOTHER=1\n"), "{text}");
        assert!(!text.contains("LARK_ENCRYPT_KEY_FILE"), "{text}");
        let others = "COMPOSE_PATH=$HOME/x\nLARK_ENCRYPT_KEY_PREVIOUS='one\ntwo'\n";
        fs::write(&path, format!("LARK_APP_ID=cli_old\n{others}")).unwrap();
        let file = EnvFile::prepare(path.clone(), true).unwrap();
        file.write(&[("LARK_APP_ID", "cli_new".to_owned())]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.ends_with(others), "they stay byte for byte: {text}");
        fs::write(&path, "LARK_APP_ID=a\\b\n").unwrap();
        let unclear = EnvFile::prepare(path, true).unwrap_err();
        assert!(unclear.to_string().contains("line 1"), "{unclear}");
    }

    #[test]
    fn the_address_of_a_gateway_is_taken_over_and_one_of_larks_own_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        for (before, kept) in [("http://10.0.0.1:9900", true), ("https://open.larksuite.com", false)] {
            fs::write(&path, format!("LARK_API_BASE_URL={before}\n")).unwrap();
            EnvFile::prepare(path.clone(), true).unwrap().write(&[]).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap().contains(before), kept, "{before}");
        }
    }

    #[test]
    fn a_group_that_could_read_the_file_still_can_and_nobody_else() {
        for (before, after) in [(0o640, 0o640), (0o600, 0o600), (0o644, 0o600), (0o660, 0o640)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("env");
            fs::write(&path, "OTHER=1\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            let secret = [("LARK_ENCRYPT_KEY", "it's $5 \"now\"".to_owned())];
            let written = EnvFile::prepare(path.clone(), true).unwrap().write(&secret).unwrap();
            assert_eq!(written.is_shared, after == 0o640, "{before:o}");
            let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), after, "{before:o}");
            assert_eq!(mode(&written.secret_files[0]), after, "{before:o}");
            assert_eq!(
                mode(&written.kept.unwrap()),
                0o600,
                "what is kept is for its owner alone"
            );
        }
    }
}
