//! Reasons why a connection ends, and what is known of it then.

use std::time::Duration;

use lark_protocol::long_connection::{MESSAGE_BYTES_MAX, Pace};
use tokio_tungstenite::tungstenite::{self, protocol::CloseFrame};

use crate::{
    codes::{self, Language, Text, both},
    telemetry::{chain, on_one_line},
};

/// Close code of Lark when the application has too many connections.
const TOO_MANY_CONNECTIONS: u16 = 3_001;

/// Reason why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(in crate::long_connection) enum Lost {
    /// This server stops.
    #[error("this server closed it")]
    Stopped,
    /// The other side closed it.
    #[error("Lark closed it{}", .0.as_deref().map(|told| format!(" with {told}")).unwrap_or_default())]
    Closed(Option<String>),
    /// Lark closed it because of other connections.
    #[error("Lark closed it with {0}; {cure}", cure = too_many(Language::En))]
    TooMany(String),
    /// A message was larger than any push.
    #[error("a message was larger than {MESSAGE_BYTES_MAX} bytes")]
    TooLarge,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] Box<tungstenite::Error>),
    /// A write was not taken.
    #[error("the network took nothing for {} s", .0.as_secs())]
    Stuck(Duration),
    /// Nothing came.
    #[error("nothing came for {} s, not even an answer to a ping", .0.as_secs())]
    Silent(Duration),
}

/// The end of a connection.
#[derive(Debug)]
pub(in crate::long_connection) struct End {
    /// Its reason.
    pub(in crate::long_connection) lost: Lost,
    /// From the first sign of life to the last; none when nothing came, so that there was no connection to lose.
    pub(in crate::long_connection) lived: Option<Duration>,
    /// The intervals that held at the end.
    pub(in crate::long_connection) pace: Pace,
}

impl Lost {
    /// The reason in both languages, with its causes; what the network says of it stays in English.
    pub(in crate::long_connection) fn text(&self) -> Text {
        let zh = match self {
            Self::Stopped => "本服务关闭了连接".to_owned(),
            Self::Closed(None) => "飞书关闭了连接".to_owned(),
            Self::Closed(Some(told)) => format!("飞书关闭了连接：{told}"),
            Self::TooMany(told) => format!("飞书关闭了连接：{told}；{}", too_many(Language::Zh)),
            Self::TooLarge => format!("收到的消息超过 {MESSAGE_BYTES_MAX} 字节"),
            Self::Broken(error) => format!("连接中断：{}", chain(&**error)),
            Self::Stuck(time) => format!("{} 秒内网络未能发出任何数据", time.as_secs()),
            Self::Silent(time) => format!("{} 秒内没有收到任何数据，心跳（ping）也没有回应", time.as_secs()),
        };
        both(chain(self), zh)
    }
}

/// What an operator can do about too many connections.
fn too_many(language: Language) -> &'static str {
    let entry = codes::long_connection(i64::from(TOO_MANY_CONNECTIONS));
    entry.map_or("", |entry| entry.cure(language))
}

/// Loss that a close frame tells of.
pub(super) fn closed(close: Option<&CloseFrame>) -> Lost {
    let Some(close) = close else { return Lost::Closed(None) };
    let code = u16::from(close.code);
    let told = format!("{code} {}", on_one_line(&close.reason)).trim_end().to_owned();
    match code {
        TOO_MANY_CONNECTIONS => Lost::TooMany(told),
        _ => Lost::Closed(Some(told)),
    }
}
