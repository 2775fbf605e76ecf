//! Variables by which systemd, or whoever plays it, speaks to the process. They are not settings.

use std::{env, ffi::OsString, process, time::Duration};

/// Variables with which the service manager started the process.
#[derive(Debug, Clone, Default)]
pub struct ServiceManager {
    /// `NOTIFY_SOCKET`: where to send states.
    pub notify_socket: Option<OsString>,
    /// `WATCHDOG_USEC`: longest time between two signs of life, if this process is to send them.
    pub watchdog: Option<Duration>,
}

impl ServiceManager {
    /// Reads the variables.
    #[expect(clippy::disallowed_methods, reason = "this is `config`")]
    pub fn from_environment() -> Self {
        let number = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
        // The variables may have been meant for the process that started this one.
        let is_meant = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|usec| *usec > 0 && is_meant);
        Self {
            notify_socket: env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty()),
            watchdog: watchdog.map(Duration::from_micros),
        }
    }
}

/// `LISTEN_FDNAMES`: names of the sockets that are handed over, with colons between.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
pub fn listen_names() -> Option<String> {
    env::var("LISTEN_FDNAMES").ok()
}
