//! Codes of Lark's long connection: of the discovery, of a refused upgrade, of a close, and why a frame was not handled.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "connection",
    title: ["The long connection", "长连接"],
    link: "long-connection.md",
    entries: entries! {
        "1" [SURE];
            en "Lark's gateway is busy" => "nothing to do: the server tries again by itself";
            zh "飞书网关繁忙" => "无需处理：服务会自动重试";
        "403" [SURE];
            en "the application may not use the long connection" => "only a custom application that is enabled in its tenant may: check its type and its state in the developer console, and that a version is published";
            zh "该应用不能使用长连接" => "只有企业自建应用可以使用，且须在企业内启用：在开发者后台检查应用类型和状态，并确认已发布版本";
        "514" [SURE];
            en "Lark's gateway did not let the connection in" => "compare LARK_APP_ID and LARK_APP_SECRET with the developer console; together with the code 1000040350 it means too many connections";
            zh "飞书网关没有接受该连接" => "将 LARK_APP_ID 和 LARK_APP_SECRET 与开发者后台核对；同时出现 1000040350 表示连接数过多";
        "3001" [UNSURE];
            en "Lark closed the connection because the application has too many" => "stop other clients of the application, or lower LARK_LONG_CONNECTIONS; connections that died a few minutes ago still count";
            zh "应用的连接数过多，飞书关闭了连接" => "停止该应用的其他客户端，或调低 LARK_LONG_CONNECTIONS；几分钟前断开的连接仍会计数";
        "9499" [UNSURE];
            en "Lark found no usable credentials in the request for an endpoint" => "compare LARK_APP_ID and LARK_APP_SECRET with the developer console";
            zh "获取长连接地址的请求中没有可用的凭证" => "将 LARK_APP_ID 和 LARK_APP_SECRET 与开发者后台核对";
        "1000040343" [SURE];
            en "Lark's gateway has an internal error" => "nothing to do: the server tries again by itself";
            zh "飞书网关内部错误" => "无需处理：服务会自动重试";
        "1000040344" [SURE];
            en "App ID or App Secret is missing in the request for an endpoint" => "set LARK_APP_ID and LARK_APP_SECRET as the developer console shows them";
            zh "获取长连接地址的请求缺少 App ID 或 App Secret" => "按开发者后台显示的值设置 LARK_APP_ID 和 LARK_APP_SECRET";
        "1000040345" [UNSURE];
            en "App ID or App Secret is wrong, or the application was never published" => "compare LARK_APP_ID and LARK_APP_SECRET with the developer console, and publish a version of the application";
            zh "App ID 或 App Secret 错误，或应用从未发布过版本" => "将 LARK_APP_ID 和 LARK_APP_SECRET 与开发者后台核对，并发布应用版本";
        "1000040346" [UNSURE];
            en "Lark knows no application with this App ID" => "compare LARK_APP_ID with the developer console; an application of Lark needs LARK_API_BASE_URL=https://open.larksuite.com";
            zh "飞书没有该 App ID 的应用" => "将 LARK_APP_ID 与开发者后台核对；Lark 的应用需要设置 LARK_API_BASE_URL=https://open.larksuite.com";
        "1000040350" [SURE];
            en "too many connections of the application are open; those that died a few minutes ago still count" => "stop other clients of the application, or lower LARK_LONG_CONNECTIONS; an application may have 50 connections. `lark-callback doctor` shows how many are open";
            zh "应用的连接数过多；几分钟前断开的连接仍会计数" => "停止该应用的其他客户端，或调低 LARK_LONG_CONNECTIONS；每个应用最多 50 个连接。`lark-callback doctor` 会显示当前连接数";
        "1000040351" [UNSURE];
            en "the application belongs to the other service: to Feishu, and was looked for at Lark, or the reverse" => "set LARK_API_BASE_URL to https://open.feishu.cn for Feishu, https://open.larksuite.com for Lark, and LARK_ACCOUNTS_BASE_URL to the accounts address of the same service";
            zh "应用属于另一个平台：飞书的应用访问了 Lark 的域名，或反之" => "飞书将 LARK_API_BASE_URL 设为 https://open.feishu.cn，Lark 设为 https://open.larksuite.com，并将 LARK_ACCOUNTS_BASE_URL 设为同一平台的地址";
        "fragment";
            en "the fragments of a message contradict each other, or together are larger than a callback may be, or too many messages are unfinished" => "nothing to do for a single one, Lark sends events again; if it goes on, something between changes the stream";
            zh "消息的分片互相矛盾，或合并后超出回调的大小限制，或未完成的消息过多" => "偶尔出现无需处理，飞书会重推事件；若持续出现，说明途中有程序改动了数据";
        "overloaded";
            en "256 pushes were in work, and one more came" => "look at `lark-callback events list` for slow plugins; run one more server on the same PostgreSQL";
            zh "已有 256 个推送正在处理，又收到一个" => "用 `lark-callback events list` 查看慢插件；或在同一 PostgreSQL 上增加一台服务";
        "unfinished";
            en "the other fragments of a message did not come within 10 s" => "nothing to do: Lark sends events again";
            zh "消息的其余分片没有在 10 秒内到达" => "无需处理：飞书会重推事件";
    },
};
