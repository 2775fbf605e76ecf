//! The application as the developer console has it, read through Lark's API with the application's own token.
//!
//! What each call is known by: `scopes`, `applications/:app_id` (`status`, `redirect_urls`, `online_version_id`,
//! `unaudit_version_id`, `scopes`) and `app_versions` (`status`, `publish_time`, `event_infos`, `scopes`, `ability.bot`) are
//! documented ("Obtain the authorization status of a tenant", "Obtain application information", "Obtain the versions of an
//! application"), and so is that an application may name itself `me`. `callback_info` is not documented; other programs read
//! it. `event`, `callback` and `security` are in the types of Lark's SDK only, and nobody has said what the token of a tenant
//! gets to see of them. So every field may be missing or have another shape: what is not there counts as unknown, never as
//! empty.

use serde_json::Value;

use super::{
    Openapi,
    answer::{LarkResponse, LogId},
    call::{Credential, OpenapiError},
    deadline::Deadline,
    request::{Request, RequestError},
};

/// One of these lets an application read its own entry and its versions.
pub const CONSOLE_SCOPE: &str = "application:application:self_manage";

const SCOPES: &str = "/open-apis/application/v6/scopes";
const APPLICATION: &str = "/open-apis/application/v6/applications/me";
const CONNECTIONS: &str = "/open-apis/event/v1/connection";
const VERSIONS: &str = "/open-apis/application/v6/applications/me/app_versions";

/// Lark has one unfinished version at most, and sends the newest first.
const VERSIONS_MAX: &str = "10";

/// "Access denied": the application lacks a scope for the call.
const DENIED: i64 = 99_991_672;

/// An error of reading the console.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConsoleError {
    /// The call got no answer.
    #[error(transparent)]
    Call(#[from] OpenapiError),
    /// The application lacks a scope.
    #[error("Lark denies this call ({log_id}): the application needs one of these scopes: {}", scopes.join(", "))]
    Denied {
        /// Any one of them is enough.
        scopes: Vec<String>,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark answered with an error.
    #[error("Lark answered with code {code}: {msg} ({log_id})")]
    Refused {
        /// Lark's error code.
        code: i64,
        /// Lark's message.
        msg: String,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The request is invalid, because of a bug in the server.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// A scope that an application asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleScope {
    /// As in `im:message`.
    pub name: String,
    /// Whether the tenant's administrator has granted it; none where the call does not say.
    pub is_granted: Option<bool>,
    /// Whether it is for calls as the application; none where the call does not say.
    pub is_for_app: Option<bool>,
    /// Whether it is for calls as a user; none where the call does not say.
    pub is_for_user: Option<bool>,
}

/// Events or callbacks as they are subscribed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscription {
    /// `webhook` or `websocket`, as far as is known.
    pub kind: Option<String>,
    /// Where Lark sends them.
    pub request_url: Option<String>,
    /// The types.
    pub types: Option<Vec<String>>,
}

/// The application's entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleApp {
    /// 0 disabled, 1 enabled, 2 not enabled yet.
    pub status: Option<i64>,
    /// The published version; none when nothing was ever published, or Lark does not say.
    pub online_version: Option<String>,
    /// A version that waits for its review.
    pub waiting_version: Option<String>,
    /// Security Settings > Redirect URLs.
    pub redirect_urls: Option<Vec<String>>,
    /// Scopes.
    pub scopes: Option<Vec<ConsoleScope>>,
    /// Events as they are set now, published or not.
    pub events: Subscription,
    /// Callbacks.
    pub callbacks: Subscription,
}

/// One version of the application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleVersion {
    /// `oav_…`.
    pub id: String,
    /// As entered in the console.
    pub version: String,
    /// 1 approved, 2 rejected, 3 in review, 4 not submitted.
    pub status: Option<i64>,
    /// Whether it was published.
    pub is_published: bool,
    /// Subscribed event types.
    pub events: Option<Vec<String>>,
    /// Scopes.
    pub scopes: Option<Vec<ConsoleScope>>,
    /// Whether the application has a bot; none when Lark does not say.
    pub has_bot: Option<bool>,
}

