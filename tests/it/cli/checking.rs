//! `check` on files and folders that only look usable, and on settings that hold secrets in the wrong form.

use std::{fs, time::Duration};

use tokio::time::timeout;

use crate::support::{Finished, Place};

const SECRET: &str = "98765432109876543210987654321";

async fn check(place: &Place, arguments: &[&str]) -> Finished {
    let checked = place.run(&[&["check"], arguments].concat()).finished();
    timeout(Duration::from_secs(30), checked).await.expect("it ends")
}

#[tokio::test]
async fn a_secret_that_is_written_as_a_number_is_in_no_message() {
    let unquoted = Place::new()
        .unset("LARK_ENCRYPT_KEY")
        .settings_file(&format!("callback_budget_ms = 2000\nlark_encrypt_key = {SECRET}\n"));
    let of_app = Place::new().settings_file(&format!("[apps.hr]\napp_secret = {SECRET}\n"));
    let of_plugin = Place::new().file("slip.toml", format!("[config]\npin = {SECRET}\n").as_bytes());
    for place in [unquoted, of_app, of_plugin] {
        let checked = check(&place, &[]).await;
        assert_eq!(checked.code, Some(3), "{checked:?}");
        assert!(
            checked.stdout.contains("line 2") && checked.stdout.contains("put quotes around it"),
            "{checked:?}"
        );
        assert!(!format!("{checked:?}").contains(&SECRET[..12]), "{checked:?}");
    }
}

#[tokio::test]
async fn a_file_that_waits_for_what_comes_next_is_refused_at_once() {
    // Reading the kernel's log waits for its next line, although it calls itself a regular file.
    let kernel_log = "/proc/kmsg";
    if fs::File::open(kernel_log).is_err() {
        eprintln!("not tried: {kernel_log} cannot be opened by this user");
        return;
    }
    let checked = check(&Place::new(), &["--env-file", kernel_log]).await;
    assert_eq!(checked.code, Some(3), "{checked:?}");
    assert!(checked.stdout.contains(kernel_log), "{checked:?}");
}

#[tokio::test]
async fn a_folder_in_which_nothing_can_be_made_is_found_whatever_its_permissions_say() {
    let place = Place::new()
        .set("CALLBACK_CACHE_DIR", "/proc/cache")
        .set("TOKEN_DB_PATH", "/proc/config.db");
    let checked = check(&place, &[]).await;
    assert_eq!(checked.code, Some(3), "{checked:?}");
    assert!(
        checked
            .stdout
            .contains("FAILED      TOKEN_DB_PATH: /proc/config.db cannot be made in /proc"),
        "{checked:?}"
    );
    assert!(
        checked
            .stdout
            .contains("WARNING     CALLBACK_CACHE_DIR: /proc/cache cannot be made in /proc"),
        "{checked:?}"
    );
}

#[tokio::test]
async fn what_is_tried_in_a_folder_leaves_nothing_behind() {
    let place = Place::new();
    let before = names(&place);
    let checked = check(&place, &[]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert_eq!(names(&place), before);
}

#[tokio::test]
async fn log_files_that_may_together_outgrow_the_disk_get_a_note() {
    let place = Place::new();
    let place = place.set("LOG_FILE", "server.log").set("LOG_FILES_MAX", "10000");
    let note = "lower LOG_FILES_MAX or LOG_FILE_BYTES_MAX";
    let modest = check(&place, &[]).await;
    assert!(modest.code == Some(0) && !modest.stdout.contains(note), "{modest:?}");
    let place = place.set("LOG_FILE_BYTES_MAX", "1099511627776");
    let greedy = check(&place, &[]).await;
    assert!(greedy.code == Some(0) && greedy.stdout.contains(note), "{greedy:?}");
}

fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path("")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_chinese_terminal_reads_chinese_and_a_program_reads_what_it_asked_for() {
    let wrong = || {
        Place::new()
            .unset("LARK_ENCRYPT_KEY")
            .set("CALLBACK_SERVER_PORT", "many")
            .file("broken.wasm", b"not a component")
    };
    for (place, arguments) in [
        (wrong().set("LC_ALL", "zh_CN.UTF-8"), &[][..]),
        (wrong(), &["--lang", "zh"]),
    ] {
        let checked = check(&place, arguments).await;
        assert_eq!(checked.code, Some(3), "{checked:?}");
        for part in [
            "配置\n  失败    ",
            "CALLBACK_SERVER_PORT（环境变量）必须是 0 到 65535 的整数",
            "插件\n  失败    ",
            "不是 WebAssembly 文件",
            "个问题；服务无法启动或无法正常工作。",
        ] {
            assert!(checked.stdout.contains(part), "{part}: {checked:?}");
        }
        assert!(!checked.stdout.contains("must be"), "{checked:?}");
    }
    let of_program = check(&wrong(), &["--json", "--lang", "zh"]).await;
    assert!(of_program.stdout.contains("必须是"), "{of_program:?}");
    let english = check(&wrong(), &["--json"]).await;
    assert!(english.stdout.contains("must be a whole number"), "{english:?}");
}

#[tokio::test]
async fn config_show_has_a_chinese_head_and_keeps_the_names() {
    let shown = Place::new().run(&["config", "show", "--lang", "zh"]).finished().await;
    assert!(shown.stdout.starts_with("名称"), "{shown:?}");
    assert!(
        shown.stdout.contains("默认值") && shown.stdout.contains("LARK_APP_ID"),
        "{shown:?}"
    );
}
