//! The clock of this machine beside those of others, by the `Date` of their answers.

use jiff::fmt::rfc2822;

use super::{
    finding::{Finding, Text, both},
    probe::{Reply, Target},
};
use crate::app::now_ms;

/// From here on it is worth a look: a machine with NTP is right within a second, and `Date` has whole seconds.
const OFF_SECONDS: i64 = 10;

/// From here on requests are refused: Lark's signatures may be 300 s ahead.
const REFUSED_SECONDS: i64 = 240;

/// Compares with the service of Lark at this address.
pub(super) async fn check(lark: &str) -> Finding {
    let not_tested = |why: Text| {
        Finding::not_tested(
            "clock.lark",
            both("the clock could not be compared with Lark's", "无法与飞书的时钟比较"),
        )
        .because(why)
    };
    let Ok(target) = Target::new(lark, None) else {
        return not_tested(both("no HTTP client", "没有 HTTP 客户端"));
    };
    match target.get("/").await {
        Err(why) => not_tested(why.text()),
        Ok(reply) => match off_by(&reply) {
            None => not_tested(both("the answer has no date", "应答中没有日期")),
            Some(off) => compared("clock.lark", ("Lark's", "飞书"), off),
        },
    }
}

/// Compares with whoever answers at the public address; none when the answer has no date.
pub(super) fn of_public(reply: &Reply) -> Option<Finding> {
    let whose = ("that at the public address", "公网地址一端");
    Some(compared("clock.public", whose, off_by(reply)?))
}

/// How far this clock is ahead of the one that dated an answer, in seconds.
fn off_by(reply: &Reply) -> Option<i64> {
    let dated = date(reply.header("date"))?;
    // It was dated about when half of the time had passed.
    let half = u64::try_from(reply.took.as_millis() / 2).unwrap_or_default();
    let ours = i64::try_from(now_ms().saturating_sub(half) / 1000).ok()?;
    let off = ours - dated;
    // Whole seconds are cut off.
    Some(if off == 1 { 0 } else { off })
}

fn compared(check: &'static str, whose: (&str, &str), off: i64) -> Finding {
    let (seconds, (en, zh)) = (off.abs(), whose);
    if seconds < OFF_SECONDS {
        return Finding::ok(
            check,
            both(format!("the clock agrees with {en}"), format!("时钟与{zh}一致")),
        );
    }
    let (ahead, fast) = if off > 0 {
        ("ahead of", "快")
    } else {
        ("behind", "慢")
    };
    let result = both(
        format!("the clock is {seconds} s {ahead} {en}"),
        format!("时钟比{zh}{fast} {seconds} 秒"),
    );
    let cure = both(
        "set the wrong one right and keep it so with NTP (systemd-timesyncd, chrony); requests are refused as stale or future otherwise",
        "校正不准的一方并用 NTP 保持（systemd-timesyncd、chrony）；否则请求会因过期或超前被拒绝",
    );
    if seconds < REFUSED_SECONDS {
        Finding::warning(check, result).cure(cure)
    } else {
        Finding::failed(check, result).cure(cure)
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the form that servers write.
fn date(text: &str) -> Option<i64> {
    Some(rfc2822::parse(text).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{doctor::finding::State, language::Language};

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for wrong in [
            "",
            "Sun, 06 Nov 1994",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "x, 1 Foo 2 3:4:5 GMT",
        ] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_clock_that_is_off_is_named_with_its_distance() {
        assert_eq!(compared("clock.lark", ("Lark's", "飞书"), -3).state, State::Ok);
        let behind = compared("clock.lark", ("Lark's", "飞书"), -90);
        assert_eq!(behind.state, State::Warning);
        assert_eq!(behind.result.of(Language::En), "the clock is 90 s behind Lark's");
        assert_eq!(compared("clock.lark", ("Lark's", "飞书"), 3600).state, State::Failed);
    }
}
