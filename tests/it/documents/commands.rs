//! Every command of the documents is run, or says why not: the blocks of `sh` of all English pages, in their order, by a
//! shell in the folder of a server that runs.
//!
//! After the language a block may say `exits=1` (or `exits=0,5`: any of them), or `not-run="why"`. `cargo run --` is the
//! program; the words of [`Stage::filled`] stand for what is there.

use std::{
    fs,
    os::unix::fs::symlink,
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    Page,
    page::{Block, pages},
};
use crate::{
    admin::admin,
    operate::{ask, give_up, place},
    support::{Client, Place, Program, fake_lark::FakeLark, root},
};

/// More than any command needs on a busy machine; what takes longer never ends.
const COMMAND_MAX: Duration = Duration::from_secs(60);

/// Way in which a block is run.
#[derive(Debug, PartialEq, Eq)]
enum How {
    /// With one of these exit codes for each command.
    Exits(Vec<i32>),
    /// Not here, for this reason.
    Not(String),
}

fn how(info: &str) -> Result<How, String> {
    let Some((_, rest)) = info.split_once(' ') else {
        return Ok(How::Exits(vec![0]));
    };
    if let Some(reason) = rest.strip_prefix("not-run=\"").and_then(|rest| rest.strip_suffix('"')) {
        let is_reason = reason.split_whitespace().count() >= 2;
        return is_reason
            .then(|| How::Not(reason.to_owned()))
            .ok_or_else(|| format!("{info}: no reason"));
    }
    let codes = rest
        .strip_prefix("exits=")
        .ok_or_else(|| format!("{info}: unknown mark"))?;
    let codes: Result<Vec<i32>, _> = codes.split(',').map(str::parse).collect();
    codes.map(How::Exits).map_err(|error| format!("{info}: {error}"))
}

/// The commands of a block: one a line, unless it is continued; one for all lines when a document stands among them.
fn commands(block: &Block) -> Vec<String> {
    let text = block.lines.join("\n");
    if text.contains("<<") {
        return vec![text];
    }
    let text = text.replace("\\\n", " ");
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// A server that runs, with something to look at in its database.
struct Stage {
    place: Place,
    program: Program,
    client: Client,
    admin: Client,
    /// Keeps answering the server's calls.
    _lark: FakeLark,
    event: String,
    number: String,
    dead: [String; 2],
}

impl Stage {
    async fn set() -> Self {
        let lark = FakeLark::start().await;
        let place = place()
            .plugin("moody")
            .plugin("counter")
            .set("LARK_API_BASE_URL", &lark.url())
            .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
            .set(
                "LARK_CONFIG_ENCRYPTION_KEY",
                "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
            )
            .set("OAUTH_REDIRECT_URI", crate::support::fake_lark::REDIRECT_URI);
        let mut program = place.run(&[]);
        let client = program.serving().await;
        let admin = admin(&mut program, &place).await;
        let event = give_up(&place, &client).await;
        give_up(&place, &client).await;
        let number = ask(&place, &["events", "show", &event]).await["id"].to_string();
        let letters = ask(&place, &["dead", "list"]).await;
        let dead = [1, 0].map(|index: usize| letters["dead"][index]["id"].to_string());
        let stage = Self {
            place,
            program,
            client,
            admin,
            _lark: lark,
            event,
            number,
            dead,
        };
        stage.furnish();
        stage
    }

    /// The program in the path, and the settings where commands look for them.
    fn furnish(&self) {
        let folder = self.place.path("bin");
        fs::create_dir(&folder).unwrap();
        symlink(env!("CARGO_BIN_EXE_lark-callback"), folder.join("lark-callback")).unwrap();
        let port = self.client.address.port().to_string();
        let settings: String = self
            .place
            .settings()
            .iter()
            .map(|(name, value)| {
                if name == "CALLBACK_SERVER_PORT" {
                    (name, &port)
                } else {
                    (name, value)
                }
            })
            .map(|(name, value)| format!("{name}='{value}'\n"))
            .collect();
        for file in [".env", "data/dev.env"] {
            fs::write(self.place.path(file), &settings).unwrap();
        }
    }

    /// A command with what is there in place of its words.
    fn filled(&self, command: &str) -> String {
        let pid = self.program.id().to_string();
        let (client, admin) = (self.client.address.to_string(), self.admin.address.to_string());
        let mut filled = command.replace("cargo run -- ", "lark-callback ");
        for (word, value) in [
            ("EVENT", &*self.event),
            ("4711", &self.number),
            (" 12", &format!(" {}", self.dead[0])),
            (" 13", &format!(" {}", self.dead[1])),
            ("NAME", "moody"),
            ("PID", &pid),
            ("ou_…", "ou_anna"),
            ("--scope …", "--scope contact:user.base:readonly"),
            ("127.0.0.1:8080", &client),
            ("127.0.0.1:8081", &admin),
        ] {
            filled = filled.replace(word, value);
        }
        filled
    }

    /// Runs it, and again while the attempt that the command before has started is under way, as an operator would.
    async fn run(&self, command: &str) -> (Option<i32>, String) {
        let mut ended = self.run_once(command).await;
        for _again in 0..100 {
            if !ended.1.contains("is running; allowed states") {
                break;
            }
            ended = self.run_once(command).await;
        }
        ended
    }

    /// Runs it and tells the exit code and what was said.
    async fn run_once(&self, command: &str) -> (Option<i32>, String) {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.place.path("bin").display());
        let mut shell = Command::new("timeout");
        shell
            .args([&COMMAND_MAX.as_secs().to_string(), "sh", "-c", command])
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.place.path(""))
            .current_dir(self.place.path(""))
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || shell.output())
            .await
            .unwrap()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// The English pages, the README first.
