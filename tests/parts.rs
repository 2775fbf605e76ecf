//! The real parts that some tests need, and a loud word about those that this machine lacks.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "supporting functions of tests are tests"
)]

use std::{
    env, fs,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Script with the rules of accessibility.
pub const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../target/console/node_modules/axe-core/axe.min.js"
);

/// A program or a right that a test needs and that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The programs of a PostgreSQL server.
    Postgres,
    /// A pooler before a PostgreSQL, and the program that makes its certificates.
    PgBouncer,
    /// A browser and the program that drives it.
    Chromium,
    /// The rules of accessibility that pages are checked with.
    Axe,
    /// A reverse proxy that many have.
    Nginx,
    /// Another one.
    Caddy,
    /// The program that checks metrics and alert rules for Prometheus.
    Promtool,
    /// To mount a small disk that becomes full.
    Mount,
    /// The tools that make plugins of TypeScript and Python.
    Languages,
    /// The program that calls an API with whatever its document allows, and with what it does not.
    Schemathesis,
    /// A C compiler for WebAssembly, and the program that makes bindings for C.
    C,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Postgres,
        Self::PgBouncer,
        Self::Chromium,
        Self::Axe,
        Self::Nginx,
        Self::Caddy,
        Self::Promtool,
        Self::Mount,
        Self::Languages,
        Self::Schemathesis,
        Self::C,
    ];

    /// Whether this machine has it.
    pub fn is_here(self) -> bool {
        match self {
            Self::Postgres => postgres_programs().is_some(),
            Self::PgBouncer => [("pgbouncer", "--version"), ("openssl", "version")]
                .into_iter()
                .all(|(program, question)| Command::new(program).arg(question).output().is_ok()),
            Self::Chromium => ["chromium", "chromedriver"]
                .into_iter()
                .all(|program| Command::new(program).arg("--version").output().is_ok()),
            Self::Axe => Path::new(AXE).exists(),
            Self::Nginx => [("nginx", "-v"), ("openssl", "version")]
                .into_iter()
                .all(|(program, question)| Command::new(program).arg(question).output().is_ok()),
            Self::Caddy => Command::new("caddy").arg("version").output().is_ok(),
            Self::Promtool => Command::new("promtool").arg("--version").output().is_ok(),
            Self::Mount => may_mount(),
            Self::Schemathesis => self.program().is_some_and(|program| program.exists()),
            Self::Languages => {
                let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/languages");
                let has = |path: &str| tools.join(path).exists();
                has("node_modules/componentize-qjs")
                    && has("node_modules/typescript")
                    && has("venv/bin/componentize-py")
            }
            Self::C => {
                let bindings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/languages/bin/wit-bindgen");
                let compiles = |clang| Command::new(clang).arg("--version").output().is_ok();
                bindings.exists() && ["clang", "clang-19", "clang-16", "clang-14"].into_iter().any(compiles)
            }
        }
    }

    /// The program of this part, if it is one that stands in the folder of the build.
    pub fn program(self) -> Option<PathBuf> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        match self {
            Self::Schemathesis => Some(tools.join("schemathesis/bin/schemathesis")),
            _ => None,
        }
    }

    /// The tests that are skipped without it, and how to get it.
    pub fn without(self) -> &'static str {
        match self {
            Self::Postgres => {
                "everything on PostgreSQL: there is none under /usr/lib/postgresql; install the package postgresql"
            }
            Self::PgBouncer => {
                "PostgreSQL through a pooler and over TLS: no pgbouncer and openssl in PATH; install the packages pgbouncer \
                 and openssl"
            }
            Self::Chromium => {
                "the authorization pages in a browser: no chromium and chromedriver in PATH; install the packages chromium \
                 and chromium-driver"
            }
            Self::Axe => {
                "the accessibility of the console: axe-core is not in target/console; run: npm install --prefix target/console \
                 axe-core@4.14.1"
            }
            Self::Nginx => {
                "nginx in front of the server: no nginx and openssl in PATH; install the packages nginx and openssl"
            }
            Self::Caddy => "Caddy in front of the server: there is none in PATH; install the package caddy",
            Self::Promtool => {
                "metrics and alert rules by Prometheus's own tool: no promtool in PATH; install the package prometheus"
            }
            Self::Mount => "a full and a read-only disk: mounting a tmpfs needs root with CAP_SYS_ADMIN",
            Self::Schemathesis => {
                "the operator's API under requests that a program makes up: it is not in target/schemathesis; run \
                 .ci/schemathesis, which gets it from PyPI"
            }
            Self::Languages => {
                "plugins in TypeScript and Python: their tools are not in target/languages; run plugins/examples/build.sh, which gets \
                 them from npm and PyPI"
            }
            Self::C => {
                "a plugin in C: no clang in PATH, or no wit-bindgen in target/languages; install the package clang, and run \
                 plugins/examples/build.sh, which gets wit-bindgen from crates.io"
            }
        }
    }

    /// Whether this machine has it; a test that needs it ends when not. The word about it goes past the test runner, which
    /// hides what a passing test prints.
    ///
    /// # Panics
    /// When it is missing and `CI` is `true`: the machine that decides must have everything.
    pub fn is_here_or_said(self) -> bool {
        if self.is_here() {
            return true;
        }
        let is_ci = env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!is_ci, "not tested: {}", self.without());
        // Nothing to be done about a closed standard error.
        let _ = writeln!(std::io::stderr(), "NOT TESTED: {}", self.without());
        false
    }
}

/// The folder of the newest installed server's programs.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .max_by_key(|bin| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok())
}

/// Root of a container often may not.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    is_root() && tried.is_ok_and(|tried| tried.status.success())
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
