//! Diagnoses of refused requests, as in `lark-callback rejected` and `refused_diagnosed_total`.

use super::Section;

pub(super) static SECTION: Section = Section {
    name: "diagnosis",
    title: ["Diagnoses of refused requests", "被拒绝请求的诊断"],
    link: "no-answer.md",
    entries: entries! {
        "previous_key";
            en "it is signed or encrypted with a key that this server had before the settings were reloaded" => "enter the new Encrypt Key in the developer console too, and keep the old one in LARK_ENCRYPT_KEY_PREVIOUS until then";
            zh "它用本服务重新加载设置之前的密钥签名或加密" => "在开发者后台也填写新的 Encrypt Key，在此之前把旧的保留在 LARK_ENCRYPT_KEY_PREVIOUS 中";
        "previous_token";
            en "its Verification Token is one that this server had before the settings were reloaded" => "keep the old one in LARK_VERIFICATION_TOKEN_PREVIOUS until the developer console has the new one";
            zh "它的 Verification Token 是本服务重新加载设置之前的" => "在开发者后台换成新的之前，把旧的保留在 LARK_VERIFICATION_TOKEN_PREVIOUS 中";
        "other_app";
            en "it has the key or token of another application of this server" => "the request addresses of the two applications are interchanged in the developer console, or their keys in the settings";
            zh "它带有本服务另一个应用的密钥或 Token" => "两个应用在开发者后台的请求地址互换了，或设置中的密钥互换了";
        "rewritten";
            en "its signature is right once changes of white space or escapes are undone: a proxy parses the JSON and writes it anew" => "have the proxy or gateway pass on the body byte for byte";
            zh "撤销空白或转义的改动后签名正确：代理解析了 JSON 又重新写出" => "让代理或网关逐字节原样转发请求体";
        "altered";
            en "it decrypts with our key, but is signed for other bytes: a proxy changes the body or the X-Lark-* headers, or somebody replays parts of a request" => "have the proxy pass on body and X-Lark-* headers unchanged; `lark-callback doctor` shows what arrives";
            zh "能用我们的密钥解密，但签名对应的是别的内容：代理改动了请求体或 X-Lark-* 请求头，或有人拼接旧请求" => "让代理原样转发请求体和 X-Lark-* 请求头；`lark-callback doctor` 会显示到达的内容";
        "unknown_key";
            en "it neither matches nor decrypts with any key that this server knows" => "copy the Encrypt Key from the developer console to LARK_ENCRYPT_KEY; if it is the same, the sender is not Lark";
            zh "本服务已知的任何密钥都不能验证或解密它" => "把开发者后台的 Encrypt Key 复制到 LARK_ENCRYPT_KEY；若已相同，则发送方不是飞书";
        "unknown_token";
            en "its Verification Token belongs to no application of this server" => "copy the Verification Token from the developer console to LARK_VERIFICATION_TOKEN";
            zh "它的 Verification Token 不属于本服务的任何应用" => "把开发者后台的 Verification Token 复制到 LARK_VERIFICATION_TOKEN";
        "clock_off";
            en "everything about it is right but the time" => "set the clock of this machine (NTP); if it is right, somebody sends an old request again";
            zh "除时间外一切正确" => "校准本机时钟（NTP）；若时钟正确，则是有人重放旧请求";
        "unsigned";
            en "it is plain and has the right Verification Token: the developer console has no Encrypt Key" => "set LARK_ENCRYPT_KEY's value as Encrypt Key in the developer console, under Encryption Strategy";
            zh "它是明文且 Verification Token 正确：开发者后台没有设置 Encrypt Key" => "在开发者后台“加密策略”中把 Encrypt Key 设为 LARK_ENCRYPT_KEY 的值";
        "stranger";
            en "it is plain and its Verification Token is not ours" => "the sender is not Lark; nothing to do";
            zh "它是明文且 Verification Token 不是我们的" => "发送方不是飞书；无需处理";
        "headers_dropped";
            en "it decrypts with our key, but X-Lark-* headers are missing: a proxy drops them" => "have the proxy pass on X-Lark-Request-Timestamp, X-Lark-Request-Nonce and X-Lark-Signature";
            zh "能用我们的密钥解密，但缺少 X-Lark-* 请求头：代理丢弃了它们" => "让代理转发 X-Lark-Request-Timestamp、X-Lark-Request-Nonce 和 X-Lark-Signature";
        "key_missing_here";
            en "it is encrypted, and this application has no Encrypt Key here" => "copy the Encrypt Key from the developer console to LARK_ENCRYPT_KEY";
            zh "它已加密，而该应用在本服务没有 Encrypt Key" => "把开发者后台的 Encrypt Key 复制到 LARK_ENCRYPT_KEY";
        "wrong_path";
            en "it was sent to a path that this server does not serve" => "enter the path that is named here in the developer console, or set CALLBACK_PATH; if a proxy adds or takes off a part of the path, correct the proxy";
            zh "它被发到本服务不提供的路径" => "在开发者后台填写这里列出的路径，或设置 CALLBACK_PATH；若代理增删了路径的一部分，请更正代理";
        "compressed";
            en "its body is compressed: a proxy does that" => "turn off compression of requests in the proxy";
            zh "请求体被压缩：是代理所为" => "在代理中关闭对请求的压缩";
        "wrong_charset";
            en "its text is not in UTF-8: a proxy converts it" => "turn off the conversion in the proxy";
            zh "文本不是 UTF-8：是代理转码所致" => "在代理中关闭转码";
        "empty_body";
            en "it has no body: a proxy answers with a redirect, or drops the body" => "enter the final address (https, no redirect) in the developer console, and have the proxy pass on the body";
            zh "它没有请求体：代理返回了重定向，或丢弃了请求体" => "在开发者后台填写最终地址（https、无重定向），并让代理转发请求体";
        "form";
            en "its body is a form, not JSON: a gateway converts it, or it is not from Lark" => "have the gateway pass on the body unchanged";
            zh "请求体是表单而不是 JSON：网关转换了它，或不是来自飞书" => "让网关原样转发请求体";
        "fields_added";
            en "it is Lark's encrypted body with more fields beside it: a gateway adds them" => "have the gateway pass on the body unchanged";
            zh "它是飞书的加密请求体，但旁边多了字段：网关添加了它们" => "让网关原样转发请求体";
    },
};