impl Openapi {
    /// Reads the scopes that the tenant has granted. Needs no scope itself, so it also shows whether Lark takes the
    /// application's id and secret.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn console_scopes(&self, app_id: &str, deadline: &Deadline) -> Result<Vec<ConsoleScope>, ConsoleError> {
        let data = self.console(app_id, SCOPES, &[], deadline).await?;
        let scopes = data.get("scopes").and_then(Value::as_array);
        let scope = |scope: &Value| {
            Some(ConsoleScope {
                name: text(scope, "scope_name")?,
                is_granted: scope
                    .get("grant_status")
                    .and_then(Value::as_i64)
                    .map(|status| status == 1),
                is_for_app: None,
                is_for_user: None,
            })
        };
        Ok(scopes.into_iter().flatten().filter_map(scope).collect())
    }

    /// Reads the application's own entry.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn console_app(&self, app_id: &str, deadline: &Deadline) -> Result<ConsoleApp, ConsoleError> {
        let data = self
            .console(app_id, APPLICATION, &[("lang", "zh_cn")], deadline)
            .await?;
        Ok(app(data.get("app").unwrap_or(&Value::Null)))
    }

    /// Reads the application's newest versions, newest first.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn console_versions(
        &self,
        app_id: &str,
        deadline: &Deadline,
    ) -> Result<Vec<ConsoleVersion>, ConsoleError> {
        let query = [("lang", "zh_cn"), ("page_size", VERSIONS_MAX)];
        let data = self.console(app_id, VERSIONS, &query, deadline).await?;
        let items = data.get("items").and_then(Value::as_array);
        Ok(items.into_iter().flatten().map(version).collect())
    }

    /// Reads how many long connections of the application are open; none when Lark does not say. Needs no scope. A connection
    /// that died is counted for some minutes.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn connections_open(&self, app_id: &str, deadline: &Deadline) -> Result<Option<u64>, ConsoleError> {
        let data = self.console(app_id, CONNECTIONS, &[], deadline).await?;
        Ok(data.get("online_instance_cnt").and_then(Value::as_u64))
    }

    async fn console(
        &self,
        app_id: &str,
        path: &str,
        query: &[(&str, &str)],
        deadline: &Deadline,
    ) -> Result<Value, ConsoleError> {
        let mut body = self.read_as_app(app_id, path, query, deadline).await?;
        Ok(body.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// Reads as the application, and returns the whole body.
    pub(super) async fn read_as_app(
        &self,
        app_id: &str,
        path: &str,
        query: &[(&str, &str)],
        deadline: &Deadline,
    ) -> Result<Value, ConsoleError> {
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let request = Request::new("GET", path, &query, None)?;
        let answer = self
            .call(app_id, Credential::App { tenant_key: "" }, &request, deadline)
            .await?;
        if !answer.is_success() {
            return Err(refused(&answer));
        }
        Ok(serde_json::from_str(&answer.body).unwrap_or_default())
    }
}

fn refused(answer: &LarkResponse) -> ConsoleError {
    let log_id = answer.log_id.clone();
    let code = answer.code.unwrap_or_default();
    if code != DENIED {
        let msg = answer.msg();
        return ConsoleError::Refused { code, msg, log_id };
    }
    let body = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
    let violations = body.pointer("/error/permission_violations").and_then(Value::as_array);
    let named = violations
        .into_iter()
        .flatten()
        .filter_map(|violation| text(violation, "subject"));
    let mut scopes: Vec<_> = named.collect();
    if scopes.is_empty() {
        scopes.push(CONSOLE_SCOPE.to_owned());
    }
    ConsoleError::Denied { scopes, log_id }
}

fn app(app: &Value) -> ConsoleApp {
    let part = |names: [&str; 2]| names.into_iter().find_map(|name| app.get(name)).unwrap_or(&Value::Null);
    let security = app.pointer("/security/redirect_urls");
    ConsoleApp {
        status: app.get("status").and_then(Value::as_i64),
        online_version: text(app, "online_version_id"),
        waiting_version: text(app, "unaudit_version_id"),
        redirect_urls: app.get("redirect_urls").or(security).and_then(texts),
        scopes: scopes(app),
        events: subscription(part(["event", "event_info"]), "subscription_type", "subscribed_events"),
        callbacks: subscription(
            part(["callback_info", "callback"]),
            "callback_type",
            "subscribed_callbacks",
        ),
    }
}

fn subscription(part: &Value, kind: &str, types: &str) -> Subscription {
    Subscription {
        kind: text(part, kind),
        request_url: text(part, "request_url"),
        types: part.get(types).and_then(texts),
    }
}

fn version(version: &Value) -> ConsoleVersion {
    let infos = version.get("event_infos").and_then(Value::as_array);
    let events = infos.map(|infos| infos.iter().filter_map(|info| text(info, "event_type")).collect());
    // An unpublished version has null or an empty text.
    let is_published = match version.get("publish_time") {
        None | Some(Value::Null) => false,
        Some(Value::String(time)) => !time.is_empty() && time != "0",
        Some(_) => true,
    };
    let ability = version.get("ability");
    ConsoleVersion {
        id: text(version, "version_id").unwrap_or_default(),
        version: text(version, "version").unwrap_or_default(),
        status: version.get("status").and_then(Value::as_i64),
        is_published,
        events,
        scopes: scopes(version),
        has_bot: ability.map(|ability| ability.get("bot").is_some_and(Value::is_object)),
    }
}

fn scopes(of: &Value) -> Option<Vec<ConsoleScope>> {
    let scope = |scope: &Value| {
        let types = scope.get("token_types").and_then(texts);
        let has = |kind: &str| types.as_ref().map(|types| types.iter().any(|other| other == kind));
        Some(ConsoleScope {
            name: text(scope, "scope")?,
            is_granted: None,
            is_for_app: has("tenant"),
            is_for_user: has("user"),
        })
    };
    let scopes = of.get("scopes")?.as_array()?;
    Some(scopes.iter().filter_map(scope).collect())
}

/// A text that is not empty.
fn text(of: &Value, name: &str) -> Option<String> {
    let text = of.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let list = list.as_array()?;
    Some(
        list.iter()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_lark_does_not_say_is_unknown_and_not_empty() {
        for nothing in [
            json!(null),
            json!({}),
            json!({"event": 7, "scopes": "x", "redirect_urls": {}}),
        ] {
            assert_eq!(app(&nothing), ConsoleApp::default(), "{nothing}");
        }
        let empty = app(&json!({"callback_info": {"subscribed_callbacks": []}, "redirect_urls": []}));
        assert_eq!(
            (empty.callbacks.types, empty.redirect_urls),
            (Some(vec![]), Some(vec![]))
        );
        assert!(!version(&json!({"publish_time": ""})).is_published);
        assert!(version(&json!({"publish_time": "1610462759"})).is_published);
        assert_eq!(
            version(&json!({"event_infos": [{"event_type": "a"}, 7]})).events,
            Some(vec!["a".to_owned()])
        );
    }

    #[test]
    fn both_names_of_the_callbacks_are_read() {
        for name in ["callback_info", "callback"] {
            let part = json!({"callback_type": "webhook", "request_url": "https://x/y", "subscribed_callbacks": ["a"]});
            let app = app(&json!({name: part}));
            assert_eq!(app.callbacks.kind.as_deref(), Some("webhook"), "{name}");
            assert_eq!(app.callbacks.types, Some(vec!["a".to_owned()]));
        }
    }
}
