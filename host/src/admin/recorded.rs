//! Changes of the running server, which are recorded like those of the database.

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{AdminState, Refusal, json as answer};
use crate::operate::{Actor, AuditedChange, OperateError, Record};

/// Part of an answer that is kept with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// The whole answer, shortened.
    Answer,
    /// None of it, nor of what a plugin wrote in an error, because it may be about people.
    Nothing,
}

impl AdminState {
    /// Makes a change of this server, on record.
    ///
    /// # Errors
    /// Those of the change, and of the database when it cannot be recorded; it is not made then.
    pub(super) async fn recorded(
        &self,
        actor: &Actor,
        change: AuditedChange,
        keeps: Keeps,
        made: impl Future<Output = Result<Value, Refusal>>,
    ) -> Result<Response, Refusal> {
        let record = Record::begin(&self.store, actor, change, (self.now_ms)()).await;
        let record = record.map_err(OperateError::from)?;
        let done = made.await;
        let ended = match (&done, keeps) {
            (Ok(answer), Keeps::Answer) => Ok(answer.clone()),
            (Ok(_), Keeps::Nothing) => Ok(json!({})),
            (Err(refusal), Keeps::Answer) => Err(refusal.told()),
            (Err(refusal), Keeps::Nothing) => Err(refusal.told_by_its_code()),
        };
        record.end(&self.store, ended).await;
        Ok(answer(StatusCode::OK, &done?))
    }
}
