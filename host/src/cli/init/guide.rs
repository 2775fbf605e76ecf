//! Texts of `init`, in English and Chinese, with the names that the developer console uses.

use crate::codes::Text;
use std::path::Path;

use super::{Service, answers::Answers, file::Written};
use crate::cli::language::Language;

/// File that commands read without being told.
const DEFAULT_FILE: &str = ".env";

/// File of the service that the package installs.
const SERVICE_FILE: &str = "/etc/lark-callback/env";

/// Files and what they contain.
pub(super) fn written(language: Language, written: &Written) -> String {
    let path = written.path.display();
    let mut text = match (language, written.is_shared) {
        (Language::En, false) => format!("Wrote {path}, readable by its owner only.\n"),
        (Language::En, true) => format!("Wrote {path}, readable by its owner and its group only, as before.\n"),
        (Language::Zh, false) => format!("已写入 {path}，仅文件所有者可读。\n"),
        (Language::Zh, true) => format!("已写入 {path}，仅文件所有者和所属组可读，与之前相同。\n"),
    };
    for file in &written.secret_files {
        let file = file.display();
        text.push_str(&match language {
            Language::En => format!("A secret that no line of it can hold is in {file}.\n"),
            Language::Zh => format!("有一个密钥无法写入 .env，已单独写入 {file}。\n"),
        });
    }
    if let Some(kept) = &written.kept {
        let kept = kept.display();
        text.push_str(&match language {
            Language::En => {
                format!("The file before is kept as {kept}; delete it when you do not need it, it holds secrets.\n")
            }
            Language::Zh => format!("原文件已保留为 {kept}；其中含有密钥，不再需要时请删除。\n"),
        });
    }
    text
}

/// Steps in the developer console.
pub(super) fn steps(language: Language, answers: &Answers, file: &Path) -> String {
    let host = match answers.service {
        Service::Feishu => "open.feishu.cn",
        Service::Lark => "open.larksuite.com",
    };
    let callback = answers.public.as_ref().map(|public| public.callback());
    let unknown = match language {
        Language::En => "https://YOUR-PUBLIC-HOST/callback",
        Language::Zh => "https://你的公网域名/callback",
    };
    let callback = callback.as_deref().unwrap_or(unknown);
    let template = match language {
        Language::En => ENGLISH,
        Language::Zh => CHINESE,
    };
    template
        .replace("{console}", &format!("https://{host}/app/{}", answers.app_id))
        .replace("{callback}", callback)
        .replace("{start}", &start(file))
}

/// How a server with this file is started.
fn start(file: &Path) -> String {
    if file == Path::new(SERVICE_FILE) {
        return "sudo systemctl enable --now lark-callback.socket lark-callback.service".to_owned();
    }
    command("", file)
}

/// A command that reads this file.
fn command(name: &str, file: &Path) -> String {
    let mut command = format!("lark-callback {name}").trim_end().to_owned();
    if file != Path::new(DEFAULT_FILE) {
        command = format!("{command} --env-file {}", file.display());
    }
    if file == Path::new(SERVICE_FILE) {
        command = format!("sudo {command}");
    }
    command
}

const ENGLISH: &str = "
Start the server first: the console checks each address at the moment you save it.

    {start}

Then, in the developer console, {console}

1. Events & Callbacks (事件与回调) > Event Configuration (事件配置)
   Subscription mode (订阅方式): send events to the developer's server (将事件发送至开发者服务器)
   Request URL (请求地址):       {callback}
   Add the events that your plugins take (添加事件), for example Message received (接收消息).
2. Events & Callbacks (事件与回调) > Callback Configuration (回调配置), a page of its own
   Subscription mode (订阅方式): send callbacks to the developer's server (将回调发送至开发者服务器)
   Request URL (请求地址):       {callback}
   Add callbacks (添加回调): Card interaction (卡片回传交互), card.action.trigger
3. Events & Callbacks (事件与回调) > Encryption Strategy (加密策略)
   Encrypt Key and Verification Token must be the ones that you have just given.
4. Security Settings (安全设置) > Redirect URLs (重定向 URL)
   {callback}
   Only for card authorization; also switch on Refresh user_access_token (刷新 user_access_token).
5. Permissions & Scopes (权限管理)
   im:message:send_as_bot, and the scopes of each event and of what your plugins call.
6. Version Management & Release (版本管理与发布) > Create a version (创建版本), and apply for its release.
   Events, callbacks and scopes count from the published version on.
";

const CHINESE: &str = "
请先启动服务：开发者后台在保存每个请求地址时都会立即校验。

    {start}

然后打开开发者后台：{console}

1. 事件与回调 → 事件配置
   订阅方式：将事件发送至开发者服务器
   请求地址：{callback}
   添加事件：插件所需的事件，例如“接收消息”（im.message.receive_v1）
2. 事件与回调 → 回调配置（这是单独的一页，请求地址要再填一次）
   订阅方式：将回调发送至开发者服务器
   请求地址：{callback}
   添加回调：卡片回传交互（card.action.trigger）
3. 事件与回调 → 加密策略
   Encrypt Key 和 Verification Token 必须与刚才填写的一致
4. 安全设置 → 重定向 URL
   {callback}
   仅卡片授权需要；同时打开“刷新 user_access_token”的开关
5. 权限管理
   开通 im:message:send_as_bot，以及各事件和插件所调用接口的权限
6. 版本管理与发布 → 创建版本，并申请线上发布
   事件、回调和权限在版本发布后才生效
";

/// Problems that remain, and the next steps.
pub(super) fn after(language: Language, file: &Path, hiding: &[String], problems: &[Text]) -> String {
    let mut text = String::from("\n");
    if !hiding.is_empty() {
        let names = hiding.join(", ");
        text.push_str(&match language {
            Language::En => {
                format!("Note: the environment sets {names} too, and wins over the file; unset them there.\n")
            }
            Language::Zh => format!("注意：环境变量中也设置了 {names}，优先于该文件；请取消这些环境变量。\n"),
        });
    }
    if problems.is_empty() {
        let doctor = command("doctor", file);
        text.push_str(&match language {
            Language::En => {
                format!("The settings have no problems. Next: start the server, do these steps, then: {doctor}\n")
            }
            Language::Zh => format!("配置检查通过。下一步：启动服务，完成以上步骤，然后运行 {doctor}\n"),
        });
        return text;
    }
    let check = command("check", file);
    text.push_str(&match language {
        Language::En => format!("A server would not start with these settings yet ({check}):\n"),
        Language::Zh => format!("服务还不能以这些配置启动（{check}）：\n"),
    });
    for problem in problems {
        text.push_str(&format!("  - {}\n", problem.of(language)));
    }
    text
}
