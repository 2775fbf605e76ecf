//! Changes of a body on its way: the bytes that were sent beside those that arrived.

use lark_protocol::compressed_format;

use super::finding::{Text, both};

/// Change of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyChange {
    /// Nothing arrived.
    Lost,
    /// It arrived compressed, in this format.
    Compressed(&'static str),
    /// The JSON was written anew: only white space differs.
    WhiteSpace,
    /// The JSON was written anew: characters are escaped differently.
    Escaped,
    /// The JSON was written anew in another way: the same value.
    SameValue,
    /// It was cut off after this many bytes.
    CutOff(usize),
    /// The JSON was turned into a form.
    Form,
    /// It stands inside of something else.
    Wrapped,
    /// Something else, from this byte on.
    Other(usize),
}

/// Compares what was sent with the beginning of what arrived.
pub(super) fn change(sent: &[u8], seen: &[u8]) -> BodyChange {
    if seen.is_empty() {
        return BodyChange::Lost;
    }
    if let Some(format) = compressed_format(seen) {
        return BodyChange::Compressed(format);
    }
    if without_white_space(sent) == without_white_space(seen) {
        return BodyChange::WhiteSpace;
    }
    if let (Some(sent), Some(seen)) = (json(sent), json(seen))
        && sent == seen
    {
        return BodyChange::Escaped;
    }
    if seen.len() < sent.len() && sent.starts_with(seen) {
        return BodyChange::CutOff(seen.len());
    }
    if seen.starts_with(b"encrypt=") || seen.starts_with(b"%7B") {
        return BodyChange::Form;
    }
    let text = |bytes: &[u8]| json(bytes)?.get("encrypt")?.as_str().map(str::to_owned);
    match (text(sent), text(seen)) {
        (Some(sent), Some(seen)) if sent == seen => BodyChange::SameValue,
        _ if seen.windows(sent.len().max(1)).any(|part| part == sent) => BodyChange::Wrapped,
        _ => BodyChange::Other(sent.iter().zip(seen).take_while(|(one, other)| one == other).count()),
    }
}

fn without_white_space(body: &[u8]) -> Vec<u8> {
    body.iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect()
}

fn json(body: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice(body).ok()
}

impl BodyChange {
    /// Describes the change.
    pub(super) fn text(&self) -> Text {
        match self {
            Self::Lost => both("the body is lost on the way", "请求体在途中丢失"),
            Self::Compressed(format) => both(
                format!("the body arrives compressed ({format}); Lark sends it in clear"),
                format!("请求体到达时已被压缩（{format}）；飞书发送的是未压缩的内容"),
            ),
            Self::WhiteSpace => both(
                "the JSON is parsed and written anew: white space was added or removed",
                "JSON 被解析后重新写出：空白字符被增加或删除",
            ),
            Self::Escaped => both(
                "the JSON is parsed and written anew: characters are escaped in another way",
                "JSON 被解析后重新写出：字符的转义方式改变了",
            ),
            Self::SameValue => both(
                "the JSON is parsed and written anew: members were added to it",
                "JSON 被解析后重新写出：增加了字段",
            ),
            Self::CutOff(bytes) => both(
                format!("the body is cut off after {bytes} bytes"),
                format!("请求体在 {bytes} 字节处被截断"),
            ),
            Self::Form => both("the JSON is turned into a form", "JSON 被转换成表单"),
            Self::Wrapped => both(
                "something is added before or after the body",
                "请求体的前面或后面被加上了内容",
            ),
            Self::Other(at) => both(
                format!("the body is another one from byte {at} on"),
                format!("请求体从第 {at} 字节起不同"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_from_the_others() {
        let sent = br#"{"encrypt":"ab/c+d=="}"#;
        for (seen, expected) in [
            (&b""[..], BodyChange::Lost),
            (b"\x1f\x8b\x08\0\0", BodyChange::Compressed("gzip")),
            (b"\x78\x9c\xab", BodyChange::Compressed("deflate")),
            (br#"{"encrypt": "ab/c+d=="}"#, BodyChange::WhiteSpace),
            (b"{\"encrypt\":\"ab/c+d==\"}\n", BodyChange::WhiteSpace),
            (br#"{"encrypt":"ab\/c+d=="}"#, BodyChange::Escaped),
            (br#"{"encrypt":"ab/c\u002bd=="}"#, BodyChange::Escaped),
            (br#"{"encrypt":"ab/c+d==","from":"proxy"}"#, BodyChange::SameValue),
            (br#"{"encrypt":"ab"#, BodyChange::CutOff(14)),
            (b"encrypt=ab%2Fc", BodyChange::Form),
            (br#"x{"encrypt":"ab/c+d=="}y"#, BodyChange::Wrapped),
            (br#"{"encrypt":"xx"}"#, BodyChange::Other(12)),
        ] {
            assert_eq!(change(sent, seen), expected, "{}", String::from_utf8_lossy(seen));
        }
    }
}
