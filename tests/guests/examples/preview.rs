//! Shows a title instead of a link.

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct Preview;

impl Plugin for Preview {
    const EVENTS: &'static [&'static str] = &["url.preview.get"];

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let preview: UrlPreview = event.payload()?;
        let url = preview.url();
        Outcome::reply(&PreviewReply::title(format!("预览 {url}")).translated("en_us", format!("Preview of {url}")))
    }
}

register!(Preview);
