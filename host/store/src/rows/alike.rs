//! Errors that differ only in ids, times and amounts are one error.

/// Digits of a number that may be a code; Lark's have up to eight.
const CODE_DIGITS_MAX: usize = 8;

/// Letters and digits of a word that is an id when it has both.
const ID_CHARS_MIN: usize = 10;

/// Bytes of an error that tell which one it is.
const BYTES_MAX: usize = 300;

/// Units of amounts.
const UNITS: [&str; 10] = ["ms", "s", "min", "h", "bytes", "KiB", "MiB", "µs", "us", "seconds"];

/// Begins of Lark's ids.
const ID_BEGINS: [&str; 6] = ["ou_", "on_", "oc_", "om_", "cli_", "ev_"];

/// The error with `…` in the place of each id and each amount, so that the same failure reads the same each time.
pub fn alike(error: &str) -> String {
    let mut text = String::with_capacity(error.len().min(BYTES_MAX));
    let mut rest = error;
    while let Some(first) = rest.chars().next() {
        if text.len() >= BYTES_MAX {
            text.push('…');
            break;
        }
        let length = rest.find(|symbol| !is_of_word(symbol)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        if word.is_empty() {
            text.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        text.push_str(if varies(word, after) { "…" } else { word });
        rest = after;
    }
    text
}

fn is_of_word(symbol: char) -> bool {
    symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '-')
}

/// Whether a word is another one each time.
fn varies(word: &str, after: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits == word.len();
    let is_amount = || {
        let unit = after.trim_start_matches(' ');
        let end = unit.find(|symbol: char| !symbol.is_alphabetic()).unwrap_or(unit.len());
        UNITS.contains(&unit.get(..end).unwrap_or_default())
    };
    if ID_BEGINS.iter().any(|begin| word.starts_with(begin)) {
        return true;
    }
    if is_number {
        return digits > CODE_DIGITS_MAX || is_amount();
    }
    // Words such as `im-message-receive_v1` have a digit, too.
    digits >= 3 && word.len() >= ID_CHARS_MIN
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn ids_and_amounts_make_no_difference_and_codes_do() {
        for (one, other) in [
            (
                "Lark answered with code 230002 (status 400), log id 20241129081530A1B2C3D4E5F6",
                "Lark answered with code 230002 (status 400), log id 20251231081530FFFFFFFFFFFF",
            ),
            ("no answer after 2400 ms", "no answer after 2397 ms"),
            (
                "user ou_84aad35d084aa403a838cf73ee18467 is not there",
                "user ou_1 is not there",
            ),
            ("at 1603977298000000", "at 1703977298000001"),
        ] {
            assert_eq!(alike(one), alike(other));
        }
        assert_ne!(alike("code 230002"), alike("code 230020"));
        assert_eq!(
            alike("im.message.receive_v1: 用户不存在"),
            "im.message.receive_v1: 用户不存在"
        );
    }

    #[test]
    fn a_hostile_error_is_bounded_and_stays_what_it_is() {
        let long = alike(&"x ".repeat(10_000));
        assert!(long.len() < 400, "{}", long.len());
        assert_eq!(alike(&alike("a ou_1 b 12 ms")), alike("a ou_1 b 12 ms"));
    }
}
