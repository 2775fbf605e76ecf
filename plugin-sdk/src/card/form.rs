//! The values of a submitted form, by the type of their field.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::views::Action;

/// The values of a submitted form, by the names of its fields. A field that was left empty has no value.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # let event = lark_plugin_sdk::testing::fixture("card.action.trigger", "form");
/// let click: CardAction = event.payload()?;
/// let form = click.action.form();
/// assert_eq!(form.text("reason"), Some("ill"));
/// assert_eq!(form.number::<u32>("days"), Some(3));
/// assert_eq!(form.choice("kind"), Some("sick"));
/// assert_eq!(form.choices("deputies"), ["ou_5f0c6d1a9b7e4c21"]);
/// assert_eq!(form.is_checked("agreed"), true);
/// let from = form.date("from").expect("a date");
/// assert_eq!((from.year, from.month, from.day), (2024, 4, 1));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FormValues<'a>(Option<&'a Map<String, Value>>);

impl Action {
    /// The values of the submitted form; none when no form was submitted.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # let event = lark_plugin_sdk::testing::fixture("card.action.trigger", "form");
    /// let click: CardAction = event.payload()?;
    /// let Some(reason) = click.action.form().text("reason") else {
    ///     return Ok(()); // it was left empty
    /// };
    /// assert_eq!(reason, "ill");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn form(&self) -> FormValues<'_> {
        FormValues(self.form_value.as_ref())
    }
}

impl<'a> FormValues<'a> {
    /// Returns whether a form was submitted.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// # let payload = json!({"action": {"tag": "button", "form_value": {
    /// #     "at": "09:30 +0800", "due": "2024-04-01 18:00 +0800", "cover": {"img_key": "img_v3_1"},
    /// # }}});
    /// # let event = Event::new("card.action.trigger", &payload);
    /// let click: CardAction = event.payload()?;
    /// let form = click.action.form();
    /// if !form.is_submitted() {
    ///     return Ok(()); // a click on another button
    /// }
    /// let at = form.time("at").expect("a time");
    /// assert_eq!((at.hour, at.minute, at.offset_minutes), (9, 30, 480));
    /// let due = form.moment("due").expect("a moment");
    /// assert_eq!((due.date.day, due.time.hour), (1, 18));
    /// assert_eq!(form.value("cover").expect("any JSON")["img_key"], "img_v3_1");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn is_submitted(&self) -> bool {
        self.0.is_some()
    }

    /// Returns what was typed; `None` when the field was left empty.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns a number that was typed.
    pub fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.trim().parse().ok()
    }

    /// Returns the value of the chosen option, or the id of the chosen person.
    pub fn choice(&self, name: &str) -> Option<&'a str> {
        self.choices(name).first().copied()
    }

    /// Returns the values of the chosen options, or the ids of the chosen people.
    pub fn choices(&self, name: &str) -> Vec<&'a str> {
        let values = match self.value(name) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        values
            .iter()
            .filter_map(Value::as_str)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Returns whether the box was ticked.
    pub fn is_checked(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Returns the date of a [`DatePicker`](super::DatePicker).
    pub fn date(&self, name: &str) -> Option<FormDate> {
        self.text(name)?.parse().ok()
    }

    /// Returns the time of a [`TimePicker`](super::TimePicker).
    pub fn time(&self, name: &str) -> Option<FormTime> {
        self.text(name)?.parse().ok()
    }

    /// Returns the moment of a [`DateTimePicker`](super::DateTimePicker).
    pub fn moment(&self, name: &str) -> Option<FormMoment> {
        self.text(name)?.parse().ok()
    }

    /// Returns any value.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }

    /// Reads all values as a type of your own; `None` when they have another shape.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde::Deserialize;
    /// # let event = lark_plugin_sdk::testing::fixture("card.action.trigger", "form");
    /// #[derive(Deserialize)]
    /// struct Leave { reason: String, agreed: bool }
    ///
    /// # let click: CardAction = event.payload()?;
    /// let leave: Leave = click.action.form().read().expect("a leave");
    /// assert_eq!((leave.reason.as_str(), leave.agreed), ("ill", true));
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(Value::from(self.0?.clone())).ok()
    }
}

/// A date, with the zone of the person who chose it.
///
/// ```
/// # use lark_plugin_sdk::card::FormDate;
/// let date: FormDate = "2024-04-01 -0330".parse().unwrap();
/// assert_eq!((date.year, date.month, date.day, date.offset_minutes), (2024, 4, 1, -210));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormDate {
    /// The year.
    pub year: i32,
    /// From 1 to 12.
    pub month: u32,
    /// From 1 to 31.
    pub day: u32,
    /// Minutes that the zone is ahead of UTC.
    pub offset_minutes: i32,
}

