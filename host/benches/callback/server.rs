//! The servers under load: processes of their own, whose CPU time the system counts.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::lark::{APP_ID, ENCRYPT_KEY, TOKEN};

/// Of `/proc/<pid>/stat`; the kernel shows hundredths of a second whatever it counts in.
const TICK: Duration = Duration::from_millis(10);

/// A server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: Option<TempDir>,
}

impl Server {
    /// This program again, as the native server.
    pub(crate) fn native() -> Self {
        let program = std::env::current_exe().expect("a program knows its path");
        let spawned = Command::new(program).arg(crate::NATIVE).stdout(Stdio::piped()).spawn();
        let mut child = spawned.expect("this program can be started again");
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says its address");
        let address = line.trim().parse().expect("an address");
        Self {
            child,
            address,
            folder: None,
        }
    }

    /// The real server with one test plugin, in a folder of its own on the disk of the build.
    pub(crate) fn ours(plugin: &str, receipts: bool) -> Self {
        // Its name comes before that of the built-in plugin, which takes clicks too and would be asked first.
        Self::with(&[("bench", plugin, "")], receipts)
    }

    /// The same with several: the name of each, which test plugin it is, and the operator's side.
    pub(crate) fn with(guests: &[(&str, &str, &str)], receipts: bool) -> Self {
        let folder = Self::folder();
        for (name, guest, toml) in guests {
            let plugins = folder.path().join("plugins");
            fs::write(plugins.join(format!("{name}.toml")), toml).expect("the folder can be written");
            let wasm = plugins.join(format!("{name}.wasm"));
            fs::copy(test_guests::guest(guest), wasm).expect("the plugin can be copied");
        }
        Self::start(folder, receipts)
    }

    /// The same with one test plugin, receipts, and more settings.
    pub(crate) fn with_variables(plugin: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_with(Self::folder_with(plugin), true, variables)
    }

    /// A folder with one test plugin.
    pub(crate) fn folder_with(plugin: &str) -> TempDir {
        let folder = Self::folder();
        Self::replace_plugin(&folder, plugin);
        folder
    }

    /// Puts a test plugin in the place of the one that is there.
    pub(crate) fn replace_plugin(folder: &TempDir, plugin: &str) {
        let wasm = folder.path().join("plugins/bench.wasm");
        fs::copy(test_guests::guest(plugin), wasm).expect("the plugin can be copied");
    }

    /// A folder on the disk of the build, with one for plugins in it.
    pub(crate) fn folder() -> TempDir {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written");
        fs::create_dir(folder.path().join("plugins")).expect("the folder can be written");
        folder
    }

    /// The real server in a folder with plugins.
    pub(crate) fn start(folder: TempDir, receipts: bool) -> Self {
        Self::start_with(folder, receipts, &[])
    }

    pub(crate) fn start_with(folder: TempDir, receipts: bool, variables: &[(&str, &str)]) -> Self {
        let log = folder.path().join("log");
        let spawned = Command::new(program())
            // No settings of whoever runs the benchmark.
            .env_clear()
            .current_dir(&folder)
            .envs([
                ("CALLBACK_SERVER_ENABLED", "true"),
                ("CALLBACK_SERVER_HOST", "127.0.0.1"),
                ("CALLBACK_SERVER_PORT", "0"),
                ("CALLBACK_ADMIN", "off"),
                ("CALLBACK_SETTLE_MS", "20"),
                ("CALLBACK_RECEIPTS", if receipts { "on" } else { "off" }),
                ("LARK_APP_ID", APP_ID),
                ("LARK_APP_SECRET", "bench-secret"),
                ("LARK_VERIFICATION_TOKEN", TOKEN),
                ("LARK_ENCRYPT_KEY", ENCRYPT_KEY),
                // The default, and a line for each commit.
                ("RUST_LOG", "info,lark_callback_store=debug"),
                ("LOG_FILE", "log"),
            ])
            .envs(variables.iter().copied())
            .spawn();
        let mut child = spawned.expect("the server can be started");
        let address = loop {
            if let Some(address) = address_in(&log) {
                break address;
            }
            if let Some(status) = child.try_wait().expect("it is a child") {
                panic!(
                    "the server ended with {status}:\n{}",
                    fs::read_to_string(&log).unwrap_or_default()
                );
            }
            pause();
        };
        Self {
            child,
            address,
            folder: Some(folder),
        }
    }

    /// Waits until all plugins that were there at the start are loaded.
    pub(crate) fn until_loaded(&self) {
        while !self.log().contains("\"All plugins are loaded\"") {
            pause();
        }
    }

