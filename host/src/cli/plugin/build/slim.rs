//! A component without what no server reads: notes of the tools, and names of functions as long as a compiler writes them.

use rustc_demangle::demangle;

/// Characters of a name that are kept.
const NAME_CHARS_MAX: usize = 60;

/// Length of the head of a module and of a component.
const HEAD: usize = 8;

/// Custom sections that only tools read.
const NOTES: [&str; 3] = ["producers", "target_features", "component-name"];

const CUSTOM: u8 = 0;
/// In a component: a module.
const MODULE: u8 = 1;
/// In the section `name`: names of functions.
const FUNCTION_NAMES: u8 = 1;

/// Makes it smaller. Code and data stay as they are; a file that is built otherwise than expected stays whole.
pub(super) fn slim(component: &[u8]) -> Vec<u8> {
    slimmed(component, true).unwrap_or_else(|| component.to_vec())
}

fn slimmed(file: &[u8], is_component: bool) -> Option<Vec<u8>> {
    let mut made = file.get(..HEAD)?.to_vec();
    let mut rest = file.get(HEAD..)?;
    while let Some((&id, after)) = rest.split_first() {
        let (content, after) = sized(after)?;
        rest = after;
        if id == CUSTOM {
            let (name, body) = sized(content)?;
            if NOTES.iter().any(|note| note.as_bytes() == name) {
                continue;
            }
            if name == b"name" && !is_component {
                let body = names(body)?;
                let mut content = Vec::new();
                put_sized(&mut content, name);
                content.extend(body);
                made.push(id);
                put_sized(&mut made, &content);
                continue;
            }
        }
        made.push(id);
        if is_component && id == MODULE {
            put_sized(&mut made, &slimmed(content, false)?);
        } else {
            put_sized(&mut made, content);
        }
    }
    Some(made)
}

/// The names of functions alone, each short.
fn names(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut made = Vec::new();
    while let Some((&id, after)) = body.split_first() {
        let (content, after) = sized(after)?;
        body = after;
        if id == FUNCTION_NAMES {
            made.push(id);
            put_sized(&mut made, &functions(content)?);
        }
    }
    Some(made)
}

fn functions(content: &[u8]) -> Option<Vec<u8>> {
    let (count, mut rest) = number(content)?;
    let mut made = Vec::new();
    put_number(&mut made, count);
    for _ in 0..count {
        let (index, after) = number(rest)?;
        let (name, after) = sized(after)?;
        rest = after;
        put_number(&mut made, index);
        put_sized(&mut made, short(std::str::from_utf8(name).ok()?).as_bytes());
    }
    Some(made)
}

/// A name that a person knows again: demangled, without hash, and of each path the last two parts.
fn short(name: &str) -> String {
    let full = format!("{:#}", demangle(name));
    if full == name {
        // It was never mangled: the C library's, or an export.
        return full;
    }
    let mut made = String::new();
    let mut path = String::new();
    let mut depth = 0_usize;
    for letter in full.chars() {
        match letter {
            // What a generic function is made for says little and is long. `<A as B>::f` begins with a type instead.
            '<' if depth > 0 || !path.is_empty() => depth += 1,
            '>' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            letter if letter.is_alphanumeric() || letter == '_' || letter == ':' => path.push(letter),
            letter => {
                end_of_path(&mut path, &mut made);
                made.push(letter);
            }
        }
    }
    end_of_path(&mut path, &mut made);
    made.chars().take(NAME_CHARS_MAX).collect()
}

fn end_of_path(path: &mut String, made: &mut String) {
    let is_absolute = path.starts_with("::");
    let parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
    let last = parts
        .get(parts.len().saturating_sub(2)..)
        .unwrap_or_default()
        .join("::");
    if is_absolute {
        made.push_str("::");
    }
    made.push_str(&last);
    path.clear();
}

/// What stands behind its length, and the rest.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// A number in LEB128.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, bytes.get(at + 1..)?));
        }
    }
    None
}

fn put_number(made: &mut Vec<u8>, mut value: u32) {
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            made.push(byte);
            return;
        }
        made.push(byte | 0x80);
    }
}

fn put_sized(made: &mut Vec<u8>, content: &[u8]) {
    // A plugin has at most some MiB.
    put_number(made, u32::try_from(content.len()).unwrap_or(u32::MAX));
    made.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::{short, slim};
    use crate::plugin::{check_component, code_sizes};

    #[test]
    fn names_stay_readable() {
        for (name, made) in [
            ("_ZN10serde_json2de8from_str17h726cd498f2a00881E", "de::from_str"),
            (
                "_ZN98_$LT$$RF$mut$u20$serde_json..de..Deserializer$LT$R$GT$$u20$as$u20$serde_core..de..Deserializer$GT$15deserialize_any17hdb494108f25d3cb4E",
                "<&mut de::Deserializer as de::Deserializer>::deserialize_any",
            ),
            (
                "_RNvNtCshXfaRvt2tfW_3std9panicking15panic_with_hook",
                "panicking::panic_with_hook",
            ),
            (
                "lark-callback:plugin/handler@0.1.0#handle",
                "lark-callback:plugin/handler@0.1.0#handle",
            ),
            ("dlmalloc", "dlmalloc"),
        ] {
            assert_eq!(short(name), made);
        }
    }

    /// Promised in the documents. What makes it larger is told by `plugin inspect`.
    #[test]
    fn a_plugin_that_says_hello_has_at_most_60_kib() {
        let built = std::fs::read(test_guests::guest("hello")).unwrap();
        let bytes = slim(&built).len();
        assert!(bytes <= 60 << 10, "{bytes} bytes: {:?}", code_sizes(&built).unwrap());
    }

    #[test]
    fn only_notes_and_long_names_are_left_out() {
        for guest in ["counter", "naughty", "http_calls"] {
            let before = std::fs::read(test_guests::guest(guest)).unwrap();
            let after = slim(&before);
            assert!(
                after.len() * 100 < before.len() * 96,
                "{guest}: {} of {}",
                after.len(),
                before.len()
            );
            check_component(&after).unwrap();
            let code = |wasm: &[u8]| {
                code_sizes(wasm)
                    .unwrap()
                    .packages
                    .iter()
                    .map(|(_, bytes)| bytes)
                    .sum::<u64>()
            };
            assert_eq!(code(&before), code(&after));
            // Every function is still told from others by its name.
            let functions = code_sizes(&after).unwrap().functions;
            assert!(
                functions.iter().all(|(name, _)| name != "(without a name)"),
                "{functions:?}"
            );
            assert_eq!(slim(&after), after);
        }
        assert_eq!(slim(b"no component"), b"no component");
    }
}
