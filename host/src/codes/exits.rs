//! Exit codes of the program.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "exit",
    title: ["Exit codes", "退出码"],
    link: "operating.md",
    entries: entries! {
        "exit 0";
            en "done, stopped as asked, or switched off by CALLBACK_SERVER_ENABLED" => "if the server should run, set CALLBACK_SERVER_ENABLED=true";
            zh "完成、按要求停止，或被 CALLBACK_SERVER_ENABLED 关闭" => "若服务应当运行，设置 CALLBACK_SERVER_ENABLED=true";
        "exit 1";
            en "failed" => "do what the message says";
            zh "失败" => "按提示操作";
        "exit 2";
            en "wrong usage of the command line" => "see `lark-callback --help`";
            zh "命令行用法不正确" => "查看 `lark-callback --help`";
        "exit 3";
            en "wrong settings; all problems are listed" => "correct them all; `lark-callback settings` has each setting's range";
            zh "设置不正确；所有问题都已列出" => "全部更正；`lark-callback settings` 有每项设置的取值范围";
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
