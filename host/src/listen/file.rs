//! File of a Unix socket: made with its mode from the first moment, in place of one that a killed server left behind.

use std::{
    ffi::OsString,
    fs::{self, Permissions},
    io,
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    process,
};

use tokio::net::UnixStream;

/// Longest path of a socket's file: Linux takes 107 bytes, and the name under which it is made is a little longer.
pub const SOCKET_PATH_BYTES_MAX: usize = 90;

/// File of a socket; removed when dropped, unless it is another's by then.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens at `path` with these permissions. It is bound under another name, so that nobody can connect before it
    /// has its mode, and then moved over a file that no server listens at.
    pub(super) async fn bind(path: &Path, mode: u32) -> io::Result<(UnixListener, Self)> {
        check_free(path).await?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}", process::id()));
        let aside = path.with_file_name(name);
        // Left by a process that had this one's number.
        let _ = fs::remove_file(&aside);
        let listener = UnixListener::bind(&aside)?;
        let moved = fs::set_permissions(&aside, Permissions::from_mode(mode))
            .and_then(|()| listener.set_nonblocking(true))
            .and_then(|()| fs::metadata(&aside))
            .and_then(|made| fs::rename(&aside, path).map(|()| made));
        match moved {
            Ok(made) => {
                let file = Self {
                    path: path.to_owned(),
                    identity: (made.dev(), made.ino()),
                };
                Ok((listener, file))
            }
            Err(error) => {
                let _ = fs::remove_file(&aside);
                Err(error)
            }
        }
    }
}

/// Refuses a path where another program listens, or that is no socket.
async fn check_free(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if is_left_behind(error.kind()) => Ok(()),
        // A server that runs: its queue is full, or its socket is for another user.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) => Err(error),
    }
}

/// Whether nobody listens at a socket's file, or it has just gone.
fn is_left_behind(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity);
        if is_ours {
            // A file that stays is replaced at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io, os::unix::fs::PermissionsExt as _};

    use super::SocketFile;

    #[tokio::test]
    async fn the_file_has_its_mode_and_goes_with_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/callback.sock");
        let bound = SocketFile::bind(&path, 0o620).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o620);
        drop(bound);
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[tokio::test]
    async fn a_file_at_which_nobody_listens_is_replaced_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callback.sock");
        let (listener, old) = SocketFile::bind(&path, 0o660).await.unwrap();
        let taken = SocketFile::bind(&path, 0o660).await.unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        // As after `kill -9`: nobody listens, and the file is still there.
        drop(listener);
        let (_listener, new) = SocketFile::bind(&path, 0o660).await.unwrap();
        drop(old);
        assert!(
            path.exists(),
            "a server that ends late leaves the file of its successor"
        );
        drop(new);
        assert!(!path.exists());
        fs::write(&path, "a file").unwrap();
        let other = SocketFile::bind(&path, 0o660).await.unwrap_err();
        assert_eq!(other.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
    }
    #[tokio::test]
    async fn a_socket_that_may_be_another_program_s_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sock");
        // Of another type, so that connecting fails although somebody reads at it.
        let other = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        SocketFile::bind(&path, 0o660).await.unwrap_err();
        let sender = std::os::unix::net::UnixDatagram::unbound().unwrap();
        sender.send_to(b"still here", &path).unwrap();
        assert_eq!(other.recv(&mut [0; 16]).unwrap(), 10);
    }
}
