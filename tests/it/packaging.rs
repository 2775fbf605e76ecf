//! What is installed: the package's files, the image, the chart and the release name only what there is.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lark_callback::config::settings;
use serde_json::Value;

use crate::support::{Place, root};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn names(folder: &str, ends: &[&str]) -> BTreeSet<String> {
    let names = files(&root().join(folder)).into_iter().map(|path| {
        let name = path.file_name().unwrap();
        name.to_string_lossy().into_owned()
    });
    names
        .filter(|name| ends.iter().any(|end| name.ends_with(end)))
        .collect()
}

/// Words of a text that look like settings of the server.
fn settings_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|symbol: char| !symbol.is_ascii_uppercase() && !symbol.is_ascii_digit() && symbol != '_');
    let ours = [
        "LARK_",
        "CALLBACK_",
        "LOG_",
        "TOKEN_",
        "OAUTH_",
        "DATABASE_",
        "POSTGRES_",
    ];
    words
        .filter(|word| {
            ours.iter()
                .any(|ours| word.starts_with(ours) && word.len() > ours.len())
        })
        .map(|word| {
            word.strip_suffix("_FILE")
                .filter(|_| word != "LOG_FILE")
                .unwrap_or(word)
                .to_owned()
        })
        .collect()
}

#[test]
fn what_is_deployed_names_no_setting_that_there_is_not() {
    // A setting of PostgreSQL's own image.
    let known: BTreeSet<_> = settings::all()
        .map(|setting| setting.name)
        .chain(["POSTGRES_INITDB_ARGS"])
        .collect();
    let mut seen = BTreeSet::new();
    for file in files(&root().join("host/deploy")) {
        for name in settings_in(&fs::read_to_string(&file).unwrap()) {
            assert!(known.contains(name.as_str()), "{}: {name}", file.display());
            seen.insert(name);
        }
    }
    for name in [
        "CALLBACK_SERVER_ENABLED",
        "LARK_APP_SECRET",
        "DATABASE_URL",
        "POSTGRES_PASSWORD",
    ] {
        assert!(seen.contains(name), "nobody sets {name}");
    }
}

#[test]
fn the_package_lists_files_and_units_that_exist() {
    let manifest: toml::Table = toml::from_str(&read("host/Cargo.toml")).unwrap();
    let package = &manifest["package"]["metadata"]["deb"];
    let mut own = 0;
    for asset in package["assets"].as_array().unwrap() {
        let source = asset[0].as_str().unwrap();
        // The others are made by package.sh.
        if source.starts_with("../target/package/") {
            continue;
        }
        own += 1;
        let (folder, name) = source.rsplit_once('/').unwrap();
        let found = fs::read_dir(root().join("host").join(folder)).unwrap().any(|entry| {
            let entry = entry.unwrap().file_name().into_string().unwrap();
            name == entry || name.strip_prefix('*').is_some_and(|end| entry.ends_with(end))
        });
        assert!(found, "{source}");
    }
    assert!(own > 0);
    // Each unit once: a name under `systemd-units` takes all units of that name, and an asset takes one file.
    let units = package["systemd-units"].as_array().unwrap();
    let named: BTreeSet<_> = units.iter().map(|unit| unit["unit-name"].as_str().unwrap()).collect();
    assert_eq!(
        named,
        BTreeSet::from(["lark-callback"]),
        "another name would get a copy of the service"
    );
    // Restarting the socket would refuse connections, so the script restarts the service alone.
    for option in ["restart-after-upgrade", "stop-on-upgrade"] {
        assert_eq!(units[0][option].as_bool(), Some(false), "{option}");
    }
    let postinst = read("host/deploy/debian/postinst");
    assert!(postinst.contains("try-restart lark-callback.service >"));
    let assets = package["assets"].to_string();
    for unit in names("host/deploy", &[".service", ".socket"]) {
        let is_asset = assets.contains(&format!("\"../target/package/units/{unit}\""));
        let is_named = named.contains(unit.rsplit_once('.').unwrap().0);
        assert!(is_asset != is_named, "{unit}: in the package once, and not twice");
    }
    for script in ["postinst", "prerm", "postrm"] {
        let script = root().join("host/deploy/debian").join(script);
        let checked = Command::new("sh").arg("-n").arg(&script).status().unwrap();
        assert!(checked.success(), "{}", script.display());
        let text = fs::read_to_string(script).unwrap();
        assert!(text.contains("#DEBHELPER#"), "the units are enabled and stopped there");
    }
}

#[test]
fn the_package_rotates_the_log_as_the_manual_says() {
    let rotated = read("host/deploy/debian/logrotate");
    for page in ["host/docs/logs.md", "host/docs/zh/logs.md"] {
        assert!(read(page).contains(&format!("```\n{rotated}```\n")), "{page}");
    }
    let manifest: toml::Table = toml::from_str(&read("host/Cargo.toml")).unwrap();
    let kept = &manifest["package"]["metadata"]["deb"]["conf-files"];
    assert_eq!(
        kept.to_string(),
        r#"["/etc/logrotate.d/lark-callback"]"#,
        "what an operator changes there stays"
    );
}

