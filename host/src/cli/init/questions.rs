//! Questions on the terminal, in English and Chinese, with the names that the developer console uses.

use crate::cli::language::Language;

/// Questions on the terminal.
pub(super) struct Questions {
    pub(super) service: &'static str,
    pub(super) app_id: &'static str,
    pub(super) app_secret: &'static str,
    pub(super) encrypt_key: &'static str,
    pub(super) no_encrypt_key: &'static str,
    pub(super) verification_token: &'static str,
    pub(super) public_url: &'static str,
}

const IN_ENGLISH: Questions = Questions {
    service: "Feishu or Lark? feishu / lark [feishu]",
    app_id: "App ID (Credentials & Basic Info)",
    app_secret: "App Secret (Credentials & Basic Info; not shown while you type)",
    encrypt_key: "Encrypt Key (Events & Callbacks > Encryption Strategy; not shown)",
    no_encrypt_key: "Without an Encrypt Key callbacks come unsigned and in clear. Does the application really have none? [y/N]",
    verification_token: "Verification Token (Events & Callbacks > Encryption Strategy; not shown)",
    public_url: "Public address of this server, for example https://bot.example.com (empty: not known yet)",
};

const IN_CHINESE: Questions = Questions {
    service: "飞书还是 Lark？feishu / lark [feishu]",
    app_id: "App ID（凭证与基础信息）",
    app_secret: "App Secret（凭证与基础信息；输入时不显示）",
    encrypt_key: "Encrypt Key（事件与回调 → 加密策略；输入时不显示）",
    no_encrypt_key: "没有 Encrypt Key 时，回调既不签名也不加密。该应用确实没有 Encrypt Key 吗？[y/N]",
    verification_token: "Verification Token（事件与回调 → 加密策略；输入时不显示）",
    public_url: "本服务的公网地址，例如 https://bot.example.com（留空：暂不确定）",
};

pub(super) fn questions(language: Language) -> Questions {
    match language {
        Language::En => IN_ENGLISH,
        Language::Zh => IN_CHINESE,
    }
}
