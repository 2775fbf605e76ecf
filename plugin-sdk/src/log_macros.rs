//! Macros that log with the arguments of `format!`.

/// Logs details for debugging the plugin: `debug!(host, "{count} clicks")`.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// let count = 3;
/// lark_plugin_sdk::debug!(host, "{count} clicks, {:?}", [1, 2]);
/// # assert_eq!(fake.logged()[0].level, lark_plugin_sdk::Level::Debug);
/// ```
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
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// let count = 3;
/// lark_plugin_sdk::warn!(host, "{count} rows have no name");
/// # assert_eq!(fake.logged()[0].level, lark_plugin_sdk::Level::Warn);
/// ```
#[macro_export]
macro_rules! warn {
    ($host:expr, $($words:tt)+) => {
        $host.write_log($crate::Level::Warn, &::std::format!($($words)+))
    };
}

/// Logs a fault that needs attention.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// let count = 3;
/// lark_plugin_sdk::error!(host, "{count} tickets could not be closed");
/// # assert_eq!(fake.logged()[0].level, lark_plugin_sdk::Level::Error);
/// ```
#[macro_export]
macro_rules! error {
    ($host:expr, $($words:tt)+) => {
        $host.write_log($crate::Level::Error, &::std::format!($($words)+))
    };
}
