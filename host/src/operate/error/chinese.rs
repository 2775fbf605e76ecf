//! The reasons in Chinese. Whoever adds a reason is asked for its sentence by the compiler.
//!
//! What a database, a disk or a tool says of itself stays in English, after a Chinese sentence.

use std::error::Error;

use lark_callback_store::{BackupError, KvError, ReplayRefusal, StoreError};

use super::{
    super::{Nearest, Role, names::NameKind},
    OperateError,
};
use crate::{
    codes::{Text, any_state, both, state, told},
    telemetry::chain,
};

impl OperateError {
    /// The reason in both languages, with its causes.
    pub fn text(&self) -> Text {
        both(chain(self), self.chinese())
    }

    /// The reason as it is recorded, which names no person.
    pub(in crate::operate) fn recorded(&self) -> Text {
        match self {
            Self::NoAuthorization { app, .. } => told!(
                "this person has not authorized the application {app}",
                "该用户未授权应用 {app}"
            ),
            Self::Person { .. } => told!(
                "what was given is not a person's id: give ou_… or on_…",
                "所给的不是用户 ID：请给出 ou_… 或 on_…"
            ),
            other => other.text(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Role { needs } => format!(
                "此操作需要{}身份：请发送 CALLBACK_ADMIN_TOKEN；CALLBACK_ADMIN_VIEWER_TOKEN 只能查看",
                role(*needs)
            ),
            Self::SearchWithheld => {
                "user、chat、message 和 text 要在消息内容中搜索，而此令牌不能查看消息内容；设置 CALLBACK_VIEWER_PAYLOADS=on 后允许"
                    .to_owned()
            }
            Self::DataWithheld => {
                "此令牌不能查看插件保存的数据、日志和报告的错误；设置 CALLBACK_VIEWER_PAYLOADS=on 后允许".to_owned()
            }
            Self::NothingSelected => "未选择任何内容：请给出编号或过滤条件，或指明全部".to_owned(),
            Self::StateOfDead => "死信只有一种状态；请去掉状态条件".to_owned(),
            Self::State { state: word, allowed } => format!(
                "状态为“{:#}”的投递不能这样更改；允许的状态：{:#}",
                state(word),
                any_state(allowed)
            ),
            Self::SearchElsewhere => {
                "user、chat、message、text 和 after 只能用于 `events list`、`events tail` 和 `events export`".to_owned()
            }
            Self::ErrorElsewhere => "error 只能用于过滤死信；过滤事件和投递请用 outcome 或 text".to_owned(),
            Self::EmptyName { what } => format!("过滤条件中的{:#}为空：请填写，或去掉该条件", what.text()),
            Self::Search(text) => text.zh().to_owned(),
            Self::Unknown { what, name, nearest } => unknown(*what, name, nearest),
            Self::NotLoaded { plugin } => format!(
                "插件 {plugin} 未加载，重放或重试的投递只会等待；请先加载该插件，或使用 --force（API 中为 \"force\": true）"
            ),
            Self::NoDelivery { ids } => format!("没有投递 {ids}；可用 `lark-callback deliveries list` 查看"),
            Self::NotNow { which, allowed } => {
                format!("未做任何更改：{}；允许的状态：{:#}", standing(which), any_state(allowed))
            }
            Self::NoAuthorization { app, user } => {
                format!("{user} 未授权应用 {app}；可用 `lark-callback auth list` 查看")
            }
            Self::NoEvent { key } => no_event(key),
            Self::NotDead { ids } => format!("没有死信 {ids}；可用 `lark-callback dead list` 查看"),
            Self::Replay(refusal) => refusal_in_chinese(refusal),
            Self::Persons { ids_max } => format!("请用 1 到 {ids_max} 个 ID 指明该用户"),
            Self::Person { id } => format!("`{id}` 不是用户 ID：请给出 ou_… 或 on_…"),
            Self::NoVersion { plugin, version } => {
                format!("插件 {plugin} 没有版本 {version}；可用 `lark-callback plugin history {plugin}` 查看")
            }
            Self::SeveralVersions { plugin, version, named } => several(plugin, version, named),
            Self::NothingServes { plugin } => {
                format!("插件 {plugin} 没有正在提供服务的版本；可用 `lark-callback plugin history {plugin}` 查看")
            }
            Self::NotKept { plugin, number } => format!(
                "插件 {plugin} 的版本 {number} 已不保留；可用 `lark-callback plugin history {plugin}` 查看仍保留的版本"
            ),
            Self::NothingBefore { plugin } => {
                format!("插件 {plugin} 在当前提供服务的版本之前，没有可以再次提供服务的版本")
            }
            Self::ServesAlready { plugin, number } => format!(
                "插件 {plugin} 的这个组件已在提供服务；若要让版本 {number} 以当时的配置提供服务：lark-callback plugin pin {plugin} \
                 {number}"
            ),
            Self::NoJob => NO_JOB.to_owned(),
            Self::JobCounts => "该批量任务仍在计数；请等待计数完成后再开始".to_owned(),
            Self::TooManyJobs { jobs_max } => {
                format!("已有 {jobs_max} 个批量任务在执行或等待；请等待其中一个结束，或取消一个")
            }
            Self::TooManyNumbers { numbers_max } => format!("最多指定 {numbers_max} 个编号；更多请使用过滤条件"),
            Self::Backup(error) => backup(error),
            Self::Kv(KvError::OverQuota { bytes_max }) => format!("该插件的键和值合计将超过 {bytes_max} 字节"),
            Self::Kv(KvError::Store(error)) | Self::Store(error) => store(error),
        }
    }
}

/// Reason why one event of many is not replayed, in both languages.
pub(in crate::operate) fn text_of_refusal(refusal: &ReplayRefusal) -> Text {
    both(refusal.to_string(), refusal_in_chinese(refusal))
}

/// Failure of the database in both languages, with its causes.
pub fn text_of_store(error: &StoreError) -> Text {
    both(chain(error), store(error))
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "只读",
        Role::Operator => "运维",
    }
}

