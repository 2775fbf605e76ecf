//! Route of a command: what it needs, how its parameters are read, and what it answers.

use lark_callback_store::Filter;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Error, Value};

use super::{AuditFilter, AuthorizationFilter, Command, Role, SpanFilter};

/// HTTP method of a command: GET reads, POST changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// Content of an answer, for those who may not see everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Nothing that people wrote, or that plugins made of it.
    Metadata,
    /// Payloads, replies, values or log lines of plugins; they are left out for a viewer unless a setting allows them.
    Payloads,
}

/// Route of a command: what it needs, and how its parameters are read.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// What it does, in one line.
    pub tells: &'static str,
    /// Role that may give the command.
    pub needs: Role,
    /// Content of its answer.
    pub shows: Shows,
    /// The method.
    pub verb: Verb,
    /// Path below `/api/v1/`; `{key}` stands for a parameter.
    pub path: &'static str,
    /// Parameters of the command.
    pub takes: Takes,
    /// Schema of the body.
    pub body: Option<SchemaOf>,
    /// Schema of the answer.
    pub answer: SchemaOf,
}

/// Maker of the schema of one type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Source of a command's parameters, with the command's constructor.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// No parameters.
    Nothing(fn() -> Command),
    /// Last segment of the path.
    Key(fn(String) -> Command),
    /// Last segment of the path, a number.
    Number(fn(i64) -> Command),
    /// Query string.
    Filter(fn(Filter) -> Command),
    /// Query string about changes.
    Audit(fn(AuditFilter) -> Command),
    /// Query string about authorizations.
    Authorizations(fn(AuthorizationFilter) -> Command),
    /// Query string with a span of time.
    Span(fn(SpanFilter) -> Command),
    /// JSON body.
    Body(fn(&[u8]) -> Result<Command, Error>),
}

/// HTTP request for a command, as a client sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wire {
    /// The method.
    pub verb: Verb,
    /// Path below `/api/v1/`, with the query.
    pub path: String,
    /// JSON body.
    pub body: Option<Value>,
}
