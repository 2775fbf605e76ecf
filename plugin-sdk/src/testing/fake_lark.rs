//! Lark's side of the fake host: the answers that a test sets, and the calls that a handler made.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::{FakeHost, Trouble};
use crate::{Authorization, AuthorizedUser, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse};

/// The default lifetime of an authorization: two hours of access and seven days to refresh it, as with Lark.
const ACCESS_MS: u64 = 7_200_000;
const REFRESH_MS: u64 = 604_800_000;

/// The simulated Lark.
#[derive(Debug, Default)]
pub(super) struct FakeLark {
    calls: RefCell<Vec<OpenapiRequest>>,
    answers: RefCell<VecDeque<Result<OpenapiResponse, OpenapiError>>>,
    /// By method and path; the last one that was set counts.
    canned: RefCell<Vec<(String, String, Canned)>>,
    messages: Cell<u32>,
    links: RefCell<Vec<Vec<String>>>,
    begins: RefCell<VecDeque<OauthError>>,
    exchanges: RefCell<Vec<Exchange>>,
    exchange_results: RefCell<VecDeque<Result<String, OauthError>>>,
    authorized: RefCell<BTreeMap<String, Authorization>>,
}

/// Answers to a call, one for each time.
#[derive(Debug, Clone)]
enum Canned {
    Body(Value),
    Trouble(Trouble),
}

/// An exchange that a handler requested.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// let link = host.oauth().begin(&["offline_access"])?;
/// host.oauth().exchange("the code", &link.ticket, "ou_anna")?;
/// let exchange = &fake.exchanges()[0];
/// assert_eq!((exchange.code.as_str(), exchange.open_id.as_str()), ("the code", "ou_anna"));
/// assert_eq!(exchange.ticket, link.ticket);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The code from the event.
    pub code: String,
    /// The ticket from `begin`.
    pub ticket: String,
    /// The user for whom the link was made.
    pub open_id: String,
}

/// The simulated Lark's part of the fake host.
impl FakeHost {
    /// Queues Lark's answer to the next call. Without a queued answer a call succeeds: a message that is sent gets the id
    /// `om_1`, then `om_2`, and so on, a card that is kept `card_1`, and every other call gets empty `data`.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// // The first call is refused by Lark, the second succeeds.
    /// fake.next_answer(400, &json!({"code": 230002, "msg": "Bot/User can NOT be out of the chat."}));
    /// let error = host.openapi().send_text(To::Chat("oc_team"), "hi").unwrap_err();
    /// assert_eq!(error.code(), Some(230_002));
    /// assert_eq!(host.openapi().send_text(To::Chat("oc_team"), "hi")?, "om_1");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn next_answer(&self, status: u16, body: &Value) {
        self.lark.answers.borrow_mut().push_back(Ok(OpenapiResponse {
            status,
            body: body.to_string(),
            log_id: Some("log-of-the-test".to_owned()),
        }));
    }

    /// Sets the `data` with which Lark answers each call of a method and path, in which `*` stands for one part. An answer
    /// queued with [`next_answer`](Self::next_answer) comes first.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// let host = FakeHost::new();
    /// host.answer("GET", "/open-apis/contact/v3/users/*", &json!({"user": {"name": "Anna"}}));
    /// let lark: &dyn Host = &host;
    /// assert_eq!(lark.openapi().user("ou_anna")?.name.as_deref(), Some("Anna"));
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn answer(&self, method: &str, path: &str, data: &Value) {
        self.answer_with(method, path, &json!({"code": 0, "msg": "success", "data": data}));
    }

    /// As [`answer`](Self::answer), with the whole body: another `code`, or a result that is not under `data`.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// fake.answer_with("GET", "/open-apis/bot/v3/info", &json!({"code": 0, "bot": {"open_id": "ou_bot"}}));
    /// assert_eq!(host.openapi().bot()?.open_id, "ou_bot");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn answer_with(&self, method: &str, path: &str, body: &Value) {
        self.lark.can(method, path, Canned::Body(body.clone()));
    }

    /// Has each call of a method and path fail.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::{FakeHost, Trouble};
    /// # use std::time::Duration;
    /// let host = FakeHost::new();
    /// host.fail("POST", "/open-apis/im/v1/messages", Trouble::TooManyRequests(7));
    /// let lark: &dyn Host = &host;
    /// let failure = Failure::from(lark.openapi().send_text(To::OpenId("ou_anna"), "hi").unwrap_err());
    /// assert!(matches!(failure, Failure::Retry { after: Some(after), .. } if after == Duration::from_secs(7)));
    /// ```
    pub fn fail(&self, method: &str, path: &str, trouble: Trouble) {
        self.lark.can(method, path, Canned::Trouble(trouble));
    }

    /// Queues an error for the next call.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::OpenapiError;
    ///
    /// fake.next_call_fails(OpenapiError::AuthorizationRequired("calendar:calendar:readonly".to_owned()));
    /// let calendars = host.openapi().as_user("ou_anna").get("/open-apis/calendar/v4/calendars").send();
    /// assert!(matches!(calendars, Err(OpenapiError::AuthorizationRequired(_))));
    /// ```
    pub fn next_call_fails(&self, error: OpenapiError) {
        self.lark.answers.borrow_mut().push_back(Err(error));
    }

    /// Returns the calls made so far.
    pub fn calls(&self) -> Vec<OpenapiRequest> {
        self.lark.calls.borrow().clone()
    }

    /// Makes the next link fail. Without this, links are `https://accounts.example/authorize?state=state-1` with `state-1`
    /// and `ticket-1`, then `state-2` and so on.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::OauthError;
    ///
    /// fake.next_link_fails(OauthError::Failed("the redirect URL is not set".to_owned()));
    /// assert!(host.oauth().begin(&["calendar:calendar:readonly"]).is_err());
    /// assert_eq!(host.oauth().begin(&["calendar:calendar:readonly"])?.state, "state-1"); // the next one is good
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn next_link_fails(&self, error: OauthError) {
        self.lark.begins.borrow_mut().push_back(error);
    }

    /// Returns the scopes of each link made so far.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// host.oauth().begin(&["calendar:calendar:readonly", "offline_access"])?;
    /// assert_eq!(fake.links(), [["calendar:calendar:readonly", "offline_access"]]);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn links(&self) -> Vec<Vec<String>> {
        self.lark.links.borrow().clone()
    }

    /// Sets the result of the next exchange: the user's name, or an error. Without this, the expected user comes back and is
    /// named `Anna`.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::OauthError;
    ///
    /// let link = host.oauth().begin(&["calendar:calendar:readonly"])?;
    /// fake.next_exchange(Err(OauthError::CodeRefused("expired".to_owned())));
    /// fake.next_exchange(Ok("Ben"));
    /// assert!(host.oauth().exchange("the code", &link.ticket, "ou_ben").is_err());
    /// assert_eq!(host.oauth().exchange("the code", &link.ticket, "ou_ben")?.name, "Ben");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn next_exchange(&self, result: Result<&str, OauthError>) {
        self.lark
            .exchange_results
            .borrow_mut()
            .push_back(result.map(str::to_owned));
    }

    /// Returns the exchanges requested so far.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let link = host.oauth().begin(&["offline_access"])?;
    /// host.oauth().exchange("the code", &link.ticket, "ou_anna")?;
    /// assert_eq!(fake.exchanges()[0].code, "the code");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lark.exchanges.borrow().clone()
    }
}

