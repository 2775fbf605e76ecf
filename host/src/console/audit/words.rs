//! Words for what the audit records: commands, their arguments and results. Programs keep the names.

use crate::{
    codes::{Text, both},
    operate::of_server,
};

/// Commands that are recorded, in the order in which they are offered.
pub(super) const COMMANDS: [(&str, [&str; 2]); 26] = [
    ("events/replay", ["replay events", "重放事件"]),
    ("deliveries/retry", ["retry deliveries", "重试投递"]),
    ("deliveries/drop", ["drop deliveries", "丢弃投递"]),
    ("dead/retry", ["retry dead letters", "重试死信"]),
    ("dead/drop", ["drop dead letters", "丢弃死信"]),
    (of_server::JOB_START, ["start a job", "开始批量任务"]),
    (of_server::JOB_CANCEL, ["cancel a job", "取消批量任务"]),
    (of_server::TASK, ["run a task of a plugin", "运行插件任务"]),
    ("plugin-install", ["install a plugin", "安装插件"]),
    ("plugin publish", ["publish a plugin", "发布插件"]),
    ("plugin unpublish", ["unpublish a plugin", "取消发布插件"]),
    ("plugin-orders/rollback", ["roll a plugin back", "回滚插件"]),
    ("plugin-orders/pin", ["pin a version of a plugin", "固定插件版本"]),
    (
        "plugin-orders/unpin",
        ["unpin a plugin, or lift its rollback", "取消插件的固定或回滚"],
    ),
    ("plugin-orders/disable", ["disable a plugin", "停用插件"]),
    ("plugin-orders/enable", ["enable a plugin", "启用插件"]),
    ("plugin-orders/pause", ["pause a plugin", "暂停插件"]),
    ("plugin-orders/resume", ["resume a plugin", "恢复插件"]),
    ("authorizations/revoke", ["revoke an authorization", "撤销授权"]),
    ("erase", ["erase a person's data", "删除个人数据"]),
    ("prune", ["delete expired data", "删除过期数据"]),
    ("backup", ["back up the database", "备份数据库"]),
    ("db restore", ["restore the database", "恢复数据库"]),
    ("db copy", ["copy the database", "复制数据库"]),
    (of_server::CATCH_UP, ["fetch missed messages", "补拉遗漏的消息"]),
    (of_server::LOG_LEVEL, ["change the log level", "更改日志级别"]),
];

/// Names of arguments and results.
const FIELDS: [(&str, [&str; 2]); 38] = [
    ("action", ["action", "操作"]),
    ("added", ["added", "新增"]),
    ("all", ["all", "全部"]),
    ("app", ["application", "应用"]),
    ("bytes", ["bytes", "字节数"]),
    ("caught_up", ["caught up", "已补拉"]),
    ("changed", ["changed", "已更改"]),
    ("changed_meanwhile", ["changed meanwhile", "期间已变化"]),
    ("count", ["number", "数量"]),
    ("current_settings", ["with the present settings", "使用当前设置"]),
    ("deliveries", ["deliveries", "投递"]),
    ("delivery", ["delivery", "投递"]),
    ("dropped", ["dropped", "已丢弃"]),
    ("dry_run", ["only counted", "仅计数"]),
    ("erased", ["erased", "已删除"]),
    ("event", ["event", "事件"]),
    ("events", ["events", "事件"]),
    ("failed", ["not changed", "未更改"]),
    ("file", ["file", "文件"]),
    ("filter", ["filter", "筛选"]),
    ("force", ["also if it is not loaded", "未加载也执行"]),
    ("hash", ["hash", "哈希"]),
    ("ids", ["numbers", "编号"]),
    ("is_capped", ["more match", "还有更多匹配项"]),
    ("level", ["level", "级别"]),
    ("not_loaded", ["plugin not loaded", "插件未加载"]),
    (
        "not_reached",
        [
            "not reached before it was cancelled or the server stopped",
            "取消或服务停止前未执行",
        ],
    ),
    ("plugin", ["plugin", "插件"]),
    ("refusals", ["refusals", "拒绝原因"]),
    ("refused", ["refused", "被拒绝"]),
    ("replayed", ["replayed", "已重放"]),
    ("retried", ["retried", "已重试"]),
    ("revoked", ["revoked", "已撤销"]),
    ("task", ["task", "任务"]),
    ("to_plugin", ["to the plugin", "目标插件"]),
    ("user", ["user", "用户"]),
    ("users", ["users", "用户"]),
    ("version", ["version", "版本"]),
];

/// Name of a command; nothing for one of another version.
pub(super) fn command(command: &str) -> Option<Text> {
    found(&COMMANDS, command)
}

/// Name of an argument or a result; nothing for one of another version.
pub(super) fn field(field: &str) -> Option<Text> {
    found(&FIELDS, field)
}

fn found(names: &[(&str, [&str; 2])], word: &str) -> Option<Text> {
    let (_, [en, zh]) = names.iter().find(|(name, _)| *name == word)?;
    Some(both(*en, *zh))
}

#[cfg(test)]
mod tests {
    use super::command;
    use crate::operate::{ROUTES, Verb, of_server};

    #[test]
    fn every_command_that_changes_something_has_a_name() {
        let of_database = ROUTES.map(|route| (route.verb, route.path));
        let of_server = of_server::SERVER_ROUTES.map(|route| (route.verb, route.path));
        for (verb, path) in [&of_database[..], &of_server].concat() {
            // A count changes nothing.
            if verb == Verb::Post && path != of_server::JOBS {
                let name = path.trim_start_matches("audit/");
                assert!(command(name).is_some(), "{name}");
            }
        }
    }
}
