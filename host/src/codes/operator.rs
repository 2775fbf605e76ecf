//! Codes of the operator's listener and API.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "operator",
    title: ["The operator's listener", "运维端口"],
    link: "commands.md",
    entries: entries! {
        "bad_request";
            en "the filter, path or body of the request is wrong" => "correct what the message names";
            zh "请求的过滤条件、路径或内容不正确" => "按提示更正";
        "not_found";
            en "there is no such event, delivery, plugin, application or path" => "look for it with the list commands: `lark-callback events list`, `lark-callback plugin list`";
            zh "没有这样的事件、投递、插件、应用或路径" => "用列表命令查找：`lark-callback events list`、`lark-callback plugin list`";
        "refused";
            en "the command cannot be done in this state" => "do what the message says";
            zh "当前状态下不能执行该命令" => "按提示操作";
        "storage";
            en "the database did not answer" => "see `lark-callback db status` and the log";
            zh "数据库没有回应" => "查看 `lark-callback db status` 和日志";
        "unauthenticated";
            en "the token is missing or wrong" => "send CALLBACK_ADMIN_TOKEN as `Authorization: Bearer TOKEN`; commands need it in their settings";
            zh "缺少令牌或令牌不正确" => "以 `Authorization: Bearer TOKEN` 发送 CALLBACK_ADMIN_TOKEN；命令需要在设置中有它";
        "forbidden";
            en "the token is for viewing, and this needs the operator's, or a setting that shows viewers payloads" => "send CALLBACK_ADMIN_TOKEN, or set CALLBACK_VIEWER_PAYLOADS=on";
            zh "该令牌仅供查看，而此操作需要运维令牌，或需要允许查看者看到请求内容的设置" => "改用 CALLBACK_ADMIN_TOKEN，或设置 CALLBACK_VIEWER_PAYLOADS=on";
        "operator_token";
            en "a login to the console, or a request to the operator's listener, had a wrong or no token" => "nothing to do if somebody mistyped it; give a monitor CALLBACK_ADMIN_TOKEN; if nobody of yours asks, close the port to others";
            zh "登录控制台或发往运维端口的请求没有令牌或令牌不正确" => "若是输错则无需处理；若是监控程序，为其配置 CALLBACK_ADMIN_TOKEN；若不是你们的请求，对外关闭该端口";
        "origin";
            en "the request came from a web page" => "nothing to do; only programs may use this listener";
            zh "请求来自网页" => "无需处理；只有程序可以使用该端口";
        "operator_origin";
            en "a request to the operator's listener came from a web page" => "nothing to do; it was refused";
            zh "发往运维端口的请求来自网页" => "无需处理；已拒绝";
        "host";
            en "the Host of the request is not the listener's" => "address the listener by the name in CALLBACK_ADMIN_HOST, or set CALLBACK_ADMIN_TOKEN";
            zh "请求的 Host 不是该端口的" => "使用 CALLBACK_ADMIN_HOST 中的名字访问，或设置 CALLBACK_ADMIN_TOKEN";
        "operator_host";
            en "a request to the operator's listener had another Host" => "address it by the name in CALLBACK_ADMIN_HOST, or set CALLBACK_ADMIN_TOKEN";
            zh "发往运维端口的请求带有别的 Host" => "使用 CALLBACK_ADMIN_HOST 中的名字访问，或设置 CALLBACK_ADMIN_TOKEN";
        "busy";
            en "48 requests to the operator's listener are in progress" => "ask again later";
            zh "运维端口已有 48 个请求在进行" => "稍后再试";
    },
};
