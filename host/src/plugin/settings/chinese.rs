//! The errors in Chinese. What a value has to be, and why a grant allows nothing, stays in English.

use super::{SettingsError, secret::SecretProblem};
use crate::{
    codes::{Text, both},
    telemetry::chain,
};

impl SettingsError {
    /// The error in both languages, with its causes.
    pub fn text(&self) -> Text {
        both(chain(self), self.chinese())
    }

    fn chinese(&self) -> String {
        match self {
            Self::Toml(error) => format!("第 {} 行不是 TOML：{}", error.line, error.reason),
            Self::UnknownKey { key, nearest } => format!("没有 `{key}` 这项配置；最接近的是 `{nearest}`"),
            Self::WrongGrant { key, entry, reason } => format!("`{key}` 中的 `{entry}` 不会授予任何权限：{reason}"),
            Self::WrongValue { key, wanted } => format!("`{key}` 的值有误，应为：{wanted}"),
            Self::Secret { key, problem } => format!("`{key}`：{}", problem.chinese()),
            Self::Several(mistakes) => {
                let texts: Vec<_> = mistakes.iter().map(Self::chinese).collect();
                format!("{} 处有误：{}", mistakes.len(), texts.join("；"))
            }
        }
    }
}

impl SecretProblem {
    fn chinese(&self) -> String {
        match self {
            Self::NoFile(path) => format!("{} 不存在；请创建该文件并写入密钥，或更正路径", path.display()),
            Self::Unreadable { path, kind } => {
                format!("无法读取 {}（{kind}）；请允许运行服务的用户读取该文件", path.display())
            }
            Self::NotAFile(path) => format!("{} 不是普通文件；请指定保存密钥的文件", path.display()),
            Self::TooLarge(path) => format!(
                "{} 超过 {} 字节；请指定只含密钥的文件",
                path.display(),
                super::secret::SECRET_BYTES_MAX
            ),
            Self::Silent(path) => format!("{} 没有响应；网络挂载是否已断开？", path.display()),
            Self::NoVariable(name) => format!("环境变量 {name} 未设置；请为服务设置该变量并重启服务，或更正名称"),
            Self::Own(name) => format!("环境变量 {name} 是服务自身的设置，不提供给插件；请使用其他变量"),
            Self::Empty(place) => format!("{place} 为空；请填写密钥"),
            Self::NotText(place) => format!("{place} 不是 UTF-8 文本；密钥应为文本"),
            Self::Edges(place) => format!("{place} 首尾有空白或不可见字符，它们会成为密钥的一部分；请删除"),
        }
    }
}
