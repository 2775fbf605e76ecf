//! The document of the API: what is served is what the code says, and holds against requests that a program makes up.
//!
//! Every other test that asks the API holds its answers against the document, too: `support/document.rs`.

use std::process::Command;

use serde_json::{Value, json};
use test_guests::parts::Part;

use super::admin;
use crate::{
    operate::{give_up, place, run},
    support::Request,
};

/// Requests for each operation.
const EXAMPLES: &str = "20";

/// Seconds for all of them.
const SECONDS_MAX: &str = "30";

#[tokio::test]
async fn the_document_is_served_and_printed_and_names_every_role() {
    let place = place();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    let served = admin.send(&Request::get("/api/v1/openapi.json")).await.json();
    let printed = run(&place, &["openapi"]).await;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap(), served);
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!(served["paths"]["/api/v1/events"]["get"]["x-role"], "viewer");
    assert_eq!(served["paths"]["/api/v1/prune"]["post"]["x-role"], "operator");
}

/// A backup is left out, because it writes a file wherever it is told to, and so is what fails with 502 when Lark or a plugin
/// does.
#[tokio::test]
async fn requests_that_a_program_makes_up_get_answers_as_the_document_says() {
    if !Part::Schemathesis.is_here_or_said() {
        return;
    }
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    give_up(&place, &client).await;
    let admin = admin(&mut program, &place).await;
    let document = format!("http://{}/api/v1/openapi.json", admin.address);
    let folder = place.path("");
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(Part::Schemathesis.program().unwrap())
            .args([
                "run",
                &document,
                "--phases",
                "examples,coverage,fuzzing",
                "--mode",
                "all",
            ])
            .args([
                "--max-examples",
                EXAMPLES,
                "--max-time",
                SECONDS_MAX,
                "--seed",
                "1",
                "--no-shrink",
            ])
            .args([
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance",
            ])
            .args(["--checks", "response_headers_conformance,response_schema_conformance"])
            .args([
                "--exclude-path-regex",
                "/(backup|catch-up|tasks/)",
                "--request-timeout",
                "20",
                "--suppress-health-check",
                "all",
            ])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(folder)
            .output()
            .unwrap()
    });
    let ran = ran.await.unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(admin.send(&Request::get("/livez")).await.json()["status"], json!("ok"));
    assert!(!program.stderr().contains("panicked"), "{}", program.stderr());
}
