//! Forms that pages send back, with the token that proves where they are from.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};

use super::Failure;
use crate::codes::{both, told};

/// Name of the hidden field with the CSRF token.
pub(super) const CSRF_FIELD: &str = "csrf";

/// Fields of a form, as sent. Its CSRF token was checked before a handler gets it.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// First field of this name that is not empty, without spaces around it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter().filter(|(key, _)| key == name);
        fields.find_map(|(_, value)| Some(value.trim()).filter(|value| !value.is_empty()))
    }

    /// All fields of this name that are not empty: rows that were ticked.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().filter(move |(key, _)| key == name);
        fields.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// All fields in their order, the empty ones too.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// First field of this name.
    ///
    /// # Errors
    /// When it is missing or empty.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Failure> {
        self.get(name)
            .ok_or_else(|| Failure::bad_request(told!("The field `{name}` is missing.", "缺少字段 `{name}`。")))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        if !is_form(request.headers()) {
            let text = both(
                "A form is sent as application/x-www-form-urlencoded.",
                "表单须以 application/x-www-form-urlencoded 格式提交。",
            );
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        // Buffered by the gate, with its limits.
        let bytes = Bytes::from_request(request, state).await;
        let bytes =
            bytes.map_err(|_cut_short| Failure::bad_request(both("The form did not arrive.", "未收到表单。")))?;
        let fields = form_urlencoded::parse(&bytes).into_owned();
        Ok(Self(fields.collect()))
    }
}

/// Whether the body is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// First field of a name in the bytes of a form.
pub(super) fn field(bytes: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(bytes);
    fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Compares a CSRF token without telling by the time how much of it is right.
pub(super) fn is_equal(sent: &[u8], expected: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    !expected.is_empty() && bool::from(sent.ct_eq(expected.as_bytes()))
}
