//! Lark's codes of uploading and downloading images and files ("Upload image", "Obtain resource file in a message").

use super::Section;

const BOT_ABILITY: &str =
    "https://open.feishu.cn/document/uAjLw4CM/ugTN1YjL4UTN24CO1UjN/trouble-shooting/how-to-enable-bot-ability";
const UPLOAD_IMAGE: &str = "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/image/create";

pub(super) static SECTION: Section = Section {
    name: "lark-media",
    title: ["Lark: images and files", "飞书：图片和文件"],
    link: "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message-resource/get",
    entries: entries! {
        "234001" [SURE];
            en "a parameter is wrong" => "correct the plugin: the key, the type of the image or file, or the kind of the resource";
            zh "参数错误" => "修正插件：key、图片或文件类型，或资源类型";
        "234002" [UNSURE];
            en "the application may not read the resource" => "the bot must be in the chat of the message, and the application needs the scope";
            zh "应用无权读取该资源" => "机器人须在消息所在的会话中，且应用须开通权限";
        "234003" [UNSURE];
            en "the message does not hold this resource" => "take the key from the content of the same message";
            zh "消息中没有该资源" => "使用同一条消息内容中的 key";
        "234004" [UNSURE];
            en "the bot is not in the chat of the message" => "add the bot to the group";
            zh "机器人不在消息所在的会话中" => "把机器人加入该群";
        "234006" [UNSURE];
            en "the file is too large" => "send an image of at most 10 MB or a file of at most 30 MB";
            zh "文件过大" => "图片不超过 10 MB，文件不超过 30 MB";
        "234007" [UNSURE, BOT_ABILITY];
            en "the application has no bot" => "add the bot under Add Features in the developer console, and publish a version";
            zh "应用没有启用机器人能力" => "在开发者后台“添加应用能力”中添加机器人，并发布版本";
        "234008" [UNSURE];
            en "another application has uploaded the image or file" => "download it from the message that holds it";
            zh "图片或文件由其他应用上传" => "从包含它的消息中下载";
        "234010" [UNSURE];
            en "the file is empty" => "send one with at least one byte";
            zh "文件为空" => "内容至少为一个字节";
        "234011" [UNSURE, UPLOAD_IMAGE];
            en "the format of the image is not known to Lark" => "send a JPG, PNG, WEBP, GIF, BMP, ICO, TIFF or HEIC";
            zh "飞书不支持该图片格式" => "使用 JPG、PNG、WEBP、GIF、BMP、ICO、TIFF 或 HEIC";
        "234037" [UNSURE];
            en "the resource is larger than Lark hands out (100 MB)" => "nothing to do: it can only be opened in Lark";
            zh "资源超过飞书允许下载的大小（100 MB）" => "无需处理：只能在飞书中打开";
        "234038" [UNSURE];
            en "the chat is in restricted mode, which forbids downloads" => "have the owner of the group change its settings";
            zh "会话开启了防泄密模式，禁止下载" => "请群主更改群设置";
        "234039" [UNSURE, UPLOAD_IMAGE];
            en "the image has too many pixels" => "send at most 12000 x 12000 (GIF 2000 x 2000, avatar 4096 x 4096), or upload it as a file";
            zh "图片分辨率过大" => "不超过 12000 x 12000（GIF 2000 x 2000，头像 4096 x 4096），或作为文件上传";
    },
};
