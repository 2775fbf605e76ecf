//! Lark's codes of creating cards and of updating them after a click ("Delayed card update").

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "lark-card",
    title: ["Lark: cards and their updates", "飞书：卡片与延时更新"],
    link: "https://open.feishu.cn/document/ukTMukTMukTM/uMDO1YjLzgTN24yM4UjN",
    entries: entries! {
        "10002" [SURE];
            en "the card of the update is not valid" => "try the card in Feishu's card builder";
            zh "更新所用的卡片不合法" => "在飞书卡片搭建工具中试验该卡片";
        "11232" [SURE];
            en "too many messages of a custom bot" => "nothing to do: the server waits and retries; if it goes on, have the plugin send less";
            zh "自定义机器人发送过于频繁" => "无需处理：服务会等待并重试；若一直如此，减少发送";
        "11246" [UNSURE];
            en "the content of the card is not valid JSON of a card" => "try the card in Feishu's card builder";
            zh "卡片内容不是合法的卡片 JSON" => "在飞书卡片搭建工具中试验该卡片";
        "11310" [UNSURE];
            en "the card is locked while a click on it is unanswered; or, with \"over limit\", \"exceed\", \"invalid\" or \"not support\" in the message, it breaks a rule for cards" => "the server retries the first by itself; for the second correct the card: at most 5 tables, 200 elements, 30 KB";
            zh "点击尚未回应时卡片被锁定；若提示含 over limit、exceed、invalid 或 not support，则卡片违反了规则" => "前者服务会自动重试；后者请修正卡片：最多 5 个表格、200 个元素、30 KB";
        "11311" [SURE];
            en "the card of the update is not valid" => "try the card in Feishu's card builder";
            zh "更新所用的卡片不合法" => "在飞书卡片搭建工具中试验该卡片";
        "100000" [SURE];
            en "the card has more than 100 KB after Lark converted it" => "make it smaller";
            zh "卡片经飞书转换后超过 100 KB" => "缩小卡片";
        "100030" [SURE];
            en "the card is not JSON" => "correct the plugin";
            zh "卡片不是 JSON" => "修正插件";
        "200000" [SURE];
            en "the message of the card was recalled" => "nothing to do";
            zh "卡片消息已被撤回" => "无需处理";
        "200310" [SURE];
            en "the card belongs to another application" => "a plugin can update cards of its own application only";
            zh "卡片属于其他应用" => "只能更新本应用发送的卡片";
        "200320" [SURE];
            en "open_ids of the update are wrong" => "name users who got the card, or leave them out";
            zh "更新中的 open_ids 不正确" => "填写收到该卡片的用户，或不填";
        "200570" [UNSURE];
            en "the template of the card does not exist, or is not published" => "publish it in Feishu's card builder, and give the application access";
            zh "卡片模板不存在或未发布" => "在飞书卡片搭建工具中发布，并授权给该应用";
        "200860" [UNSURE];
            en "the card is larger than 30 KB" => "make it smaller";
            zh "卡片超过 30 KB" => "缩小卡片";
        "300020" [SURE];
            en "the token of the click has a wrong form" => "the plugin must pass on the `token` of the click (c-…) unchanged";
            zh "点击的 token 格式不正确" => "插件须原样使用点击中的 `token`（c-…）";
        "300030" [SURE];
            en "the token of the click has expired: it is good for 30 minutes" => "change the message by its id instead (PATCH)";
            zh "点击的 token 已过期：有效期 30 分钟" => "改为按消息 ID 更新（PATCH）";
        "300040" [SURE];
            en "the token of the click is used up: it is good for two updates" => "change the message by its id instead (PATCH)";
            zh "点击的 token 已用完：只能更新两次" => "改为按消息 ID 更新（PATCH）";
        "300090" [SURE];
            en "the update needs open_ids, because the card is not shared" => "set `update_multi` to true in the card's config, or name the users";
            zh "该卡片不是共享卡片，更新需要 open_ids" => "在卡片 config 中把 `update_multi` 设为 true，或填写用户";
    },
};
