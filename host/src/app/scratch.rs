//! Folder for the moment, with a name that nobody can foresee.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

/// Folder among the temporary files of this machine; removed when it is dropped.
#[derive(Debug)]
pub(super) struct ScratchFolder(PathBuf);

impl ScratchFolder {
    /// Makes one that only this user can look into. A number of a process would come again: in a container it is often the
    /// same, and what a killed command leaves behind must not stand in the way of the next one.
    pub(super) fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("lark-callback-{}", unique_name()?));
        // Fails if somebody else has made it.
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What stays behind is an empty database in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Name that no other file has.
pub(super) fn unique_name() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::ScratchFolder;

    #[test]
    fn each_folder_is_its_own_and_is_gone_afterwards() {
        let (one, other) = (ScratchFolder::new().unwrap(), ScratchFolder::new().unwrap());
        assert_ne!(one.path(), other.path());
        let path = one.path().to_owned();
        std::fs::write(path.join("file"), "").unwrap();
        drop(one);
        assert!(!path.exists() && other.path().exists());
    }
}
