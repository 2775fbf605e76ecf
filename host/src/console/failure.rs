//! Failure of a page: a status, a sentence in both languages, and the page on which it is told.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{elements::prose, page::page, view::View};
use crate::{
    codes::{Text, both},
    operate::OperateError,
};

/// Failure that a handler returns. The gate renders it, because it knows the view.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: StatusCode,
    text: Text,
    /// Page to go back to, with its name; the overview without one.
    back: Option<Box<(String, Text)>>,
    /// The form that was filled in wrongly, as it was.
    form: Option<Box<Markup>>,
}

impl Failure {
    /// A failure with a status of its own.
    pub(crate) fn new(status: StatusCode, text: Text) -> Self {
        Self {
            status,
            text,
            back: None,
            form: None,
        }
    }

    /// The same with the page that was come from.
    pub(crate) fn with_way_back(self, path: String, to: Text) -> Self {
        Self {
            back: Some(Box::new((path, to))),
            ..self
        }
    }

    /// Nothing is at this path.
    pub(crate) fn no_page() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            both("There is no page at this address.", "此地址没有页面。"),
        )
    }

    /// The path exists, for another method.
    pub(crate) fn method() -> Self {
        let text = both("This address does not take this method.", "此地址不接受该请求方法。");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, text)
    }

    /// A form or an address that was not understood.
    pub(crate) fn bad_request(text: Text) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// The caller's role is not enough.
    pub(crate) fn role() -> Self {
        let text = both(
            "Viewers may look, not change. Log in with the operator's token to do this.",
            "只读身份可以查看，不能更改。请用运维令牌登录后再操作。",
        );
        Self::new(StatusCode::FORBIDDEN, text)
    }

    /// The same below the form of the request, when that is what is wrong.
    pub(crate) fn with_form(self, form: Markup) -> Self {
        Self {
            form: self.status.is_client_error().then(|| Box::new(form)),
            ..self
        }
    }

    /// The same with the list that was come from.
    pub(crate) fn of_list(self, address: String) -> Self {
        self.with_way_back(address, both("Back to the list", "返回列表"))
    }

    /// The same with another text, when it has this status.
    pub(crate) fn instead(self, status: StatusCode, text: Text) -> Self {
        if self.status == status {
            Self::new(status, text)
        } else {
            self
        }
    }

    /// The page on which it is told.
    pub(super) fn page(&self, view: &View) -> Response {
        let title = match self.status {
            StatusCode::NOT_FOUND => view.word("Not found", "未找到"),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => view.word("Refused", "已拒绝"),
            StatusCode::CONFLICT => view.word("Not possible now", "当前无法执行"),
            status if status.is_client_error() => view.word("Not understood", "无法理解该请求"),
            _ => view.word("Failed", "失败"),
        };
        let body = html! {
            @if let Some(form) = self.form.as_deref() { (form) }
            section.notice role="alert" {
                p { (prose(self.text.of(view.language))) }
                @if let Some((path, to)) = self.back.as_deref() { p { a href=(path) { (to.of(view.language)) } } }
                p { a href="/console/" { (view.word("Back to the overview", "返回概览")) } }
            }
        };
        (self.status, page(view, title, &body)).into_response()
    }

    /// Sentence in the language of a view.
    pub(crate) fn text(&self, view: &View) -> &str {
        self.text.of(view.language)
    }

    /// What a script is told, which shows it on its page.
    pub(super) fn plain(&self, view: &View) -> Response {
        (self.status, self.text(view).to_owned()).into_response()
    }
}

impl From<OperateError> for Failure {
    fn from(error: OperateError) -> Self {
        let status = match error.code() {
            "bad_request" => StatusCode::BAD_REQUEST,
            "not_found" => StatusCode::NOT_FOUND,
            "forbidden" => StatusCode::FORBIDDEN,
            "refused" => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.text())
    }
}

impl From<lark_callback_store::StoreError> for Failure {
    fn from(error: lark_callback_store::StoreError) -> Self {
        Self::from(OperateError::from(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
