//! Settings of the log.

use super::*;
use crate::telemetry::Rotation;

#[test]
fn a_log_file_is_rotated_only_when_the_operator_wants_it() {
    let log = config(&whole_and(&[("LOG_FILE", "log")])).log;
    assert_eq!((log.rotation.bytes_max, log.rotation.hours_max), (0, 0));
    assert!(!log.keeps_repeats);
    let log = config(&whole_and(&[
        ("LOG_FILE", "log"),
        ("LOG_FILE_BYTES_MAX", "4096"),
        ("LOG_FILE_HOURS_MAX", "24"),
        ("LOG_FILES_MAX", "3"),
        ("LOG_COLLAPSE", "off"),
    ]))
    .log;
    let rotation = Rotation {
        bytes_max: 4_096,
        hours_max: 24,
        files_max: 3,
    };
    assert_eq!((log.rotation, log.keeps_repeats), (rotation, true));
}

#[test]
fn a_size_that_would_make_a_file_for_each_line_is_a_problem() {
    let problems = problems(&whole_and(&[("LOG_FILE", "log"), ("LOG_FILE_BYTES_MAX", "4095")]));
    assert_eq!(problems, ["LOG_FILE_BYTES_MAX must be 0 (no limit) or at least 4096"]);
}

#[test]
fn a_rotation_without_a_file_is_told() {
    let config = config(&whole_and(&[("LOG_FILE_HOURS_MAX", "24")]));
    let is_told = |notice: &Text| notice.starts_with("LOG_FILE_HOURS_MAX has no effect");
    assert!(config.notices.iter().any(is_told), "{:?}", config.notices);
}
