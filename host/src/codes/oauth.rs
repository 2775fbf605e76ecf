//! Lark's codes of authorizing users and of tokens of applications.

use super::Section;

const AUTHORIZE: &str = "https://open.feishu.cn/document/common-capabilities/sso/api/obtain-oauth-code";
const REFRESH: &str = "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/refresh-user-access-token";
const AVAILABILITY: &str = "https://open.feishu.cn/document/home/introduction-to-scope-and-authorization/availability";
const USER_INFO: &str = "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/authen-v1/user_info/get";

pub(super) static SECTION: Section = Section {
    name: "lark-oauth",
    title: ["Lark: authorizing users", "飞书：用户授权"],
    link: "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/get-user-access-token",
    entries: entries! {
        "1007" [SURE];
            en "the authorization code expired or was used" => "the user needs a new card";
            zh "授权码已过期或已使用" => "用户需要新的卡片";
        "20001" [SURE];
            en "a parameter of the request is missing, so it does not suit the endpoint" => "check LARK_API_BASE_URL, LARK_ACCOUNTS_BASE_URL and LARK_OAUTH_TOKEN_ENDPOINT: they may lead to something else than Lark";
            zh "请求缺少参数，与接口不符" => "检查 LARK_API_BASE_URL、LARK_ACCOUNTS_BASE_URL 和 LARK_OAUTH_TOKEN_ENDPOINT：它们可能指向飞书以外的服务";
        "20002" [SURE];
            en "LARK_APP_SECRET is not the secret of LARK_APP_ID" => "copy both from the developer console, under Credentials & Basic Info";
            zh "LARK_APP_SECRET 不是 LARK_APP_ID 的密钥" => "从开发者后台“凭证与基础信息”复制两者";
        "20003" [SURE];
            en "Lark does not know the authorization code, or it was used" => "the user needs a new card";
            zh "飞书不认识该授权码，或已使用" => "用户需要新的卡片";
        "20004" [SURE];
            en "the authorization code expired: it is good for five minutes" => "the user needs a new card";
            zh "授权码已过期：有效期五分钟" => "用户需要新的卡片";
        "20005" [UNSURE, USER_INFO];
            en "the user's access token is not valid, has expired or was revoked" => "the user authorizes again; if it happens right after authorizing, LARK_API_BASE_URL leads to another Lark than LARK_ACCOUNTS_BASE_URL";
            zh "用户的 access token 无效、已过期或已撤销" => "请用户重新授权；若授权后立刻出现，则 LARK_API_BASE_URL 与 LARK_ACCOUNTS_BASE_URL 指向不同的平台";
        "20007" [SURE];
            en "the authorization code expired or was used" => "the user needs a new card";
            zh "授权码已过期或已使用" => "用户需要新的卡片";
        "20008" [SURE];
            en "Lark does not know the user; they may have left the company" => "nothing here; an administrator looks the account up";
            zh "飞书不认识该用户；可能已离职" => "本服务无需处理；由管理员查看账号";
        "20009" [SURE];
            en "the application is not installed in the user's company" => "an administrator there must install it";
            zh "用户所在企业没有安装该应用" => "由该企业的管理员安装";
        "20010" [SURE, AVAILABILITY];
            en "the user is outside of the application's availability" => "add them in the developer console under Availability, and publish a version";
            zh "用户不在应用的可用范围内" => "在开发者后台“可用范围”中添加，并发布版本";
        "20021" [UNSURE];
            en "the user has left the company" => "nothing to do";
            zh "用户已离职" => "无需处理";
        "20022" [UNSURE];
            en "the user's account is suspended" => "an administrator can restore it";
            zh "用户账号已暂停使用" => "管理员可以恢复";
        "20023" [UNSURE];
            en "the user has not activated their account yet" => "the user activates it";
            zh "用户尚未激活账号" => "由用户激活";
        "20024" [SURE];
            en "the code or token was made for another application than LARK_APP_ID" => "use one application for link and exchange: check LARK_APP_ID on all servers";
            zh "授权码或凭证属于 LARK_APP_ID 之外的应用" => "链接与兑换须使用同一应用：检查所有服务的 LARK_APP_ID";
        "20026" [SURE, REFRESH];
            en "Lark rejected the refresh token" => "the user authorizes again";
            zh "飞书拒绝了 refresh token" => "请用户重新授权";
        "20027" [UNSURE, AUTHORIZE];
            en "the application does not have one of the scopes that it asks for" => "add it in the developer console under Permissions & Scopes and publish a version; for offline_access there is OAUTH_OFFLINE_ACCESS=off too";
            zh "应用没有开通所请求的某项权限" => "在开发者后台“权限管理”开通并发布版本；对 offline_access 也可设置 OAUTH_OFFLINE_ACCESS=off";
        "20029" [SURE, AUTHORIZE];
            en "OAUTH_REDIRECT_URI is not registered in the console of this application" => "add it under Security Settings > Redirect URLs; it must be the same to the letter";
            zh "OAUTH_REDIRECT_URI 没有在该应用的后台登记" => "在“安全设置 > 重定向 URL”中添加；必须逐字符相同";
        "20036" [SURE];
            en "the endpoint does not know the grant type" => "check LARK_API_BASE_URL, LARK_ACCOUNTS_BASE_URL and LARK_OAUTH_TOKEN_ENDPOINT: they may lead to something else than Lark";
            zh "接口不认识该 grant_type" => "检查 LARK_API_BASE_URL、LARK_ACCOUNTS_BASE_URL 和 LARK_OAUTH_TOKEN_ENDPOINT：它们可能指向飞书以外的服务";
        "20037" [SURE, REFRESH];
            en "the refresh token has expired" => "the user authorizes again";
            zh "refresh token 已过期" => "请用户重新授权";
        "20043" [UNSURE, AUTHORIZE];
            en "one of the scopes that are asked for does not exist" => "correct its name; Permissions & Scopes in the developer console lists them";
            zh "所请求的某项权限不存在" => "更正名称；开发者后台“权限管理”列出了所有权限";
        "20048" [SURE];
            en "there is no application with LARK_APP_ID at this Lark" => "copy LARK_APP_ID anew; Feishu and Lark have different applications, see LARK_API_BASE_URL";
            zh "该平台上没有 LARK_APP_ID 对应的应用" => "重新复制 LARK_APP_ID；飞书与 Lark 的应用互不相通，参见 LARK_API_BASE_URL";
        "20049" [SURE];
            en "the code belongs to another link than the verifier (PKCE)" => "if it happens with LARK_OAUTH_TOKEN_ENDPOINT=v3, set it to v2; else somebody may have changed the link";
            zh "授权码与 code_verifier 不属于同一链接（PKCE）" => "若使用 LARK_OAUTH_TOKEN_ENDPOINT=v3，请改为 v2；否则可能有人改动了链接";
        "20050" [SURE];
            en "an internal error of Lark" => "it passes; it is retried by itself";
            zh "飞书内部错误" => "会自行恢复；自动重试";
        "20063" [SURE];
            en "the form of the request does not suit the endpoint" => "check LARK_API_BASE_URL, LARK_ACCOUNTS_BASE_URL and LARK_OAUTH_TOKEN_ENDPOINT: they may lead to something else than Lark";
            zh "请求格式与接口不符" => "检查 LARK_API_BASE_URL、LARK_ACCOUNTS_BASE_URL 和 LARK_OAUTH_TOKEN_ENDPOINT：它们可能指向飞书以外的服务";
        "20064" [SURE, REFRESH];
            en "the refresh token was revoked" => "the user authorizes again";
            zh "refresh token 已被撤销" => "请用户重新授权";
        "20065" [SURE];
            en "the authorization code was used before" => "the user needs a new card";
            zh "授权码已被使用" => "用户需要新的卡片";
        "20066" [SURE];
            en "the user's account is not active: suspended, or they have left the company" => "an administrator can restore it";
            zh "用户账号状态异常：已暂停或已离职" => "管理员可以恢复";
        "20067" [SURE];
            en "a scope is asked for twice" => "name each scope once";
            zh "重复请求了某项权限" => "每项权限只写一次";
        "20068" [SURE];
            en "a scope is asked for that the user has not granted, or the application does not have" => "add it in the developer console under Permissions & Scopes and publish a version, then have the user authorize again";
            zh "请求了用户未授权或应用未开通的权限" => "在开发者后台“权限管理”开通并发布版本，然后请用户重新授权";
        "20069" [SURE];
            en "the application is not enabled" => "have an administrator enable it, or publish its first version in the developer console";
            zh "应用未启用" => "请管理员启用，或在开发者后台发布第一个版本";
        "20070" [SURE];
            en "the endpoint got two kinds of credentials at once" => "check LARK_API_BASE_URL, LARK_ACCOUNTS_BASE_URL and LARK_OAUTH_TOKEN_ENDPOINT: a gateway in between may add credentials of its own";
            zh "接口同时收到两种身份凭证" => "检查 LARK_API_BASE_URL、LARK_ACCOUNTS_BASE_URL 和 LARK_OAUTH_TOKEN_ENDPOINT：中间的网关可能加了自己的凭证";
        "20071" [SURE];
            en "OAUTH_REDIRECT_URI is another one than the link was made with" => "set the same on all servers, and do not change it while somebody authorizes";
            zh "OAUTH_REDIRECT_URI 与生成链接时的不同" => "所有服务设为相同的值，且不要在有人授权时更改";
        "20072" [SURE];
            en "the endpoint is temporarily unavailable" => "it passes; it is retried by itself";
            zh "接口暂不可用" => "会自行恢复；自动重试";
        "20073" [SURE, REFRESH];
            en "the refresh token was used before; two servers with different databases may share the application" => "the user authorizes again; let all servers of an application share one database";
            zh "refresh token 已使用过；可能有两个使用不同数据库的服务共用该应用" => "请用户重新授权；让同一应用的所有服务共用一个数据库";
        "20074" [SURE, REFRESH];
            en "refreshing user_access_token is switched off for the application" => "switch it on in the developer console, under Security Settings";
            zh "应用没有开启刷新 user_access_token" => "在开发者后台“安全设置”中开启";
    },
};

