//! The forms that a body may have had before a proxy parsed it and wrote it anew.

/// Returns other ways to write the same JSON: as Lark writes it, and as the usual libraries do.
///
/// `encrypt` is the text of the only member of an encrypted body, with its escapes undone.
pub(super) fn rewrites(body: &[u8], encrypt: Option<&str>) -> Vec<Vec<u8>> {
    let trimmed = body.trim_ascii();
    let mut forms = match encrypt {
        Some(encrypt) => vec![
            format!(r#"{{"encrypt":"{encrypt}"}}"#).into_bytes(),
            format!(r#"{{"encrypt": "{encrypt}"}}"#).into_bytes(),
        ],
        None => vec![written(trimmed, ""), written(trimmed, " ")],
    };
    let with_end = forms.iter().map(|form| [form, &b"\n"[..]].concat());
    forms = forms.iter().cloned().chain(with_end).collect();
    forms.push(trimmed.to_vec());
    forms.retain(|form| form != body);
    forms
}

/// Writes JSON without white space outside of strings, but with `space` after each colon and comma.
fn written(json: &[u8], space: &str) -> Vec<u8> {
    let mut written = Vec::with_capacity(json.len());
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in json {
        if is_text {
            written.push(*byte);
            is_text = is_escaped || *byte != b'"';
            is_escaped = !is_escaped && *byte == b'\\';
        } else if !byte.is_ascii_whitespace() {
            written.push(*byte);
            match byte {
                b'"' => is_text = true,
                b':' | b',' => written.extend(space.as_bytes()),
                _ => {}
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{rewrites, written};

    #[test]
    fn white_space_is_changed_only_outside_of_strings() {
        let json = br#" { "a" : [1 , 2], "b \" : ,": "x\\" } "#;
        assert_eq!(written(json, ""), br#"{"a":[1,2],"b \" : ,":"x\\"}"#);
        assert_eq!(written(json, " "), br#"{"a": [1, 2], "b \" : ,": "x\\"}"#);
    }

    #[test]
    fn the_body_itself_is_no_rewrite() {
        let body = br#"{"encrypt":"a/b="}"#;
        assert!(!rewrites(body, Some("a/b=")).iter().any(|form| form == body));
        let escaped = br#"{"encrypt":"a\/b\u003d"}"#;
        assert!(rewrites(escaped, Some("a/b=")).iter().any(|form| form == body));
    }
}
