//! Prometheus's own tool over what the server exports and what is shipped for it.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use test_guests::parts::Part;

use super::{board_expressions, served_page};
use crate::support::root;

/// What `promtool` says, and whether it is content.
fn promtool(arguments: &[&str], input: &str, folder: &Path) -> (bool, String) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    (output.status.success(), said.concat())
}

#[tokio::test]
async fn the_page_of_a_server_is_read_without_a_complaint() {
    if !Part::Promtool.is_here_or_said() {
        return;
    }
    let (_, said) = promtool(&["check", "metrics"], &served_page().await, root());
    // The one name that is older than the rule: it is the name that deployments of card authorization have always had.
    let complaints: Vec<_> = said
        .lines()
        .filter(|line| !line.starts_with("lark_callback_token_active_count "))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert_eq!(said.lines().count(), 1, "the exception is none any more: {said}");
    let (is_content, said) = promtool(&["check", "metrics"], "lark_callback_up{ 1\n", root());
    assert!(!is_content, "it reads anything: {said}");
}

#[test]
fn the_rules_are_valid_and_alert_when_they_should() {
    if !Part::Promtool.is_here_or_said() {
        return;
    }
    let folder = root().join("host/deploy/prometheus");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        let (is_content, said) = promtool(&arguments, "", &folder);
        assert!(is_content, "{arguments:?}: {said}");
    }
}

#[test]
fn every_expression_of_the_board_is_one() {
    if !Part::Promtool.is_here_or_said() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut rules = "groups:\n  - name: board\n    rules:\n".to_owned();
    for (number, expression) in board_expressions().iter().enumerate() {
        let expression = expression.replace('\'', "''");
        rules += &format!("      - record: board:{number}\n        expr: '{expression}'\n");
    }
    fs::write(folder.path().join("board.yml"), rules).unwrap();
    let (is_content, said) = promtool(&["check", "rules", "board.yml"], "", folder.path());
    assert!(is_content, "{said}");
}