pub(super) static APP_TOKENS: Section = Section {
    name: "lark-app",
    title: ["Lark: tokens of applications", "飞书：应用凭证"],
    link: "https://open.feishu.cn/document/ukTMukTMukTM/ugjM14COyUjL4ITN",
    entries: entries! {
        "10003" [SURE];
            en "LARK_APP_ID is not an App ID (cli_…), or a parameter is wrong" => "copy LARK_APP_ID from the developer console, under Credentials & Basic Info";
            zh "LARK_APP_ID 不是 App ID（cli_…），或参数错误" => "从开发者后台“凭证与基础信息”复制 LARK_APP_ID";
        "10005" [UNSURE];
            en "the application may not do this" => "check its scopes and availability in the developer console, and publish a version";
            zh "应用无权执行该操作" => "在开发者后台检查权限和可用范围，并发布版本";
        "10012" [SURE];
            en "the app_ticket of the store application is no longer valid" => "nothing to do: this server asks Lark for a new one";
            zh "商店应用的 app_ticket 已失效" => "无需处理：本服务会请求新的";
        "10013" [UNSURE];
            en "the application is disabled, or not installed in this tenant" => "have an administrator install and enable it, and publish a version in the developer console";
            zh "应用已停用，或未安装在该企业" => "请管理员安装并启用，并在开发者后台发布版本";
        "10014" [UNSURE];
            en "LARK_APP_SECRET is not the secret of LARK_APP_ID, or there is no such application" => "copy both from the developer console, under Credentials & Basic Info";
            zh "LARK_APP_SECRET 不是 LARK_APP_ID 的密钥，或没有该应用" => "从开发者后台“凭证与基础信息”复制两者";
        "10015" [UNSURE];
            en "the App Secret is wrong" => "copy LARK_APP_SECRET from the developer console, under Credentials & Basic Info";
            zh "App Secret 不正确" => "从开发者后台“凭证与基础信息”复制 LARK_APP_SECRET";
        "10019" [UNSURE];
            en "the tenant does not have the application" => "have an administrator of that company install it";
            zh "该企业没有安装应用" => "请该企业的管理员安装";
    },
};
