//! Overview: whether all is well, and what needs attention.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use maud::html;

use super::{Console, Failure, HOME, elements::facts, page::page, view::View};
use crate::operate::Command;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(HOME, get(show))
}

async fn show(State(console): State<Arc<Console>>, view: View) -> Result<Response, Failure> {
    let status = console.execute(&view, Command::Status).await?;
    let fields = status.as_object().into_iter().flatten();
    let fields: Vec<_> = fields
        .map(|(name, value)| (name.as_str(), html! { code { (value.to_string()) } }))
        .collect();
    Ok(page(&view, view.word("Overview", "概览"), &facts(&fields)))
}