impl FakeLark {
    fn can(&self, method: &str, path: &str, answer: Canned) {
        let entry = (method.to_owned(), path.to_owned(), answer);
        self.canned.borrow_mut().push(entry);
    }

    /// Records a call.
    pub(super) fn record(&self, request: &OpenapiRequest) {
        self.calls.borrow_mut().push(request.clone());
    }

    pub(super) fn call(&self, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
        self.record(request);
        if let Some(answer) = self.answers.borrow_mut().pop_front() {
            return answer;
        }
        let canned = self.canned.borrow();
        let fits = |(method, path, _): &&(String, String, Canned)| {
            *method == request.method && super::fits(path, &request.path)
        };
        match canned.iter().rev().find(fits) {
            Some((_, _, Canned::Body(body))) => {
                return Ok(OpenapiResponse {
                    status: 200,
                    body: body.to_string(),
                    log_id: Some("log-of-the-test".to_owned()),
                });
            }
            Some((_, _, Canned::Trouble(trouble))) => {
                return Err(trouble.of_lark(&format!("{} {}", request.method, request.path)));
            }
            None => {}
        }
        let is_sent = request.method == "POST"
            && (request.path == "/open-apis/im/v1/messages" || request.path.ends_with("/reply"));
        let data = if is_sent {
            self.messages.set(self.messages.get() + 1);
            json!({"message_id": format!("om_{}", self.messages.get())})
        } else if request.method == "POST" && request.path == "/open-apis/cardkit/v1/cards" {
            json!({"card_id": "card_1"})
        } else {
            json!({})
        };
        Ok(OpenapiResponse {
            status: 200,
            body: json!({"code": 0, "msg": "success", "data": data}).to_string(),
            log_id: None,
        })
    }

    pub(super) fn begin(&self, scopes: &[String]) -> Result<Link, OauthError> {
        if let Some(error) = self.begins.borrow_mut().pop_front() {
            return Err(error);
        }
        let mut links = self.links.borrow_mut();
        links.push(scopes.to_vec());
        let number = links.len();
        Ok(Link {
            url: format!("https://accounts.example/authorize?state=state-{number}"),
            state: format!("state-{number}"),
            ticket: format!("ticket-{number}"),
        })
    }

    pub(super) fn exchange(
        &self,
        code: &str,
        ticket: &str,
        open_id: &str,
        now_ms: u64,
    ) -> Result<AuthorizedUser, OauthError> {
        self.exchanges.borrow_mut().push(Exchange {
            code: code.to_owned(),
            ticket: ticket.to_owned(),
            open_id: open_id.to_owned(),
        });
        let name = self
            .exchange_results
            .borrow_mut()
            .pop_front()
            .unwrap_or_else(|| Ok("Anna".to_owned()))?;
        let number = ticket
            .strip_prefix("ticket-")
            .and_then(|number| number.parse::<usize>().ok());
        let links = self.links.borrow();
        let scopes = number.and_then(|number| links.get(number.checked_sub(1)?));
        let authorization = Authorization {
            scopes: scopes.ok_or(OauthError::BadTicket)?.clone(),
            access_expires_at_ms: now_ms + ACCESS_MS,
            refresh_expires_at_ms: Some(now_ms + REFRESH_MS),
            authorized_at_ms: now_ms,
        };
        self.authorized.borrow_mut().insert(open_id.to_owned(), authorization);
        Ok(AuthorizedUser {
            open_id: open_id.to_owned(),
            union_id: None,
            name,
        })
    }

    pub(super) fn status(&self, open_id: &str) -> Option<Authorization> {
        self.authorized.borrow().get(open_id).cloned()
    }

    pub(super) fn forget(&self, open_id: &str) -> bool {
        self.authorized.borrow_mut().remove(open_id).is_some()
    }
}