fn standing(which: &[(i64, String)]) -> String {
    let each = which.iter().map(|(id, word)| format!("{id} 为“{:#}”", state(word)));
    each.collect::<Vec<_>>().join("，")
}

fn unknown(what: NameKind, name: &str, nearest: &Nearest) -> String {
    let hint = match nearest {
        Nearest::One(nearest) => format!("；是否指 `{nearest}`？"),
        Nearest::Known(names) if names.is_empty() => String::new(),
        Nearest::Known(names) => format!("；已知的有：{}", names.join("、")),
    };
    format!("没有名为 `{name}` 的{:#}{hint}", what.text())
}

const NO_JOB: &str = "本服务器上没有该批量任务：批量任务保留一小时，计数保留 15 分钟，服务停止后都不再保留。请重新计数；\
                      批量任务已完成的部分不会撤销";

fn several(plugin: &str, version: &str, named: &str) -> String {
    format!(
        "{version} 作为序号、作者版本或哈希对应插件 {plugin} 的多个版本：{named}；请用引号写成 '#序号' 指明其中一个"
    )
}

fn no_event(key: &str) -> String {
    format!("没有事件 {key}；可用 `lark-callback events list` 查看")
}

fn refusal_in_chinese(refusal: &ReplayRefusal) -> String {
    match refusal {
        ReplayRefusal::NoEvent { event } => no_event(&event.to_string()),
        ReplayRefusal::PayloadDeleted { event } => {
            format!("事件 {event} 的内容已删除：内容保留 CALLBACK_PAYLOAD_DAYS 天；无法向飞书重新获取")
        }
        ReplayRefusal::NotLoaded { event, plugin } => format!(
            "事件 {event} 将等待插件 {plugin}，而该插件未加载；请加载它，指定其他插件（--plugin），或让它等待（--force）"
        ),
        ReplayRefusal::NoPlugin { event } => {
            format!("事件 {event} 没有在后台投递给任何插件，因此必须指明由哪个插件处理：请指定插件（--plugin）")
        }
    }
}

fn backup(error: &BackupError) -> String {
    let sentence = match error {
        BackupError::Postgres => {
            "数据库是 PostgreSQL，有自己的工具：用 `pg_dump --format=custom --file=FILE URL` 备份；没有服务运行时，用 \
                                  `pg_restore --dbname=URL FILE` 恢复到空数据库"
                .to_owned()
        }
        BackupError::Exists { file } => format!("{} 已存在；请指定其他文件", file.display()),
        BackupError::NotAbsolute => "文件必须以绝对路径给出".to_owned(),
        BackupError::NotWritable { file, folder, .. } => format!(
            "无法写入 {}：服务运行时由运行服务的用户写入，没有服务运行时由当前用户写入；请指定该用户可写目录中的文件，例如 {}",
            file.display(),
            folder.display()
        ),
        BackupError::File { file, .. } => format!("无法读写 {}", file.display()),
        BackupError::Copy { file, .. } => format!("无法复制 {}", file.display()),
        BackupError::NoRoom { file, needed, free } => format!(
            "{} 处没有空间存放数据库副本：需要 {} MiB，剩余 {} MiB",
            file.display(),
            needed >> 20,
            free >> 20
        ),
        BackupError::Unfit { file, reason } => format!("无法恢复 {}：{reason}", file.display()),
        BackupError::Store(error) => return store(error),
    };
    with_cause(sentence, error)
}

fn store(error: &StoreError) -> String {
    let sentence = match error {
        StoreError::Database { what, .. } => format!("数据库出错（{what}）"),
        StoreError::QueueFull { rows_max } => format!("写入队列已满：有 {rows_max} 个写入在等待数据库"),
        StoreError::TooSlow { ms_max } => format!("数据库未在 {ms_max} 毫秒内提交"),
        StoreError::NotShared => {
            "插件发布用于共享 PostgreSQL 的多台服务器，而此数据库是单台服务器的文件；请改为将插件复制到 \
                                  CALLBACK_PLUGINS_DIR"
                .to_owned()
        }
        StoreError::Lost => {
            "数据库文件在服务运行期间被删除、改名或替换；请放回原处，或重启服务以使用现有的文件".to_owned()
        }
        StoreError::Full => "数据库已满：已达到 CALLBACK_DATABASE_BYTES_MAX；请调高该值，或缩短保留时间".to_owned(),
        StoreError::Closed => "数据库已关闭".to_owned(),
        // Of opening it, which a server that answers has done.
        StoreError::Open { .. }
        | StoreError::NotADatabase { .. }
        | StoreError::NotOpened { .. }
        | StoreError::Locked { .. }
        | StoreError::Migrate { .. }
        | StoreError::NotCopied { .. }
        | StoreError::Unreachable { .. }
        | StoreError::Barred { .. }
        | StoreError::Certificate { .. }
        | StoreError::TooOld { .. }
        | StoreError::Unsafe { .. }
        | StoreError::Encoding { .. } => return format!("无法打开数据库：{}", chain(error)),
    };
    with_cause(sentence, error)
}

/// A sentence with the cause of its error, as that tells it.
fn with_cause(sentence: String, error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{sentence}：{}", chain(cause)),
        None => sentence,
    }
}

#[cfg(test)]
mod tests;
