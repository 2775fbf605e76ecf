//! Reasons of the built-in plugin `card-auth`, and outcomes of refreshed tokens, as in the metrics.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "authorization",
    title: ["Card authorization", "卡片授权"],
    link: "authorization.md",
    entries: entries! {
        "user_rejected";
            en "the person refused on the card or on the authorize page" => "nothing to do";
            zh "本人在卡片或授权页上拒绝" => "无需处理";
        "superseded";
            en "a newer card for the same person replaced the session" => "nothing to do";
            zh "同一个人的新卡片取代了该会话" => "无需处理";
        "identity_mismatch";
            en "somebody else authorized than the person the card was for" => "nothing to do; the person starts again on their own card";
            zh "授权的人不是卡片对应的人" => "无需处理；请本人在自己的卡片上重新开始";
        "code_refused";
            en "Lark did not take the authorization code" => "the person starts again; look up Lark's code of the log line with `lark-callback explain`";
            zh "飞书没有接受授权码" => "请本人重新开始；用 `lark-callback explain` 查询日志中的飞书错误码";
        "not_allowed";
            en "the person may not use the application" => "add them to its availability in the developer console, and publish a version";
            zh "本人没有该应用的使用权限" => "在开发者后台把其加入可用范围，并发布版本";
        "unavailable";
            en "Lark or the database did not answer in time" => "the person starts again";
            zh "飞书或数据库没有及时回应" => "请本人重新开始";
        "configuration";
            en "a setting here or in the developer console is wrong" => "correct what the log names; look up Lark's code with `lark-callback explain`";
            zh "本服务或开发者后台的某项配置不正确" => "按日志修正；用 `lark-callback explain` 查询飞书错误码";
        "authorize_page";
            en "Lark's authorize page ended with an error" => "compare OAUTH_REDIRECT_URI with the redirect URLs in the developer console, and the scopes with those that are enabled";
            zh "飞书授权页以错误结束" => "核对 OAUTH_REDIRECT_URI 与开发者后台的重定向 URL，以及所请求的权限是否已开通";
        "card_not_sent";
            en "the card could not be sent to the person" => "look up Lark's code of the log line with `lark-callback explain`";
            zh "无法把卡片发给本人" => "用 `lark-callback explain` 查询日志中的飞书错误码";
        "interrupted";
            en "the session ended because the server stopped in between" => "the person starts again";
            zh "服务中途停止，会话结束" => "请本人重新开始";
        "rate_limited";
            en "somebody asked for too many cards or clicked too often" => "nothing to do";
            zh "请求卡片或点击过于频繁" => "无需处理";
        "replayed";
            en "the same return came twice" => "nothing to do";
            zh "同一次返回到达两次" => "无需处理";
        "other_user";
            en "somebody clicked on the card of another person" => "nothing to do";
            zh "有人点击了别人的卡片" => "无需处理";
        "unknown";
            en "a click or return belongs to no session that is still known" => "the person starts again";
            zh "点击或返回不属于任何仍存在的会话" => "请本人重新开始";
        "refreshed";
            en "a user's token was renewed" => "nothing to do";
            zh "用户凭证已刷新" => "无需处理";
        "authorize_again";
            en "Lark has ended the user's grant" => "the person authorizes again";
            zh "飞书已终止该用户的授权" => "请本人重新授权";
        "failed";
            en "Lark could not be reached for a refresh" => "nothing to do: it is retried";
            zh "刷新时无法连接飞书" => "无需处理：会自动重试";
        "lost";
            en "Lark gave a new token, and it could not be stored" => "the person authorizes again; see `lark-callback db status`";
            zh "飞书给出了新凭证，但未能存储" => "请本人重新授权；查看 `lark-callback db status`";
        "outdated";
            en "the person authorized again or revoked while the token was refreshed" => "nothing to do";
            zh "刷新期间本人重新授权或撤销" => "无需处理";
    },
};
