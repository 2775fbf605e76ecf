//! Kinds of values under `[config]`: what a plugin expects, and what the operator wrote.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::codes::{Text, both};

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// A text in quotation marks, or a secret from elsewhere.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// Values in brackets.
    List,
    /// Keys with values.
    Table,
}

impl ValueKind {
    /// The kind of a value; of a secret from elsewhere there is none yet, and it is a text.
    pub(super) fn of(value: &Json) -> Self {
        match value {
            Json::String(_) | Json::Null => Self::Text,
            Json::Number(number) if number.is_f64() => Self::Number,
            Json::Number(_) => Self::Integer,
            Json::Bool(_) => Self::Boolean,
            Json::Array(_) => Self::List,
            Json::Object(_) => Self::Table,
        }
    }

    /// Whether a value of the other kind will do.
    pub fn takes(self, other: Self) -> bool {
        self == other || (self == Self::Number && other == Self::Integer)
    }

    /// Returns the kind in words.
    pub fn words(self) -> Text {
        match self {
            Self::Text => both("a text in quotation marks", "带引号的文本"),
            Self::Integer => both("a whole number", "整数"),
            Self::Number => both("a number", "数字"),
            Self::Boolean => both("true or false", " true 或 false"),
            Self::List => both("a list", "列表"),
            Self::Table => both("a table", "表"),
        }
    }

    /// Returns a value of this kind, as it is written in TOML.
    pub fn example(self) -> &'static str {
        match self {
            Self::Text => "\"…\"",
            Self::Integer => "1",
            Self::Number => "1.5",
            Self::Boolean => "true",
            Self::List => "[\"…\"]",
            Self::Table => "{ key = \"…\" }",
        }
    }
}
