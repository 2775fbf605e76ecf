//! Tests of the log file.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use super::{LogFile, Rotation};

/// 2026-11-22 21:56:09 UTC.
const NOW_MS: u64 = 1_795_384_569_000;
const DAY_MS: u64 = 86_400_000;

fn rotation(bytes_max: u64, hours_max: u64) -> Rotation {
    Rotation {
        bytes_max,
        hours_max,
        files_max: 2,
    }
}

fn write(file: &mut LogFile, now_ms: u64, lines: &[u8]) {
    let mut left = lines;
    while !left.is_empty() {
        let written = file.write_at(now_ms, left).expect("it is written");
        left = &left[written..];
    }
}

/// Names and contents of a folder's files, in the order of their names.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_str().expect("text").to_owned();
            (name, fs::read_to_string(path).expect("text"))
        })
        .collect();
    files.sort();
    files
}

fn contents(folder: &Path) -> Vec<String> {
    files(folder).into_iter().map(|(_, text)| text).collect()
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    (folder, path)
}

#[test]
fn a_full_file_is_put_aside_between_two_lines_and_the_oldest_is_removed() {
    let (folder, path) = place();
    fs::write(folder.path().join("log.1"), "not ours").expect("it is written");
    let mut file = LogFile::open(&path, rotation(8, 0)).expect("a file");
    write(&mut file, NOW_MS, b"one\ntwo\nthree\n");
    write(&mut file, NOW_MS, b"longer than eight\n");
    write(&mut file, NOW_MS, b"end\n");
    let names: Vec<_> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["log", "log.1", "log.20261122T215609.001Z", "log.20261122T215609.002Z"]
    );
    assert_eq!(
        contents(folder.path()),
        ["end\n", "not ours", "three\n", "longer than eight\n"]
    );
}

#[test]
fn a_file_of_yesterday_is_put_aside_even_after_a_restart() {
    let (folder, path) = place();
    fs::write(&path, "yesterday\n").expect("it is written");
    let written = UNIX_EPOCH + Duration::from_millis(NOW_MS);
    let set = fs::File::options()
        .append(true)
        .open(&path)
        .and_then(|file| file.set_modified(written));
    set.expect("its time is set");
    let mut file = LogFile::open(&path, rotation(0, 24)).expect("a file");
    write(&mut file, NOW_MS, b"the same day\n");
    assert_eq!(contents(folder.path()), ["yesterday\nthe same day\n"]);
    write(&mut file, NOW_MS + DAY_MS, b"today\n");
    write(&mut file, NOW_MS + DAY_MS, b"later\n");
    // The clock is put back.
    write(&mut file, NOW_MS, b"again\n");
    assert_eq!(
        contents(folder.path()),
        ["today\nlater\nagain\n", "yesterday\nthe same day\n"]
    );
}

#[test]
fn a_file_that_somebody_else_renamed_is_begun_anew() {
    let (folder, path) = place();
    let mut file = LogFile::open(&path, rotation(8, 0)).expect("a file");
    write(&mut file, NOW_MS, b"one\ntwo\n");
    fs::rename(&path, folder.path().join("log.1")).expect("it is renamed");
    write(&mut file, NOW_MS, b"three\n");
    assert_eq!(contents(folder.path()), ["three\n", "one\ntwo\n"]);
}

#[test]
fn a_new_file_may_be_read_by_whom_the_operator_let_read_the_old_one() {
    let (_folder, path) = place();
    let mut file = LogFile::open(&path, rotation(8, 0)).expect("a file");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is changed");
    write(&mut file, NOW_MS, b"one\ntwo\nthree\n");
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn a_link_stays_and_its_file_is_put_aside() {
    let (folder, path) = place();
    let other = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(other.path().join("real"), &path).expect("a link");
    let mut file = LogFile::open(&path, rotation(8, 0)).expect("a file");
    write(&mut file, NOW_MS, b"one\ntwo\nthree\n");
    assert_eq!(contents(folder.path()), ["three\n"]);
    assert_eq!(contents(other.path()), ["three\n", "one\ntwo\n"]);
}

#[test]
fn what_is_no_regular_file_and_what_cannot_be_renamed_is_written_on() {
    let mut null = LogFile::open(Path::new("/dev/null"), rotation(1, 1)).expect("it opens");
    null.write_all(b"one\ntwo\n").expect("it is written");

    let (folder, path) = place();
    let mut file = LogFile::open(&path, rotation(4, 0)).expect("a file");
    // Nothing can be put aside there, not even by root.
    let rotating = file.rotating.as_mut().expect("it rotates");
    rotating.path = PathBuf::from("/proc/self/gone");
    write(&mut file, NOW_MS, b"one\ntwo\nthree\n");
    assert_eq!(contents(folder.path()), ["one\ntwo\nthree\n"]);
    file.rotating.as_mut().expect("it rotates").path = path;
    write(&mut file, NOW_MS + 1, b"four\n");
    assert_eq!(contents(folder.path()), ["one\ntwo\nthree\nfour\n"]);
    write(&mut file, NOW_MS + super::RETRY_MS + 1, b"five\n");
    assert_eq!(contents(folder.path()), ["five\n", "one\ntwo\nthree\nfour\n"]);
}
