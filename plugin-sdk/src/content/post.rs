//! Posts, which Lark calls rich text: a title and paragraphs of parts.

use serde_json::Value;

use super::{ALL, Resource, ResourceKind, add, string};

/// The text of a post without its pictures.
pub(crate) fn text(content: &Value) -> String {
    read_parts::<false>(content, &mut Vec::new()).unwrap_or_default()
}

/// The text of a post, with a word for each picture.
pub(super) fn read(content: &Value, resources: &mut Vec<Resource>) -> String {
    read_parts::<true>(content, resources).unwrap_or_default()
}

/// Joins title and paragraphs, one per line, with or without files. A received post has them at the top level; a sent one has them once for each
/// language, of which the first is used.
fn read_parts<const FILES: bool>(content: &Value, resources: &mut Vec<Resource>) -> Option<String> {
    let post = match content.get("content") {
        Some(_) => content,
        None => content
            .as_object()?
            .values()
            .find(|post| post.get("content").is_some())?,
    };
    let title = string(post, "title");
    let mut lines = Vec::new();
    if !title.is_empty() {
        lines.push(title.to_owned());
    }
    for paragraph in post.get("content")?.as_array()? {
        let parts = paragraph.as_array().map(Vec::as_slice).unwrap_or_default();
        lines.push(parts.iter().map(|of| part::<FILES>(of, resources)).collect());
    }
    Some(lines.join("\n"))
}

/// The visible text of one part.
pub(super) fn part<const FILES: bool>(of: &Value, resources: &mut Vec<Resource>) -> String {
    let field = |name: &str| string(of, name);
    match field("tag") {
        // The placeholder, as in a text message; a sent post has the person's id there.
        "at" if field("user_id").starts_with('@') => field("user_id").to_owned(),
        "at" if field("user_id") == "all" => ALL.to_owned(),
        "at" => format!("@{}", field("user_name")),
        "emotion" => format!("[{}]", field("emoji_type")),
        "img" if FILES && add(resources, ResourceKind::Image, of, "image_key") => "[image]".to_owned(),
        "media" if FILES && add(resources, ResourceKind::Video, of, "file_key") => "[video]".to_owned(),
        // A link without a text is shown as its URL.
        "a" if field("text").is_empty() => field("href").to_owned(),
        _ => field("text").to_owned(),
    }
}
