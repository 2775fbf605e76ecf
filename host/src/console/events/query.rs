//! Filter of a list as the query of its address: what a form sends and a link carries.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use lark_callback_store::Filter;

use crate::{
    codes::told,
    console::{Failure, view::View},
    telemetry::cut,
};

/// Time in which a page is looked for. A page that is not full then leads on. The last statement may take as long again where the
/// disk has to be asked: a page is there within 200 ms.
const LOOK_MS: u64 = 80;

/// Rows of one page.
const ROWS: u32 = 50;

/// Ages that can be chosen, with their milliseconds.
pub(super) const AGES: [(&str, u64); 5] = [
    ("15m", 900_000),
    ("1h", 3_600_000),
    ("6h", 21_600_000),
    ("1d", 86_400_000),
    ("7d", 604_800_000),
];

/// Names of the fields that narrow a list, in the order of the form.
const FIELDS: [&str; 13] = [
    "type", "plugin", "state", "outcome", "app", "user", "chat", "message", "text", "error", "age", "from", "to",
];

/// So much is told of a field that does not exist.
const NAME_BYTES_MAX: usize = 60;

/// The field that asks for groups of everything, however long that takes.
const WHOLE: (&str, &str) = ("groups", "all");

/// Query of a list, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::console) struct Query {
    fields: Vec<(&'static str, String)>,
    before: Option<i64>,
    /// What was typed into the one box for everything.
    pub(super) anything: Option<String>,
    /// Whether the list stands still.
    pub(super) is_still: bool,
    /// Whether groups are made of everything.
    pub(in crate::console) is_whole: bool,
}

