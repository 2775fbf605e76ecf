//! Refusal of an operator's request: a status, a word for programs, a sentence for people.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    codes::{self, Language, Text, both, same},
    dispatch::TaskError,
    long_connection::CatchUpError,
    operate::{OperateError, text_of_store},
    telemetry::chain,
};

/// Refusal sent to the caller. The caller is an operator, so nothing is held back; errors contain no secrets.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    text: Text,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, text: Text) -> Self {
        Self { status, code, text }
    }

    /// The word and the sentence.
    pub(super) fn told(&self) -> (&'static str, Text) {
        (self.code, self.text.clone())
    }

    /// The word, and what it means rather than the sentence: that of a failed call may hold what the plugin wrote.
    pub(super) fn told_by_its_code(&self) -> (&'static str, Text) {
        let of_code = |entry: &codes::Entry| both(entry.cause(Language::En), entry.cause(Language::Zh));
        (
            self.code,
            codes::outcome(self.code).map_or_else(|| self.text.clone(), of_code),
        )
    }

    pub(super) fn not_found(text: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", same(text))
    }

    pub(super) fn method() -> Self {
        let text = "this path does not allow this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", same(text))
    }

    pub(super) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", same(text))
    }

    pub(super) fn token() -> Self {
        let text = "CALLBACK_ADMIN_TOKEN is set: send it, or CALLBACK_ADMIN_VIEWER_TOKEN for reading, as `Authorization: Bearer TOKEN`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", same(text))
    }

    pub(super) fn browser() -> Self {
        let text = "requests from web pages are refused; only programs may use this listener";
        Self::new(StatusCode::FORBIDDEN, "origin", same(text))
    }

    pub(super) fn busy() -> Self {
        let text = "48 requests are already in progress; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", same(text))
    }

    pub(super) fn host() -> Self {
        let text = "the Host is not this listener's; without CALLBACK_ADMIN_TOKEN only its own and loopback names are";
        Self::new(StatusCode::FORBIDDEN, "host", same(text))
    }
}

impl From<OperateError> for Refusal {
    fn from(error: OperateError) -> Self {
        let status = match error.code() {
            "bad_request" => StatusCode::BAD_REQUEST,
            "not_found" => StatusCode::NOT_FOUND,
            "forbidden" => StatusCode::FORBIDDEN,
            "refused" => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.code(), error.text())
    }
}

impl From<TaskError> for Refusal {
    fn from(error: TaskError) -> Self {
        let (status, code) = match &error {
            TaskError::NoPlugin { .. } => (StatusCode::NOT_FOUND, "not_found"),
            TaskError::Paused { .. } | TaskError::OtherApp { .. } => (StatusCode::CONFLICT, "refused"),
            TaskError::Call(error) => (StatusCode::BAD_GATEWAY, error.code()),
            TaskError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "storage"),
        };
        Self::new(status, code, text_of_task(&error))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        super::json(self.status, &json!({"code": self.code, "msg": self.text.en()}))
    }
}

impl From<CatchUpError> for Refusal {
    fn from(error: CatchUpError) -> Self {
        let (status, code) = match &error {
            CatchUpError::UnknownApp(_) => (StatusCode::NOT_FOUND, "not_found"),
            CatchUpError::Reversed => (StatusCode::BAD_REQUEST, "bad_request"),
            CatchUpError::Lark { .. } => (StatusCode::BAD_GATEWAY, "lark"),
            CatchUpError::Store(_) | CatchUpError::NotStored => (StatusCode::SERVICE_UNAVAILABLE, "storage"),
        };
        Self::new(status, code, text_of_catch_up(&error))
    }
}

fn text_of_task(error: &TaskError) -> Text {
    let zh = match error {
        TaskError::NoPlugin { plugin } => format!("插件 `{plugin}` 未加载"),
        TaskError::Paused { plugin } => {
            format!("插件 `{plugin}` 已暂停；请先从 {plugin}.toml 中删除 `paused = true`")
        }
        TaskError::OtherApp { plugin } => {
            format!("插件 `{plugin}` 绑定了其他应用（{plugin}.toml 中的 `apps`）；请用 `?app=NAME` 指定其中之一")
        }
        TaskError::Call(error) => {
            let cause = codes::outcome(error.code()).map_or("插件失败", |entry| entry.cause(Language::Zh));
            format!("{cause}：{}", chain(error))
        }
        TaskError::Store(error) => return text_of_store(error),
    };
    both(chain(error), zh)
}

fn text_of_catch_up(error: &CatchUpError) -> Text {
    let zh = match error {
        CatchUpError::UnknownApp(app) => format!("没有应用 `{app}`；可用 `lark-callback config show` 查看"),
        CatchUpError::Reversed => "时间范围的结束早于开始".to_owned(),
        CatchUpError::Lark { what, source } => format!("飞书没有返回所需内容（{what}）：{}", chain(source)),
        CatchUpError::Store(error) => return text_of_store(error),
        CatchUpError::NotStored => "有消息未能存储；已处理的部分保留，再次运行同一命令会继续处理其余部分".to_owned(),
    };
    both(chain(error), zh)
}
