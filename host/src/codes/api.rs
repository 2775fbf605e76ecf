//! Lark's codes that any call of its API can meet.

use super::Section;

const RATE: &str = "https://open.feishu.cn/document/ukTMukTMukTM/uUzN04SN3QjL1cDN";
const SCOPES: &str = "https://open.feishu.cn/document/ukTMukTMukTM/uQjN3QjL0YzN04CN2cDN";
const RESOLVE_99991679: &str = "https://open.feishu.cn/document/faq/trouble-shooting/how-to-resolve-error-99991679";

pub(super) static SECTION: Section = Section {
    name: "lark-api",
    title: ["Lark: calls of the API", "飞书：调用 OpenAPI"],
    link: "https://open.feishu.cn/document/ukTMukTMukTM/ugjM14COyUjL4ITN",
    entries: entries! {
        "1500" [SURE];
            en "an internal error of Lark" => "try again later; if it goes on, give Lark's support the log id";
            zh "飞书内部错误" => "稍后重试；若一直如此，把 log id 提供给飞书客服";
        "99991400" [SURE, RATE];
            en "too many requests" => "nothing to do: the server waits as long as Lark asks, and retries; if it goes on, have the plugin call less often";
            zh "请求过于频繁" => "无需处理：服务按飞书要求等待并重试；若一直如此，让插件降低调用频率";
        "99991401" [UNSURE];
            en "this machine's address is not in the IP allowlist of the application" => "add it in the developer console under Security Settings > IP Allowlist";
            zh "本机地址不在应用的 IP 白名单中" => "在开发者后台“安全设置 > IP 白名单”中添加";
        "99991543" [UNSURE];
            en "App ID and App Secret do not belong together" => "copy LARK_APP_ID and LARK_APP_SECRET from the developer console";
            zh "App ID 与 App Secret 不匹配" => "从开发者后台复制 LARK_APP_ID 和 LARK_APP_SECRET";
        "99991661" [UNSURE];
            en "the call had no token" => "nothing to do: the server adds one and retries; a gateway in between may drop the header Authorization";
            zh "调用没有带凭证" => "无需处理：服务会补上并重试；中间的网关可能丢弃了 Authorization 请求头";
        "99991663" [SURE];
            en "the tenant_access_token is no longer valid" => "nothing to do: the server gets a new one and retries";
            zh "tenant_access_token 已失效" => "无需处理：服务会获取新的并重试";
        "99991664" [SURE];
            en "the app_access_token is no longer valid" => "nothing to do: the server gets a new one and retries";
            zh "app_access_token 已失效" => "无需处理：服务会获取新的并重试";
        "99991665" [UNSURE];
            en "the tenant of the token is not valid" => "the company must have the application installed; for a store application check the tenant key";
            zh "凭证所属的企业无效" => "该企业须已安装应用；商店应用请检查 tenant key";
        "99991668" [SURE];
            en "the user's access token is not valid" => "nothing to do: the server refreshes it and retries; if it goes on, the user authorizes again";
            zh "用户的 access token 无效" => "无需处理：服务会刷新并重试；若一直如此，请用户重新授权";
        "99991671" [SURE];
            en "the token has a wrong form" => "nothing to do: the server gets a new one and retries";
            zh "凭证格式不正确" => "无需处理：服务会获取新的并重试";
        "99991672" [UNSURE, SCOPES];
            en "the application does not have the scope for this call" => "add one of the scopes that Lark's message names under Permissions & Scopes, publish a version, and have an administrator approve it";
            zh "应用没有开通该接口所需的权限" => "在“权限管理”开通飞书提示的任一权限，发布版本，并由管理员审核通过";
        "99991673" [UNSURE];
            en "the application is not available: it is disabled or not installed" => "have an administrator install and enable it";
            zh "应用不可用：已停用或未安装" => "请管理员安装并启用";
        "99991676" [UNSURE];
            en "the token does not have the scope for this call" => "add the scope under Permissions & Scopes, publish a version, and authorize again";
            zh "凭证没有该接口所需的权限" => "在“权限管理”开通权限，发布版本，并重新授权";
        "99991677" [SURE];
            en "the user's access token has expired" => "nothing to do: the server refreshes it and retries";
            zh "用户的 access token 已过期" => "无需处理：服务会刷新并重试";
        "99991679" [SURE, RESOLVE_99991679];
            en "the user has not granted the scope for this call" => "add the scope under Permissions & Scopes, publish a version, and have the user authorize again with it";
            zh "用户没有授予该接口所需的权限" => "在“权限管理”开通权限，发布版本，并请用户带该权限重新授权";
        "9499" [UNSURE];
            en "the body of the call does not fit the endpoint" => "correct the plugin: a field has the wrong name or type";
            zh "调用内容与接口不符" => "修正插件：字段名称或类型不正确";
    },
};
