//! Tests of settings that cannot be read: they are not reported as missing, which would hide the true cause.

use std::fs;

use super::*;
use crate::config::{Checked, Flags, load_checked};

fn problems_of(values: Values) -> Vec<String> {
    let checked = Checked::from_values(values);
    checked.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_is_missing_from_a_file_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    for (path, told) in [
        (folder.path().join("none"), "does not exist"),
        (folder.path().to_owned(), "is not a file"),
        (file("binary", b"LARK_APP_ID=cli_a\xff\n"), "it is not UTF-8"),
        (file("open", b"LARK_APP_ID='cli_a\n"), "the quote is not closed"),
    ] {
        // The environment counts too, so this says nothing of other problems.
        let checked = load_checked(&Flags {
            env_file: Some(path),
            ..Flags::default()
        });
        let problems: Vec<_> = checked.problems.iter().map(ToString::to_string).collect();
        assert!(problems.iter().any(|problem| problem.contains(told)), "{problems:?}");
        assert!(
            problems.iter().all(|problem| !problem.contains("is missing")),
            "{problems:?}"
        );
    }
    let mut values = Values::default();
    values.add_file(Path::new("lark-callback.toml"), "lark_app_id = [\n");
    let problems = problems_of(values);
    assert!(
        problems.len() == 1 && problems[0].starts_with("lark-callback.toml, line"),
        "{problems:?}"
    );
}

#[test]
fn a_value_that_cannot_be_read_is_not_missing_and_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    fs::write(
        &path,
        "LARK_APP_ID=cli_a\nLARK_APP_SECRET=a$b\nLARK_VERIFICATION_TOKEN=t\n",
    )
    .unwrap();
    let mut read = Values::default();
    read.add_dot_env(&path);
    let told = problems_of(read);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("line 2: a $ outside of single quotes"), "{told:?}");
    assert!(told[1].starts_with("LARK_ENCRYPT_KEY is missing"), "{told:?}");

    let mut given = values(&[("CALLBACK_SERVER_ENABLED", "true"), ("LARK_APP_ID", "'cli_a'")]);
    given.add_file(
        Path::new("lark-callback.toml"),
        "lark_app_secret = 1.5\nlark_verification_token = 1.5\nlark_encrypt_key = 1.5\n[apps.hr]\napp_id = 1.5\napp_secret = \"s\"\nverification_token = \"t\"\n\
         encrypt_key = \"k\"\n",
    );
    let all = problems(&given).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(all.iter().all(|problem| !problem.contains("is missing")), "{all:?}");
}