/// A time of day, with the zone of the person who chose it.
///
/// ```
/// # use lark_plugin_sdk::card::FormTime;
/// let time: FormTime = "09:30 +0800".parse().unwrap();
/// assert_eq!((time.hour, time.minute, time.offset_minutes), (9, 30, 8 * 60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormTime {
    /// From 0 to 23.
    pub hour: u32,
    /// From 0 to 59.
    pub minute: u32,
    /// Minutes that the zone is ahead of UTC.
    pub offset_minutes: i32,
}

/// A date and a time of day.
///
/// ```
/// # use lark_plugin_sdk::card::FormMoment;
/// let moment: FormMoment = "2024-04-01 09:30 +0800".parse().unwrap();
/// assert_eq!((moment.date.month, moment.time.minute), (4, 30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormMoment {
    /// The date.
    pub date: FormDate,
    /// The time.
    pub time: FormTime,
}

impl FormDate {
    /// The beginning of the day in its zone, in milliseconds since 1970.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::FormDate;
    /// let date: FormDate = "2024-04-01 +0800".parse().unwrap();
    /// assert_eq!(date.unix_ms(), 1_711_900_800_000);
    /// ```
    pub fn unix_ms(&self) -> i64 {
        (days(self.year, self.month, self.day) * 1440 - i64::from(self.offset_minutes)) * 60_000
    }
}

impl FormMoment {
    /// Milliseconds since 1970.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::FormMoment;
    /// let moment: FormMoment = "2024-04-01 07:07 +0800".parse().unwrap();
    /// assert_eq!(moment.unix_ms(), 1_711_926_420_000);
    /// ```
    pub fn unix_ms(&self) -> i64 {
        self.date.unix_ms() + i64::from(self.time.hour * 60 + self.time.minute) * 60_000
    }
}

/// A value that is no date or time in Lark's form: `2024-04-01 +0800`, `09:30 +0800`, `2024-04-01 09:30 +0800`.
///
/// ```
/// # use lark_plugin_sdk::card::FormDate;
/// let error = "tomorrow".parse::<FormDate>().unwrap_err();
/// assert_eq!(error.to_string(), "it is no date or time as Lark writes them");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no date or time as Lark writes them")]
pub struct NoTime;

impl FromStr for FormDate {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        let (date, offset) = text.split_once(' ').ok_or(NoTime)?;
        date_of(date, offset_of(offset)?)
    }
}

impl FromStr for FormTime {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        let (time, offset) = text.split_once(' ').ok_or(NoTime)?;
        time_of(time, offset_of(offset)?)
    }
}

impl FromStr for FormMoment {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        let mut parts = text.split(' ');
        let (Some(date), Some(time), Some(offset), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoTime);
        };
        let offset = offset_of(offset)?;
        Ok(Self {
            date: date_of(date, offset)?,
            time: time_of(time, offset)?,
        })
    }
}

fn date_of(text: &str, offset_minutes: i32) -> Result<FormDate, NoTime> {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(NoTime);
    };
    let date = FormDate {
        year: year.parse().map_err(|_none| NoTime)?,
        month: within(month, 1, 12)?,
        day: within(day, 1, 31)?,
        offset_minutes,
    };
    Ok(date)
}

fn time_of(text: &str, offset_minutes: i32) -> Result<FormTime, NoTime> {
    let (hour, minute) = text.split_once(':').ok_or(NoTime)?;
    Ok(FormTime {
        hour: within(hour, 0, 23)?,
        minute: within(minute, 0, 59)?,
        offset_minutes,
    })
}

/// `+0800`
fn offset_of(text: &str) -> Result<i32, NoTime> {
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        _ => return Err(NoTime),
    };
    let (hours, minutes) = digits.split_at_checked(2).ok_or(NoTime)?;
    let minutes = within(hours, 0, 15)? * 60 + within(minutes, 0, 59)?;
    i32::try_from(minutes)
        .map(|minutes| sign * minutes)
        .map_err(|_none| NoTime)
}

fn within(text: &str, least: u32, most: u32) -> Result<u32, NoTime> {
    let number = text.parse().map_err(|_none| NoTime)?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(NoTime)
    }
}

/// Days since 1970-01-01, in the calendar of ISO 8601. Years are counted from March, so that the day that is not always
/// there is the last one.
fn days(year: i32, month: u32, day: u32) -> i64 {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
