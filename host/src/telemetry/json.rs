//! JSON log lines: one object per event, with its fields beside time, level, message and target.

use std::{
    cell::RefCell,
    error::Error,
    fmt::{self, Debug, Write as _},
    io::Write as _,
    time::Duration,
};

use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use super::{
    chain,
    clock::{since_1970, utc_second},
    lines::Lines,
};

/// Initial capacity; most lines fit.
const LINE_BYTES: usize = 512;

/// Formats events straight into one buffer: the general formatter of `tracing-subscriber` took 5 % of the time of a
/// click.
pub(super) struct JsonLines(pub(super) Lines);

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line {
            json: Vec::with_capacity(LINE_BYTES),
            text: String::new(),
        };
        line.json.extend_from_slice(b"{\"timestamp\":\"");
        line.add_time(since_1970());
        line.json.extend_from_slice(b"\",\"level\":\"");
        line.json
            .extend_from_slice(event.metadata().level().as_str().as_bytes());
        line.json.push(b'"');
        event.record(&mut line);
        line.add("target", event.metadata().target());
        line.json.extend_from_slice(b"}\n");
        self.0.push(&line.json);
    }
}

/// Line under construction.
struct Line {
    json: Vec<u8>,
    /// Scratch buffer for values that must be formatted as text first.
    text: String,
}

thread_local! {
    /// Second of this thread's last line, with its formatted text: a busy server writes thousands of lines per second.
    static SECOND: RefCell<(u64, String)> = RefCell::new((0, utc_second(0)));
}

impl Line {
    fn add_time(&mut self, since_1970: Duration) {
        SECOND.with_borrow_mut(|(second, text)| {
            if *second != since_1970.as_secs() {
                (*second, *text) = (since_1970.as_secs(), utc_second(since_1970.as_secs()));
            }
            self.json.extend_from_slice(text.as_bytes());
        });
        // Writing to a Vec cannot fail.
        let _ = write!(self.json, ".{:06}Z", since_1970.subsec_micros());
    }

    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        // Writing to a Vec cannot fail, and what is given here always has a JSON form.
        self.json.push(b',');
        let _ = serde_json::to_writer(&mut self.json, name);
        self.json.push(b':');
        let _ = serde_json::to_writer(&mut self.json, value);
    }

    fn add_text(&mut self, name: &str, value: fmt::Arguments<'_>) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        if text.write_fmt(value).is_ok() {
            self.add(name, text.as_str());
        }
        self.text = text;
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    /// Includes the causes, which hold most of the information.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field.name(), &chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add_text(field.name(), format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::mpsc,
        time::Duration,
    };

    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::{JsonLines, Line, Lines};

    struct Target(mpsc::Sender<Vec<u8>>);

    impl Write for Target {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_gone| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Collects the lines written by `log`.
    fn lines(log: impl FnOnce()) -> Vec<Value> {
        let (sender, written) = mpsc::channel();
        let (lines, writing) = Lines::start(Target(sender)).expect("a thread");
        tracing::subscriber::with_default(tracing_subscriber::registry().with(JsonLines(lines)), log);
        drop(writing);
        let all = String::from_utf8(written.iter().flatten().collect()).expect("text");
        all.lines()
            .map(|line| serde_json::from_str(line).expect("each line is JSON"))
            .collect()
    }

    #[test]
    fn a_line_has_time_level_message_fields_and_target() {
        let mut lines = lines(|| {
            tracing::warn!(
                event.r#type = "card.action.trigger",
                shown = %"a \"word\"",
                looked = ?Some("at"),
                count = 3_u64,
                below = -3,
                share = 0.5,
                yes = true,
                absent = None::<&str>,
                "Something {}",
                "happened"
            );
        });
        let time = lines[0]["timestamp"].take();
        assert_eq!(
            time.as_str().expect("a time").len(),
            "2026-01-01T00:00:00.000000Z".len()
        );
        assert_eq!(
            lines,
            [json!({
                "timestamp": null, "level": "WARN", "message": "Something happened", "event.type": "card.action.trigger",
                "shown": "a \"word\"", "looked": "Some(\"at\")", "count": 3, "below": -3, "share": 0.5, "yes": true,
                "target": module_path!(),
            })]
        );
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the file cannot be read")]
    struct Unread(#[source] io::Error);

    #[test]
    fn an_error_is_written_with_its_causes() {
        let error = Unread(io::Error::other("the disk is gone"));
        let lines = lines(|| tracing::warn!(error = &error as &dyn std::error::Error, "Something failed"));
        assert_eq!(lines[0]["error"], "the file cannot be read: the disk is gone");
    }

    #[test]
    fn a_time_has_its_own_second_and_microseconds() {
        let mut line = Line {
            json: Vec::new(),
            text: String::new(),
        };
        for (seconds, micros) in [(951_782_399, 999_999), (951_782_400, 0), (951_782_400, 12)] {
            line.add_time(Duration::new(seconds, micros * 1_000));
        }
        let times = "2000-02-28T23:59:59.999999Z2000-02-29T00:00:00.000000Z2000-02-29T00:00:00.000012Z";
        assert_eq!(String::from_utf8(line.json).as_deref(), Ok(times));
    }

    #[test]
    fn no_text_breaks_out_of_its_line() {
        let text = "one\ntwo\r\"three\"\\ \u{0} \u{7f} \u{2028} 四";
        let lines = lines(|| {
            tracing::info!(text, "{text}");
            tracing::info!("next");
        });
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[0]["text"], &lines[0]["message"]), (&json!(text), &json!(text)));
    }
}
