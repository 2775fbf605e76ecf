//! Lark's codes of sending, replying to and changing messages ("Send message").

use super::Section;

const RESOLVE_230001: &str =
    "https://open.feishu.cn/document/uAjLw4CM/ugTN1YjL4UTN24CO1UjN/trouble-shooting/how-to-resolve-error-230001";
const BOT_ABILITY: &str =
    "https://open.feishu.cn/document/uAjLw4CM/ugTN1YjL4UTN24CO1UjN/trouble-shooting/how-to-enable-bot-ability";
const AVAILABILITY: &str = "https://open.feishu.cn/document/home/introduction-to-scope-and-authorization/availability";
const PATCH: &str = "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/patch";

pub(super) static SECTION: Section = Section {
    name: "lark-message",
    title: ["Lark: messages", "飞书：消息"],
    link: "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create",
    entries: entries! {
        "230001" [SURE, RESOLVE_230001];
            en "a parameter is wrong" => "Lark's message names it after `ext=`: correct it in the plugin";
            zh "参数错误" => "飞书的提示在 `ext=` 之后指出了参数：在插件中更正";
        "230002" [SURE];
            en "the bot is not in the chat" => "add the bot to the group";
            zh "机器人不在群中" => "把机器人加入该群";
        "230006" [SURE, BOT_ABILITY];
            en "the application has no bot" => "add the bot under Add Features in the developer console, and publish a version";
            zh "应用没有启用机器人能力" => "在开发者后台“添加应用能力”中添加机器人，并发布版本";
        "230011" [SURE];
            en "the message was recalled" => "nothing to do";
            zh "消息已被撤回" => "无需处理";
        "230013" [SURE, AVAILABILITY];
            en "the user is outside of the application's availability" => "add them in the developer console under Availability, and publish a version";
            zh "用户不在应用的可用范围内" => "在开发者后台“可用范围”中添加，并发布版本";
        "230015" [UNSURE];
            en "the p2p chat may not be shared" => "send to the user's open_id instead";
            zh "不能向该单聊分享" => "改为发送到用户的 open_id";
        "230017" [UNSURE];
            en "the bot is not the owner of the resource in the message" => "upload the file or image with this bot";
            zh "机器人不是消息中资源的拥有者" => "用该机器人上传文件或图片";
        "230018" [UNSURE];
            en "the group does not allow these messages" => "have the owner of the group change its settings";
            zh "该群不允许此类消息" => "请群主更改群设置";
        "230019" [UNSURE];
            en "the topic does not exist" => "send to the group instead";
            zh "话题不存在" => "改为发送到群";
        "230020" [SURE];
            en "too many messages to this chat or user: Lark takes five a second from all bots of a chat" => "nothing to do: the server waits and retries; if it goes on, have the plugin join messages";
            zh "向该群或用户发送过于频繁：同群所有机器人共享每秒 5 条" => "无需处理：服务会等待并重试；若一直如此，让插件合并消息";
        "230022" [UNSURE];
            en "the content contains sensitive information" => "change the content; the company's administrator sets the rule";
            zh "内容含有敏感信息" => "修改内容；规则由企业管理员设置";
        "230025" [SURE];
            en "the content is too long: a text may have 150 KB, a card or post 30 KB" => "shorten it, or send several messages";
            zh "内容过长：文本不超过 150 KB，卡片或富文本不超过 30 KB" => "缩短，或分多条发送";
        "230027" [SURE];
            en "the application may not do this in this chat, or lacks a scope" => "check Permissions & Scopes for `im:message`, and the settings of the group";
            zh "应用在该会话中没有权限，或缺少权限项" => "在“权限管理”检查 `im:message`，并检查群设置";
        "230028" [SURE];
            en "the company's data loss prevention refused the content" => "change the content, or ask the company's administrator";
            zh "内容未通过企业的数据安全（DLP）审查" => "修改内容，或联系企业管理员";
        "230029" [UNSURE];
            en "the user has left the company" => "nothing to do";
            zh "用户已离职" => "无需处理";
        "230031" [SURE, PATCH];
            en "the message is older than 14 days, and can no longer be changed" => "send a new one";
            zh "消息超过 14 天，不能再更新" => "发送新的消息";
        "230034" [UNSURE];
            en "receive_id does not exist, or does not fit receive_id_type" => "compare both in the plugin";
            zh "receive_id 不存在，或与 receive_id_type 不符" => "在插件中核对两者";
        "230035" [UNSURE];
            en "the bot may not send to this chat" => "check whether the group lets only administrators speak, or the bot was muted";
            zh "机器人不能在该会话发言" => "检查群是否仅管理员可发言，或机器人被禁言";
        "230038" [UNSURE];
            en "the bot may not write to a user of another company" => "use a store application, or a user of the own company";
            zh "机器人不能给其他企业的用户发消息" => "使用商店应用，或发给本企业用户";
        "230049" [SURE];
            en "the same message (same `uuid`) is being sent" => "nothing to do: the server waits and retries";
            zh "同一消息（相同 `uuid`）正在发送" => "无需处理：服务会等待并重试";
        "230053" [UNSURE];
            en "the user has turned off messages of this bot" => "nothing to do";
            zh "用户已停止接收该机器人的消息" => "无需处理";
        "230054" [UNSURE];
            en "this kind of message cannot be changed in this way" => "use PATCH for cards, PUT for text and post";
            zh "此类消息不支持该操作" => "卡片用 PATCH，文本和富文本用 PUT";
        "230099" [SURE];
            en "the card was not created; Lark's message names the reason with an ErrCode of its own" => "look up that code: `lark-callback explain 11310`";
            zh "卡片创建失败；飞书的提示中带有自己的 ErrCode" => "查询该错误码：`lark-callback explain 11310`";
        "230110" [UNSURE];
            en "the message was deleted" => "nothing to do";
            zh "消息已被删除" => "无需处理";
        "232009" [UNSURE];
            en "the group was dissolved" => "nothing to do";
            zh "群已解散" => "无需处理";
        "232011" [UNSURE];
            en "the bot is not in the group" => "add the bot to the group";
            zh "机器人不在群中" => "把机器人加入该群";
    },
};
