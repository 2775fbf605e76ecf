//! Codes that Feishu's client shows after a click on a card ("Handle card callbacks").

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "lark-click",
    title: ["Lark: what a click shows", "飞书：点击卡片后的提示"],
    link: "https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/handle-card-callbacks",
    entries: entries! {
        "200340" [SURE];
            en "Lark has no address for card callbacks: it is missing on the console's callback page, `card.action.trigger` is not subscribed, or no version was published since" => "enter the address under Events & Callbacks > Callback Configuration (not only under Event Configuration), add `card.action.trigger`, publish a version";
            zh "飞书没有卡片回调地址：“回调配置”未填写，未订阅 `card.action.trigger`，或之后没有发布版本" => "在“事件与回调 > 回调配置”（不只是“事件配置”）填写请求地址，添加“卡片回传交互”（`card.action.trigger`），并发布版本";
        "200341" [SURE];
            en "no answer within 3 s" => "look up `duration_ms` of the click in `lark-callback events list`; if it is short, the time is lost between Lark and this server";
            zh "3 秒内没有回应" => "在 `lark-callback events list` 查看该点击的 `duration_ms`；若很短，则时间耗在飞书与本服务之间";
        "200342" [SURE];
            en "Lark could not connect to the address (TCP)" => "check firewall, security group and proxy; `lark-callback doctor` calls the address";
            zh "飞书无法连接该地址（TCP）" => "检查防火墙、安全组和代理；`lark-callback doctor` 会访问该地址";
        "200343" [SURE];
            en "Lark could not resolve the host name of the address (DNS)" => "correct the address in the console, or the DNS record";
            zh "飞书无法解析该地址的域名（DNS）" => "更正后台中的地址或 DNS 记录";
        "200080" [SURE];
            en "another error of the request to the address" => "check TLS certificate and proxy with `lark-callback doctor`";
            zh "请求该地址时的其他错误" => "用 `lark-callback doctor` 检查 TLS 证书和代理";
        "200671" [SURE];
            en "the answer was not HTTP 200" => "run `lark-callback rejected`: this server answers every click that it accepts with 200; else look into the log of the proxy";
            zh "回应不是 HTTP 200" => "运行 `lark-callback rejected`：本服务对接受的点击一律回应 200；否则查看代理日志";
        "200672" [SURE];
            en "the body of the answer has the wrong shape" => "this server checks replies before it sends them, so something in front changes or replaces the answer: check the proxy";
            zh "回应内容的结构不正确" => "本服务在发送前会检查回应，因此是前面的程序改动或替换了回应：检查代理";
        "200673" [SURE];
            en "the card in the answer is not valid" => "try the card in Feishu's card builder; the plugin's reply is in `lark-callback events show`";
            zh "回应中的卡片不合法" => "在飞书卡片搭建工具中试验该卡片；插件的回应见 `lark-callback events show`";
        "200830" [SURE];
            en "a JSON 2.0 card was answered with a JSON 1.0 card" => "have the plugin answer with a card of the same schema as the one that was clicked";
            zh "用 JSON 1.0 卡片回应了 JSON 2.0 卡片" => "让插件用与被点击卡片相同结构版本的卡片回应";
        "200530" [SURE];
            en "a form component of the card has an empty `name`" => "give every input in a form a name of its own";
            zh "卡片表单组件的 `name` 为空" => "为表单中每个输入组件设置唯一的 name";
        "300000" [SURE];
            en "an internal error of Lark" => "click again; if it goes on, ask Lark's support";
            zh "飞书内部错误" => "再次点击；若一直如此，咨询飞书客服";
    },
};