#[test]
fn the_image_is_built_from_what_there_is() {
    let dockerfile = read("host/deploy/Dockerfile");
    let toolchain: toml::Table = toml::from_str(&read("rust-toolchain.toml")).unwrap();
    let rust = toolchain["toolchain"]["channel"].as_str().unwrap();
    assert!(
        dockerfile.contains(&format!("FROM rust:{rust}-alpine")),
        "built with another Rust"
    );
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let ignored = read("host/deploy/Dockerfile.dockerignore");
    let let_in: BTreeSet<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for path in &let_in {
        assert!(root().join(path).exists(), "{path}");
    }
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let top = member.as_str().unwrap().split('/').next().unwrap();
        assert!(let_in.contains(top), "the build lacks {top}");
    }
    // What the last stage takes is what the first one lays out.
    let (build, image) = dockerfile.split_once("FROM scratch").unwrap();
    let taken: Vec<_> = image
        .split_whitespace()
        .filter(|word| word.starts_with("/out/"))
        .collect();
    assert!(taken.len() > 2, "{taken:?}");
    for path in taken {
        let name = path.strip_prefix("/out/").unwrap();
        assert!(build.contains(name), "the first stage does not make {path}");
    }
    assert!(image.contains("USER 65532"), "not as root");
}

#[tokio::test]
async fn the_commands_that_the_deployment_runs_exist() {
    let deployed: String = files(&root().join("host/deploy"))
        .into_iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    for (written, arguments) in [
        (
            r#""/usr/bin/lark-callback", "healthcheck", "--live""#,
            &["healthcheck", "--live", "--help"][..],
        ),
        (
            r#""/usr/bin/lark-callback", "healthcheck"]"#,
            &["healthcheck", "--help"],
        ),
        (r#"completions "$shell""#, &["completions", "--help"]),
        (r#"man --dir "#, &["man", "--dir", "x", "--help"]),
    ] {
        assert!(deployed.contains(written), "{written}");
        let finished = Place::new().run(arguments).finished().await;
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
    }
}

#[test]
fn the_chart_uses_values_that_are_declared() {
    let schema: Value = serde_json::from_str(&read("host/deploy/helm/values.schema.json")).unwrap();
    let values = read("host/deploy/helm/values.yaml");
    let mut used = BTreeSet::new();
    for file in files(&root().join("host/deploy/helm/templates")) {
        let text = fs::read_to_string(file).unwrap();
        for rest in text.split(".Values.").skip(1) {
            let end = rest.find(|symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '.');
            used.insert(rest[..end.unwrap_or(rest.len())].trim_end_matches('.').to_owned());
        }
    }
    assert!(used.len() > 20, "{used:?}");
    for path in used {
        let mut at = &schema;
        for name in path.split('.') {
            at = &at["properties"][name];
            assert!(at.is_object(), "the schema does not know {path}");
        }
        let top = path.split('.').next().unwrap();
        assert!(values.contains(&format!("\n{top}:")), "no default: {top}");
    }
    let chart = read("host/deploy/helm/Chart.yaml");
    let version = format!("appVersion: {}\n", env!("CARGO_PKG_VERSION"));
    assert!(chart.contains(&version), "the chart is for another version");
}

#[test]
fn the_notices_and_the_check_of_licences_accept_the_same() {
    let about: toml::Table = toml::from_str(&read("host/deploy/about.toml")).unwrap();
    let deny: toml::Table = toml::from_str(&read(".cargo/deny.toml")).unwrap();
    assert_eq!(about["accepted"], deny["licenses"]["allow"]);
}

#[test]
fn a_release_runs_what_there_is_and_pins_what_it_takes() {
    for workflow in names(".github/workflows", &[".yml"]) {
        let text = read(&format!(".github/workflows/{workflow}"));
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let (_, pin) = line.split_once('@').unwrap();
            let (commit, version) = pin
                .split_once(" # v")
                .unwrap_or_else(|| panic!("{workflow}: no version: {line}"));
            let is_commit = commit.len() == 40 && commit.bytes().all(|digit| digit.is_ascii_hexdigit());
            assert!(is_commit && version.contains('.'), "{workflow}: {line}");
        }
        for word in text.split_whitespace().filter(|word| word.starts_with("host/")) {
            // Made on the way.
            if !word.ends_with(".cdx.json") {
                assert!(root().join(word).exists(), "{workflow}: {word}");
            }
        }
    }
}

/// Every command with those before it, as the program itself lists them.
async fn commands() -> Vec<Vec<String>> {
    let place = Place::new();
    let (mut found, mut open) = (Vec::new(), vec![Vec::<String>::new()]);
    while let Some(path) = open.pop() {
        let arguments: Vec<_> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = place.run(&arguments).finished().await.stdout;
        let listed = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
        let lines = listed.lines().take_while(|line| line.starts_with("  "));
        for name in lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
            if !name.is_empty() && name != "help" {
                let inner = [&path[..], &[name.to_owned()]].concat();
                open.push(inner.clone());
                found.push(inner);
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

#[tokio::test]
async fn completions_and_manual_pages_know_every_command() {
    let commands = commands().await;
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = place.run(&["completions", shell]).finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        for command in &commands {
            let name = command.last().unwrap();
            assert!(finished.stdout.contains(name.as_str()), "{shell}: {command:?}");
        }
        assert!(
            !finished.stdout.contains("compile-plugin"),
            "{shell} offers what is not for people"
        );
    }
    let page = place.run(&["man"]).finished().await.stdout;
    assert!(page.contains(".TH lark-callback 1"), "{page}");
    let finished = place.run(&["man", "--dir", "pages"]).finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let written: BTreeSet<_> = files(&place.path("pages"))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let wanted = commands
        .iter()
        .map(|command| format!("lark-callback-{}.1", command.join("-")));
    let wanted: BTreeSet<_> = wanted.chain(["lark-callback.1".to_owned()]).collect();
    assert_eq!(written, wanted);
}
