//! Macros that log with the arguments of `format!`.

/// Logs details for debugging the plugin: `debug!(host, "{count} clicks")`.
#[macro_export]
macro_rules! debug {
    ($host:expr, $($words:tt)+) => {
        $host.write_log($crate::Level::Debug, &::std::format!($($words)+))
    };
}

/// Logs what a plugin does in normal operation.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # fn handle(host: &dyn Host) {
/// let count = 3;
/// lark_plugin_sdk::info!(host, "{count} clicks");
/// # }
/// # let host = FakeHost::new();
/// # handle(&host);
/// # assert_eq!(host.logged()[0].message, "3 clicks");
/// ```
#[macro_export]
macro_rules! info {
    ($host:expr, $($words:tt)+) => {
        $host.write_log($crate::Level::Info, &::std::format!($($words)+))
    };
}

/// Logs something unexpected, without consequences for users.
#[macro_export]
macro_rules! warn {
    ($host:expr, $($words:tt)+) => {
        $host.write_log($crate::Level::Warn, &::std::format!($($words)+))
    };
}

/// Logs a fault that needs attention.
#[macro_export]
macro_rules! error {
    ($host:expr, $($words:tt)+) => {
        $host.write_log($crate::Level::Error, &::std::format!($($words)+))
    };
}