impl Query {
    /// Reads a query. Empty fields are absent; of several of one name the first counts.
    ///
    /// # Errors
    /// When a number is none, or a field is unknown: who has misspelt a filter would retry or drop everything.
    pub(in crate::console) fn of(query: &str) -> Result<Self, Failure> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if name == "before" {
                let before = value.parse().map_err(|_not_a_number| {
                    Failure::bad_request(told!("`before` is not a number of a row.", "`before` 不是行号。"))
                })?;
                read.before = Some(before);
            } else if name == "q" {
                read.anything = Some(value.to_owned());
            } else if name == "live" {
                read.is_still = value == "off";
            } else if name == WHOLE.0 {
                read.is_whole = value == WHOLE.1;
            } else if let Some(field) = FIELDS.into_iter().find(|field| *field == name) {
                if read.get(field).is_none() {
                    read.fields.push((field, value.to_owned()));
                }
            } else {
                let (name, fields) = (cut(&name, NAME_BYTES_MAX), FIELDS.join(", "));
                return Err(Failure::bad_request(told!(
                    "`{name}` is no field of a filter; these are: {fields}.",
                    "`{name}` 不是筛选条件；可用的有：{fields}。"
                )));
            }
        }
        Ok(read)
    }

    /// Value of a field.
    pub(in crate::console) fn get(&self, field: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(name, _)| *name == field);
        found.map(|(_, value)| value.as_str())
    }

    /// Sets a field.
    pub(in crate::console) fn set(&mut self, field: &'static str, value: String) {
        self.fields.retain(|(name, _)| *name != field);
        self.fields.push((field, value));
    }

    /// Whether payloads are looked through.
    pub(super) fn is_search(&self) -> bool {
        ["user", "chat", "message", "text"]
            .iter()
            .any(|field| self.get(field).is_some())
    }

    /// Whether nothing narrows the list.
    pub(in crate::console) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether this is the first page.
    pub(in crate::console) fn is_first_page(&self) -> bool {
        self.before.is_none()
    }

    /// The filter for a page of the list.
    ///
    /// # Errors
    /// When a time is none.
    pub(in crate::console) fn filter(&self, now_ms: u64) -> Result<Filter, Failure> {
        let owned = |field: &str| self.get(field).map(str::to_owned);
        let of_age = match self.get("age") {
            Some(age) => {
                let found = AGES.into_iter().find(|(word, _)| *word == age);
                let (_, ms) = found.ok_or_else(|| {
                    Failure::bad_request(told!(
                        "`age` is one of 15m, 1h, 6h, 1d and 7d.",
                        "`age` 须为 15m、1h、6h、1d 或 7d。"
                    ))
                })?;
                Some(now_ms.saturating_sub(ms))
            }
            None => None,
        };
        let moment = |field: &str| self.get(field).map(moment).transpose();
        Ok(Filter {
            app: owned("app"),
            event_type: owned("type"),
            plugin: owned("plugin"),
            state: owned("state"),
            outcome: owned("outcome"),
            user: owned("user"),
            chat: owned("chat"),
            message: owned("message"),
            text: owned("text"),
            error: owned("error"),
            // Both must hold.
            since_ms: moment("from")?.max(of_age),
            until_ms: moment("to")?,
            before: self.before,
            limit: Some(ROWS),
            within_ms: Some(LOOK_MS),
            ..Filter::default()
        })
    }

    /// The filter for all that the list holds, whichever page is shown.
    ///
    /// # Errors
    /// When a time is none.
    pub(in crate::console) fn whole_filter(&self, now_ms: u64) -> Result<Filter, Failure> {
        Ok(Filter {
            before: None,
            limit: None,
            within_ms: None,
            ..self.filter(now_ms)?
        })
    }

    /// The fields that narrow the list, as a query.
    pub(in crate::console) fn narrowed(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.fields {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// Address of this list from a row on; without one, of its first page.
    pub(in crate::console) fn address(&self, path: &str, before: Option<i64>) -> String {
        let mut query = self.narrowed();
        if let Some(before) = before {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&format!("before={before}"));
        }
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    /// Address at which groups are made of everything.
    pub(in crate::console) fn whole_address(&self, path: &str) -> String {
        let address = self.address(path, None);
        let sign = if address.contains('?') { '&' } else { '?' };
        format!("{address}{sign}{}={}", WHOLE.0, WHOLE.1)
    }

    /// The list that whatever was typed leads to: ids are known by how they begin.
    pub(super) fn guessed(mut self, typed: &str) -> Self {
        let field = match typed.split_once('_').map(|(begin, _)| begin) {
            Some("ou" | "on") => "user",
            Some("oc") => "chat",
            Some("om") => "message",
            Some("cli") => "app",
            _ => "text",
        };
        self.set(field, typed.to_owned());
        self.anything = None;
        self
    }
}

/// A moment as a form sends it: `2026-11-29T12:00`, in UTC.
fn moment(text: &str) -> Result<u64, Failure> {
    let at = text.parse::<Timestamp>().or_else(|_| {
        text.parse::<DateTime>()
            .and_then(|at| at.to_zoned(TimeZone::UTC))
            .map(|at| at.timestamp())
    });
    at.ok()
        .and_then(|at| u64::try_from(at.as_millisecond()).ok())
        .ok_or_else(|| {
            Failure::bad_request(told!(
                "A time is written like 2026-11-29T12:00, in UTC, or with its zone, like 2026-11-29T20:00+08:00.",
                "时间格式如 2026-11-29T12:00（UTC），或带时区，如 2026-11-29T20:00+08:00。"
            ))
        })
}

/// Whether a viewer may look for what is in payloads.
///
/// # Errors
/// When payloads would be looked through for somebody who may not see them: asking for words one by one reads them, too.
pub(in crate::console) fn may_search(view: &View, query: &Query) -> Result<(), Failure> {
    if query.is_search() && !super::sees_payloads(view) {
        return Err(Failure::new(
            axum::http::StatusCode::FORBIDDEN,
            told!(
                "Viewers may not search in payloads. Log in with the operator's token.",
                "只读身份不能搜索消息内容。请用运维令牌登录。"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_written_as_the_same() {
        let query = Query::of("type=a%26b&type=other&user=ou_1&state=&before=7").unwrap();
        assert_eq!(query.get("type"), Some("a&b"));
        assert_eq!(query.address("/l", Some(7)), "/l?type=a%26b&user=ou_1&before=7");
        assert_eq!(query.address("/l", None), "/l?type=a%26b&user=ou_1");
        let filter = query.filter(0).unwrap();
        assert_eq!((filter.before, filter.state), (Some(7), None));
    }

    #[test]
    fn odd_values_are_told_and_huge_numbers_bounded() {
        assert!(Query::of("before=99999999999999999999").is_err());
        assert!(Query::of("before=x").is_err());
        assert!(Query::of("pluign=moody").is_err());
        for odd in ["age=1y", "from=yesterday", "to=99999-01-01"] {
            assert!(Query::of(odd).unwrap().filter(0).is_err(), "{odd}");
        }
        let filter = Query::of("from=2026-11-29T12:00&to=2026-11-29T12:00:01Z")
            .unwrap()
            .filter(0)
            .unwrap();
        assert_eq!(filter.until_ms.unwrap() - filter.since_ms.unwrap(), 1_000);
        let aged = Query::of("age=1h").unwrap().filter(10_000_000).unwrap();
        assert_eq!(aged.since_ms, Some(6_400_000));
    }

    #[test]
    fn what_was_typed_is_known_by_how_it_begins() {
        for (typed, field) in [
            ("ou_1", "user"),
            ("oc_1", "chat"),
            ("om_1", "message"),
            ("cli_1", "app"),
            ("hello_you", "text"),
        ] {
            assert_eq!(Query::default().guessed(typed).get(field), Some(typed));
        }
    }
}
