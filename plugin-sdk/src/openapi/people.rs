//! People of the tenant ("Obtain single user information", "Obtain user ID via email or mobile number").

use serde::Deserialize;
use serde_json::json;

use super::messages::segment;
use super::{Openapi, OpenapiError};
use crate::events::ContactUser;

/// People of one call.
const BATCH_MAX: usize = 50;

impl Openapi<'_> {
    /// Returns a person, with the fields that the application may read. Grant: [`USER`](crate::grants::USER).
    ///
    /// # Errors
    ///
    /// [`OpenapiError`], as in all of these.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # fn handle(host: &dyn Host) -> Result<Option<String>, Failure> {
    /// let user = host.openapi().user("ou_anna")?;
    /// # Ok(user.name)
    /// # }
    /// # let host = FakeHost::new();
    /// # host.answer("GET", "/open-apis/contact/v3/users/*", &json!({"user": {"name": "Anna"}}));
    /// # assert_eq!(handle(&host)?.as_deref(), Some("Anna"));
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn user(&self, open_id: &str) -> Result<ContactUser, OpenapiError> {
        #[derive(Deserialize)]
        struct Found {
            user: ContactUser,
        }
        let path = format!("/open-apis/contact/v3/users/{}", segment(open_id)?);
        let Found { user } = self.get(path).query("user_id_type", "open_id").send()?.data()?;
        Ok(user)
    }

    /// Returns people, in calls of 50 each. Those that the application cannot see are left out. Grant:
    /// [`USERS`](crate::grants::USERS).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let found = json!({"items": [{"open_id": "ou_anna", "name": "Anna"}, {"open_id": "ou_ben", "name": "Ben"}]});
    /// # fake.answer("GET", "/open-apis/contact/v3/users/batch", &found);
    /// let users = host.openapi().users(&["ou_anna", "ou_ben"])?;
    /// let names: Vec<_> = users.iter().filter_map(|user| user.name.as_deref()).collect();
    /// assert_eq!(names, ["Anna", "Ben"]);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn users<I: AsRef<str>>(&self, open_ids: &[I]) -> Result<Vec<ContactUser>, OpenapiError> {
        #[derive(Deserialize)]
        struct Found {
            items: Option<Vec<ContactUser>>,
        }
        let mut users = Vec::with_capacity(open_ids.len());
        for batch in open_ids.chunks(BATCH_MAX) {
            let call = self
                .get("/open-apis/contact/v3/users/batch")
                .query("user_id_type", "open_id");
            let call = batch.iter().fold(call, |call, id| call.query("user_ids", id.as_ref()));
            let Found { items } = call.send()?.data()?;
            users.extend(items.unwrap_or_default());
        }
        Ok(users)
    }

    /// Returns the open id of the person with this email address, if there is one. Grant:
    /// [`USER_IDS`](crate::grants::USER_IDS).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # let found = json!({"user_list": [{"email": "anna@example.com", "user_id": "ou_anna"}]});
    /// # fake.answer("POST", "/open-apis/contact/v3/users/batch_get_id", &found);
    /// # let host: &dyn Host = &fake;
    /// let found = host.openapi().open_id_by_email("anna@example.com")?;
    /// assert_eq!(found.as_deref(), Some("ou_anna"));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn open_id_by_email(&self, email: &str) -> Result<Option<String>, OpenapiError> {
        #[derive(Deserialize)]
        struct Found {
            user_list: Option<Vec<Person>>,
        }
        #[derive(Deserialize)]
        struct Person {
            user_id: Option<String>,
        }
        let call = self
            .post("/open-apis/contact/v3/users/batch_get_id")
            .query("user_id_type", "open_id");
        let Found { user_list } = call.json(&json!({"emails": [email]})).send()?.data()?;
        let mut ids = user_list
            .unwrap_or_default()
            .into_iter()
            .filter_map(|person| person.user_id);
        Ok(ids.find(|id| !id.is_empty()))
    }
}
