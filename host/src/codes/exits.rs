//! Exit codes of the program.

use super::Section;

macro_rules! exits {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// Exit code of a command that did not succeed. The numbers are stable, because scripts depend on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Exit {
            $($(#[$doc])* $name = $number,)*
        }

        impl Exit {
            /// Every exit code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

exits! {
    /// Any failure without a code of its own.
    Failed = 1,
    /// Wrong usage of the command line; the parser of arguments uses the same number.
    Usage = 2,
    /// Wrong settings.
    Settings = 3,
    /// The database cannot be used.
    Database = 4,
    /// The thing that was named does not exist.
    NotFound = 5,
}

pub(super) static SECTION: Section = Section {
    name: "exit",
    title: ["Exit codes", "退出码"],
    link: "operating.md",
    entries: entries! {
        "exit 0";
            en "done, stopped as asked, or switched off by CALLBACK_SERVER_ENABLED (`false`, `0`, `no`, `off`, or not set, with no problem in the other settings)" => "if the server should run, set CALLBACK_SERVER_ENABLED=true";
            zh "完成、按要求停止，或被 CALLBACK_SERVER_ENABLED 关闭（`false`、`0`、`no`、`off`，或未设置且其他配置没有问题）" => "若服务应当运行，设置 CALLBACK_SERVER_ENABLED=true";
        "exit 1";
            en "failed (`send`: the answer was not 200)" => "do what the message says";
            zh "失败（`send`：应答不是 200）" => "按提示操作";
        "exit 2";
            en "wrong usage of the command line, including a flag that the command does not have" => "see `lark-callback --help`";
            zh "命令行用法错误，包括该命令没有的参数" => "查看 `lark-callback --help`";
        "exit 3";
            en "wrong settings, or a settings file that cannot be read; all problems are listed" => "correct them all; `lark-callback settings` has each setting's range";
            zh "配置错误，或配置文件无法读取；会列出所有问题" => "全部更正；`lark-callback settings` 有每项设置的取值范围";
        "exit 4";
            en "the database cannot be opened, is used by another server, does not answer, or cannot be migrated" => "do what the message says; TOKEN_DB_PATH and DATABASE_URL name the database";
            zh "数据库无法打开、被另一个服务占用、没有回应或无法迁移" => "按提示操作；TOKEN_DB_PATH 和 DATABASE_URL 指定数据库";
        "exit 5";
            en "there is no such event, dead letter, plugin or application" => "the message suggests the nearest name";
            zh "没有这样的事件、死信、插件或应用" => "提示中有最接近的名字";
        "exit 137";
            en "the system killed the process (SIGKILL), usually because memory ran out" => "look for `Out of memory` in the kernel's log; give it more memory or lower CALLBACK_PLUGIN_MEMORY_BYTES_MAX";
            zh "系统杀死了进程（SIGKILL），通常是内存不足" => "在内核日志中查找 `Out of memory`；增加内存或调低 CALLBACK_PLUGIN_MEMORY_BYTES_MAX";
    },
};