fn english() -> Vec<Page> {
    let mut all = vec![Page::read(&root().join("README.md"))];
    all.extend(pages("host/docs"));
    all.extend(pages("host/docs/plugins"));
    all
}

#[tokio::test]
async fn every_command_of_the_documents_can_be_run() {
    let stage = Stage::set().await;
    let (mut ran, mut wrong) = (0, Vec::new());
    for page in english() {
        for block in page.blocks.iter().filter(|block| block.language() == "sh") {
            let Ok(How::Exits(codes)) = how(&block.info) else {
                continue;
            };
            for command in commands(block) {
                let filled = stage.filled(&command);
                let (code, said) = stage.run(&filled).await;
                ran += 1;
                if code.is_none_or(|code| !codes.contains(&code)) {
                    wrong.push(format!(
                        "{}:{}: {filled}\n  ended with {code:?}: {said}",
                        page.name(),
                        block.line
                    ));
                }
            }
        }
    }
    assert!(ran > 20, "only {ran} commands were run");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_block_says_what_it_is_and_every_command_that_is_not_run_says_why() {
    let mut wrong = Vec::new();
    for page in english() {
        for block in &page.blocks {
            let place = format!("{}:{}", page.name(), block.line);
            match block.language() {
                "sh" => wrong.extend(how(&block.info).err().map(|error| format!("{place}: {error}"))),
                "bash" | "shell" | "console" | "zsh" => wrong.push(format!("{place}: write `sh`")),
                _ => {
                    let is_command = |line: &&String| line.starts_with("lark-callback ") || line.starts_with("$ ");
                    let hidden = block.lines.iter().find(is_command);
                    wrong.extend(hidden.map(|line| format!("{place}: a command in no block of `sh`: {line}")));
                }
            }
        }
        let indented = page.prose.lines().find(|line| {
            let line = line.strip_prefix("    ").map(str::trim_start);
            line.is_some_and(|line| {
                ["lark-callback ", "cargo "]
                    .iter()
                    .any(|program| line.starts_with(program))
            })
        });
        wrong.extend(indented.map(|line| format!("{}: a command in no block: {line}", page.name())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_marks_of_a_block_are_read() {
    assert_eq!(how("sh"), Ok(How::Exits(vec![0])));
    assert_eq!(how("sh exits=0,5"), Ok(How::Exits(vec![0, 5])));
    assert_eq!(
        how("sh not-run=\"needs a server\""),
        Ok(How::Not("needs a server".to_owned()))
    );
    for wrong in ["sh not-run=\"\"", "sh not-run=later", "sh exits=x", "sh skip"] {
        assert!(how(wrong).is_err(), "{wrong}");
    }
    let block = Block {
        info: "sh".to_owned(),
        lines: ["a \\", "  b # c", "", "# d", "e"].map(str::to_owned).into(),
        line: 1,
    };
    assert_eq!(commands(&block), ["a    b # c", "e"]);
}