    /// Ends it, and gives its folder without the log for the next one.
    pub(crate) fn stop(mut self) -> TempDir {
        let folder = self.folder.take().expect("it is one of ours");
        drop(self);
        fs::remove_file(folder.path().join("log")).expect("it has a log");
        folder
    }

    /// Puts a file into its folder of plugins, at once.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let folder = self.folder.as_ref().expect("it is one of ours").path();
        let aside = folder.join("aside");
        fs::write(&aside, content).expect("the folder can be written");
        fs::rename(aside, folder.join("plugins").join(name)).expect("the folder can be written");
    }

    /// What it holds: memory in KiB, threads, descriptors.
    pub(crate) fn holds(&self) -> [u64; 3] {
        let folder = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{folder}/status")).expect("the process runs");
        let number = |name: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default();
            let number = line.split_whitespace().next().and_then(|number| number.parse().ok());
            number.expect("Linux has it")
        };
        let descriptors = fs::read_dir(format!("{folder}/fd")).expect("the process runs").count();
        [number("VmRSS:"), number("Threads:"), descriptors as u64]
    }

    /// Its memory in KiB once it does not fall any more: what was used for loading is given back after a while.
    pub(crate) fn idle_memory(&self) -> u64 {
        let mut least = self.holds()[0];
        let mut since = Instant::now();
        let begun = Instant::now();
        while since.elapsed() < Duration::from_secs(10) && begun.elapsed() < Duration::from_secs(60) {
            pause();
            let now = self.holds()[0];
            if now < least / 100 * 99 {
                (least, since) = (now, Instant::now());
            }
        }
        self.holds()[0]
    }

    /// How many lines of its log have this text.
    pub(crate) fn lines_with(&self, text: &str) -> usize {
        self.log().lines().filter(|line| line.contains(text)).count()
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> PathBuf {
        let folder = self.folder.as_ref().expect("it is one of ours");
        folder.path().join("data/config.db")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// User and system time so far.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(&self.child.id().to_string()).expect("the process runs")
    }

    /// Waits until it uses no CPU: whatever it had to do for the requests so far is done, the log included.
    pub(crate) fn settle(&self) {
        let begin = Instant::now();
        let mut before = self.cpu();
        loop {
            pause();
            pause();
            let now = self.cpu();
            if now == before || begin.elapsed() > Duration::from_secs(10) {
                return;
            }
            before = now;
        }
    }

    /// How long the log is by now.
    pub(crate) fn log_bytes(&self) -> usize {
        self.log().len()
    }

    /// How many commits the log tells of after its first `skip` bytes, and how many rows were in them.
    pub(crate) fn commits(&self, skip: usize) -> (u64, u64) {
        let log = self.log();
        let lines = log[skip..].lines().filter(|line| line.contains("\"Committed\""));
        lines
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .fold((0, 0), |(commits, rows), line| {
                (commits + 1, rows + line["rows"].as_u64().unwrap_or(0))
            })
    }

    fn log(&self) -> String {
        let log = self.folder.as_ref().map(|folder| folder.path().join("log"));
        log.map(|log| fs::read_to_string(log).expect("the log can be read"))
            .unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which was said where it was noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server of this build, or the one that is to be measured in its place.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no settings of its own")]
fn program() -> PathBuf {
    std::env::var_os("BENCH_SERVER").map_or_else(|| env!("CARGO_BIN_EXE_lark-callback").into(), PathBuf::from)
}

/// User and system time of this process.
pub(crate) fn own_cpu() -> Duration {
    cpu_of("self").expect("this process runs")
}

/// How long all cores together were busy, and how long they were there.
pub(crate) fn machine() -> (Duration, Duration) {
    let stat = fs::read_to_string("/proc/stat").expect("Linux has it");
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u32> = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let all: u32 = ticks.iter().sum();
    // The fourth and the fifth: idle, and idle while a disk works.
    (TICK * (all - ticks[3] - ticks[4]), TICK * all)
}

/// User and system time of a process, unless it is gone.
pub(crate) fn cpu_of(process: &str) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may contain anything.
    let fields = stat.rsplit_once(')')?.1;
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u32>().ok())
        .sum();
    Some(TICK * ticks)
}

/// From the line that says that the server is ready.
fn address_in(log: &Path) -> Option<SocketAddr> {
    let log = fs::read_to_string(log).ok()?;
    let lines = log.lines().map(serde_json::from_str::<serde_json::Value>);
    let serving = lines.flatten().find(|line| line["message"] == "Serving")?;
    serving["address"].as_str()?.parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "there is nothing to wait for but a file that another process writes"
)]
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
