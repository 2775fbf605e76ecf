//! Columns of the lists, in both languages.

/// Heading in English and in Chinese, and name of the field.
pub(super) type Column = ([&'static str; 2], &'static str);

/// Columns of each list.
pub(super) const EVENTS: [Column; 11] = [
    (["EVENT", "事件"], "id"),
    (["RECEIVED", "接收时间"], "received_at_ms"),
    (["TYPE", "类型"], "event_type"),
    (["WAY", "接收方式"], "transport"),
    (["LARK'S ID", "飞书事件 ID"], "event_id"),
    (["SEEN AGAIN", "重复次数"], "duplicates"),
    (["OUTCOME", "结果"], "outcome"),
    (["PLUGIN", "插件"], "plugin"),
    (["TOOK", "耗时"], "duration_us"),
    (["DELIVERIES", "投递"], "deliveries"),
    (["ERROR", "错误"], "error"),
];
pub(super) const DELIVERIES: [Column; 9] = [
    (["DELIVERY", "投递"], "id"),
    (["DUE", "计划时间"], "due_at_ms"),
    (["PLUGIN", "插件"], "plugin"),
    (["STATE", "状态"], "state"),
    (["NEXT TRY", "下次尝试"], "next_at_ms"),
    (["WHAT", "内容"], "name"),
    (["TRIES", "尝试次数"], "attempts"),
    (["OUTCOME", "结果"], "outcome"),
    (["ERROR", "错误"], "error"),
];
pub(super) const DEAD: [Column; 7] = [
    (["DELIVERY", "投递"], "id"),
    (["GIVEN UP", "放弃时间"], "finished_at_ms"),
    (["PLUGIN", "插件"], "plugin"),
    (["WHAT", "内容"], "name"),
    (["TRIES", "尝试次数"], "attempts"),
    (["OUTCOME", "结果"], "outcome"),
    (["ERROR", "错误"], "error"),
];

pub(super) const REJECTED: [Column; 8] = [
    (["RECEIVED", "接收时间"], "received_at_ms"),
    (["SENDER", "来源"], "peer"),
    (["APPLICATION", "应用"], "app_id"),
    (["PATH", "路径"], "path"),
    (["STATUS", "状态码"], "status"),
    (["REASON", "原因"], "reason"),
    (["DIAGNOSIS", "诊断"], "diagnosis"),
    (["DETAIL", "详情"], "detail"),
];

pub(super) const AUDIT: [Column; 9] = [
    (["CHANGE", "序号"], "id"),
    (["WHEN", "时间"], "at_ms"),
    (["WHO", "操作者"], "who"),
    (["WAY", "方式"], "way"),
    (["FROM", "来源"], "peer"),
    (["COMMAND", "命令"], "command"),
    (["ARGUMENTS", "参数"], "arguments"),
    (["OUTCOME", "结果"], "outcome"),
    (["RESULT", "返回"], "result"),
];

pub(super) const GROUPS: [Column; 6] = [
    (["COUNT", "数量"], "count"),
    (["PLUGIN", "插件"], "plugin"),
    (["OUTCOME", "结果"], "outcome"),
    (["FIRST", "首次"], "first_at_ms"),
    (["LAST", "最近"], "last_at_ms"),
    (["ERROR", "错误"], "error"),
];

pub(super) const GAPS: [Column; 5] = [
    (["APPLICATION", "应用"], "app"),
    (["FROM", "开始"], "from_ms"),
    (["UNTIL", "结束"], "until_ms"),
    (["SECONDS", "秒数"], "seconds"),
    (["FETCHED", "补取时间"], "caught_up_ms"),
];

pub(super) const VERSIONS: [Column; 11] = [
    (["NUMBER", "序号"], "number"),
    (["VERSION", "版本"], "version"),
    (["HASH", "哈希"], "hash"),
    (["SETTINGS", "配置"], "settings"),
    (["STATE", "状态"], "standing"),
    (["FIRST SERVED", "首次服务"], "first_served_at_ms"),
    (["LAST SERVED", "最近服务"], "last_served_at_ms"),
    (["CALLS", "调用"], "calls"),
    (["FAILED", "失败"], "failures"),
    (["FROM", "来源"], "source"),
    (["SENT BACK", "退回"], "sent_back"),
];

pub(super) const AUTHORIZATIONS: [Column; 6] = [
    (["APPLICATION", "应用"], "app"),
    (["USER", "用户"], "open_id"),
    (["AUTHORIZED", "授权时间"], "authorized_at_ms"),
    (["ACCESS UNTIL", "访问凭证有效期至"], "access_expires_at_ms"),
    (["REFRESH UNTIL", "刷新凭证有效期至"], "refresh_expires_at_ms"),
    (["SCOPES", "权限"], "scopes"),
];

pub(super) const SESSIONS: [Column; 7] = [
    (["CREATED", "创建时间"], "created_at_ms"),
    (["APPLICATION", "应用"], "app_id"),
    (["USER", "用户"], "open_id"),
    (["STATUS", "状态"], "status"),
    (["REASON", "原因"], "reason"),
    (["FINISHED", "结束时间"], "finished_at_ms"),
    (["SCOPES", "权限"], "scopes"),
];

pub(super) const JOBS: [Column; 8] = [
    (["JOB", "任务"], "job"),
    (["COUNTED", "统计时间"], "made_ms"),
    (["ACTION", "操作"], "action"),
    (["STATE", "状态"], "phase"),
    (["COUNT", "数量"], "count"),
    (["DONE", "已处理"], "done"),
    (["FAILED", "失败"], "failed"),
    (["ERROR", "错误"], "error"),
];

pub(super) const KEYS: [Column; 4] = [
    (["KEY", "键"], "key"),
    (["BYTES", "字节"], "bytes"),
    (["FORM", "形式"], "form"),
    (["VALUE", "值"], "value"),
];
