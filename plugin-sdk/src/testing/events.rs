//! Sample events and tasks, as the host would pass them.

use serde::Serialize;
use serde_json::{Value, json};

use super::fake_host::START_MS;
use crate::event::Mended;
use crate::{Event, Failure, Kind, NewTask, Task};

impl Event {
    /// Any event, from Lark's event type and the `event` object. Change the public fields as the test needs.
    pub fn new(event_type: impl Into<String>, payload: &Value) -> Self {
        let event_type = event_type.into();
        let kind = match event_type.as_str() {
            "card.action.trigger" | "url.preview.get" | "profile.view.get" | "oauth_redirect" => Kind::Callback,
            _ => Kind::Event,
        };
        Self {
            id: "f7984f25108f8137722bb63cee927e66".to_owned(),
            kind,
            schema: if event_type == "oauth_redirect" {
                "redirect"
            } else {
                "2.0"
            }
            .to_owned(),
            app_id: "cli_a5fb0ae6a4123456".to_owned(),
            tenant_key: "2df73991750b1234".to_owned(),
            event_type,
            create_time_ms: START_MS,
            payload: payload.to_string(),
            attempt: 1,
            budget_ms: 2400,
            attributes: Vec::new(),
            mended: Mended::default(),
        }
    }

    /// A click on a button with this `value`: a map, a text, a `json!({…})`.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// let on_button = Event::card_action("ou_anna", json!({"approve": 42}));
    /// let on_another = Event::card_action("ou_ben", "likes");
    /// assert_eq!(on_button.payload::<CardAction>()?.operator_open_id(), "ou_anna");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When the value cannot be serialized as JSON.
    pub fn card_action(open_id: &str, value: impl Serialize) -> Self {
        let payload = json!({
            "operator": {"tenant_key": "2df73991750b1234", "open_id": open_id},
            "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d123456",
            "action": {"value": value, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": "om_574d639e4a44e4dd646eaf628e2412d4", "open_chat_id": "oc_e4d2605ca917e695"},
        });
        Self::new("card.action.trigger", &payload)
    }

    /// A text message to the bot.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// let mut event = Event::text_message("ou_anna", "hello");
    /// event.attempt = 2; // Lark, or the server, tries again
    /// assert_eq!(event.payload::<MessageReceive>()?.text(), "hello");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn text_message(open_id: &str, text: &str) -> Self {
        let payload = json!({
            "sender": {"sender_id": {"open_id": open_id}, "sender_type": "user", "tenant_key": "2df73991750b1234"},
            "message": {
                "message_id": "om_5ce6d572455d361153b7cb51da133945",
                "create_time": START_MS.to_string(),
                "chat_id": "oc_5ce6d572455d361153b7xx51da133945",
                "chat_type": "p2p",
                "message_type": "text",
                "content": json!({"text": text}).to_string(),
            },
        });
        Self::new("im.message.receive_v1", &payload)
    }

    /// A request for a link preview.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// let event = Event::url_preview("ou_anna", "https://example.com/42");
    /// assert_eq!(event.payload::<UrlPreview>()?.url(), "https://example.com/42");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn url_preview(open_id: &str, url: &str) -> Self {
        let payload = json!({
            "operator": {"tenant_key": "2df73991750b1234", "open_id": open_id},
            "host": "im_message",
            "context": {
                "url": url,
                "preview_token": "b3d0c2f18a6e4f5c9d7a",
                "open_message_id": "om_574d639e4a44e4dd646eaf628e2412d4",
                "open_chat_id": "oc_e4d2605ca917e695",
            },
        });
        Self::new("url.preview.get", &payload)
    }
}

/// A user's return from the authorize page.
impl Event {
    /// A return with a code, which [`FakeHost`](super::FakeHost) exchanges as the test sets.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// let back: OauthRedirect = Event::oauth_redirect("state-1").payload()?;
    /// assert!(back.code.is_some() && !back.is_refused());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn oauth_redirect(state: &str) -> Self {
        Self::new("oauth_redirect", &json!({"state": state, "code": "sealed code"}))
    }

    /// A return with an error: `access_denied` when the user declined.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// let back: OauthRedirect = Event::oauth_redirect_with_error("state-1", "access_denied").payload()?;
    /// assert!(back.is_refused());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn oauth_redirect_with_error(state: &str, error: &str) -> Self {
        Self::new("oauth_redirect", &json!({"state": state, "error": error}))
    }
}

impl Task {
    /// A task from the operator, for [`Plugin::run`](crate::Plugin::run).
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the payload cannot be serialized as JSON.
    pub fn new<T: Serialize + ?Sized>(name: impl Into<String>, payload: &T) -> Result<Self, Failure> {
        Ok(Self {
            id: "0d1f4e6a".to_owned(),
            name: name.into(),
            payload: serde_json::to_string(payload).map_err(Failure::permanent)?,
            requested_by: String::new(),
            app_id: "cli_a5fb0ae6a4123456".to_owned(),
            attempt: 1,
            budget_ms: 2400,
            attributes: Vec::new(),
            mended: Mended::default(),
        })
    }

    /// The task that a schedule of a plugin runs for this time, in milliseconds since 1970.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # struct Reporter;
    /// # impl Plugin for Reporter {
    /// #     const EVENTS: &'static [&'static str] = &[];
    /// #     const SCHEDULES: &'static [Schedule] = &[Schedule::new("report", "0 9 * * 1-5")];
    /// #     fn handle(&self, _: &dyn Host, _: &Event) -> Result<Outcome, Failure> { Ok(Outcome::done()) }
    /// #     fn run(&self, _: &dyn Host, _: &Task) -> Result<Outcome, Failure> { Ok(Outcome::done()) }
    /// # }
    /// let host = lark_plugin_sdk::testing::FakeHost::new();
    /// let task = Task::scheduled::<Reporter>("report", 1_767_232_800_000)?;
    /// assert_eq!(task.scheduled_at_ms(), Some(1_767_232_800_000));
    /// Reporter.run(&host, &task)?.assert_done();
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the plugin schedules no task of this name.
    pub fn scheduled<P: crate::Plugin>(name: &str, at_ms: u64) -> Result<Self, Failure> {
        let schedule = P::SCHEDULES.iter().find(|schedule| schedule.task == name);
        let schedule = schedule.ok_or_else(|| Failure::permanent(format_args!("no schedule of the task {name:?}")))?;
        let payload: Value = serde_json::from_str(schedule.payload).map_err(Failure::permanent)?;
        Ok(Self {
            requested_by: "this-plugin".to_owned(),
            attributes: vec![("scheduled-at-ms".to_owned(), at_ms.to_string())],
            ..Self::new(name, &payload)?
        })
    }
}

impl NewTask {
    /// The task as it comes when it is due.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// let outcome = Outcome::done().with_task(NewTask::new("report", &json!({"days": 7}))?);
    /// let due = outcome.assert_task("report").due()?; // for `Plugin::run`
    /// assert_eq!(due.payload::<serde_json::Value>()?["days"], 7);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when its payload is no JSON.
    pub fn due(&self) -> Result<Task, Failure> {
        let payload: Value = serde_json::from_str(&self.payload).map_err(Failure::permanent)?;
        Ok(Task {
            requested_by: "this-plugin".to_owned(),
            ..Task::new(self.name.clone(), &payload)?
        })
    }
}
