//! Lists that Lark hands out in pages.

use std::vec;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Call, OpenapiError};

/// The entries of all pages, each page asked for when it is needed. After an error there are none.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use serde::Deserialize;
/// # use serde_json::json;
/// #[derive(Deserialize)]
/// struct Task { guid: String }
///
/// # fn handle(host: &dyn Host) -> Result<Vec<String>, Failure> {
/// let mut guids = Vec::new();
/// for task in host.openapi().get("/open-apis/task/v2/tasks").query("page_size", "50").pages::<Task>() {
///     guids.push(task?.guid);
/// }
/// # Ok(guids)
/// # }
/// # let host = FakeHost::new();
/// # host.next_answer(200, &json!({"code": 0, "data": {"items": [{"guid": "a"}], "has_more": true, "page_token": "2"}}));
/// # host.next_answer(200, &json!({"code": 0, "data": {"items": [{"guid": "b"}], "has_more": false}}));
/// # assert_eq!(handle(&host)?, ["a", "b"]);
/// # assert_eq!(host.calls()[1].query, [("page_size".to_owned(), "50".to_owned()), ("page_token".to_owned(), "2".to_owned())]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug)]
pub struct Pages<'a, T> {
    /// The call for the next page.
    next: Option<Call<'a>>,
    page_token: String,
    entries: vec::IntoIter<T>,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Option<Vec<T>>,
    has_more: Option<bool>,
    page_token: Option<String>,
}

impl<'a> Call<'a> {
    /// Makes the call for each page of a list (`items`, `has_more` and `page_token`), and returns the entries one by one.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let items = json!({"items": [{"summary": "周报"}], "has_more": false});
    /// # fake.answer("GET", "/open-apis/task/v2/tasks", &items);
    /// let tasks: Result<Vec<serde_json::Value>, _> = host.openapi().get("/open-apis/task/v2/tasks").pages().collect();
    /// assert_eq!(tasks?[0]["summary"], "周报");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn pages<T: DeserializeOwned>(self) -> Pages<'a, T> {
        Pages {
            next: Some(self),
            page_token: String::new(),
            entries: Vec::new().into_iter(),
        }
    }
}

impl<T: DeserializeOwned> Iterator for Pages<'_, T> {
    type Item = Result<T, OpenapiError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(Ok(entry));
            }
            let call = self.next.take()?;
            let page: Page<T> = match call.clone().send().and_then(|answer| answer.data()) {
                Ok(page) => page,
                Err(error) => return Some(Err(error)),
            };
            self.entries = page.items.unwrap_or_default().into_iter();
            let token = page
                .page_token
                .filter(|token| page.has_more == Some(true) && !token.is_empty());
            // The same page again would never end.
            if let Some(token) = token.filter(|token| *token != self.page_token) {
                self.next = Some(call.at_page(&token));
                self.page_token = token;
            }
        }
    }
}
