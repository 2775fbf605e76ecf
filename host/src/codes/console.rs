//! Messages of the developer console when a request address is saved.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "console",
    title: [
        "Saving the address in the developer console",
        "在开发者后台保存请求地址",
    ],
    link: "developer-console.md",
    entries: entries! {
        "Challenge code没有返回" [UNSURE];
            en "the console got an answer, but not its challenge: the request was refused, or something else than this server answered" => "run `lark-callback rejected`; if it lists nothing, the request never reached this server: check the proxy and the path";
            zh "后台收到了回应，但其中没有 challenge：请求被拒绝，或回应的不是本服务" => "运行 `lark-callback rejected`；若没有记录，说明请求根本没有到达本服务：检查代理和路径";
        "请求3秒超时" [UNSURE];
            en "the console got no answer in time" => "check that the address is reachable from the internet (DNS, firewall, security group, tunnel) with `lark-callback doctor`, run on another machine";
            zh "后台没有及时收到回应" => "在另一台机器上用 `lark-callback doctor` 检查地址能否从公网访问（DNS、防火墙、安全组、隧道）";
        "返回数据不是合法的JSON格式" [UNSURE];
            en "something else than this server answered, mostly an error page of a proxy or a tunnel's warning page" => "open the address with curl and correct the proxy until `/health` answers JSON";
            zh "回应的不是本服务，多半是代理的错误页或隧道的提示页" => "用 curl 打开该地址，修正代理，直到 `/health` 返回 JSON";
        "无效的请求地址" [UNSURE];
            en "the console does not take the address" => "enter a public https address without user, port 443 or 80, and without a redirect";
            zh "后台不接受该地址" => "填写公网 https 地址，不含用户名，端口 443 或 80，且无重定向";
        "出错了" [UNSURE];
            en "the client shows this when a click failed; a code stands beside it in newer versions" => "look up the code with `lark-callback explain`; without one run `lark-callback events list --type card.action.trigger --since 1h`";
            zh "点击失败时客户端的提示；新版本会附带错误码" => "用 `lark-callback explain` 查询错误码；没有错误码则运行 `lark-callback events list --type card.action.trigger --since 1h`";
    },
};
