//! Shows a ticket's title and state in place of its link.

use std::time::Duration;

use lark_plugin_sdk::{HttpError, prelude::*};
use serde::Deserialize;

const LINK: &str = "https://tickets.example.com/tickets/";
const API: &str = "GET https://tickets.example.com/api/tickets/*";

#[derive(Default)]
struct TicketPreview;

#[derive(Deserialize)]
struct Ticket {
    title: String,
    state: String,
}

impl Plugin for TicketPreview {
    const EVENTS: &'static [&'static str] = &["url.preview.get"];
    const NAME: Option<&'static str> = Some("ticket");
    const WANTS: &'static [Want] = &[Want::grant("http", API, "to read a ticket's title")];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let link: UrlPreview = event.payload()?;
        let id: String = link.url().strip_prefix(LINK).map_or_else(String::new, |rest| {
            rest.chars().take_while(char::is_ascii_digit).collect()
        });
        if id.is_empty() {
            return Ok(Outcome::pass()); // another plugin's link
        }
        let (title, english) = match read(host, &id) {
            Ok(Ticket { title, state }) => {
                let shown = if state == "open" { "处理中" } else { "已关闭" };
                (
                    format!("工单 {id}：{title}（{shown}）"),
                    format!("Ticket {id}: {title} ({state})"),
                )
            }
            Err(error) if error.status() == Some(404) => {
                (format!("工单 {id}（不存在）"), format!("Ticket {id} (not found)"))
            }
            Err(error) => {
                // A link without its title is better than none.
                host.log().warn(&format!("no title: {error}"));
                (format!("工单 {id}"), format!("Ticket {id}"))
            }
        };
        Outcome::reply(&PreviewReply::title(title).translated("en_us", english))
    }
}

fn read(host: &dyn Host, id: &str) -> Result<Ticket, HttpError> {
    let call = host.http().get(format!("https://tickets.example.com/api/tickets/{id}"));
    call.timeout(Duration::from_millis(1500)).send()?.success()?.json()
}

register!(TicketPreview);
