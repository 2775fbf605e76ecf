//! Tables that the retention walks through by the number of the event, and when a row of each can go.

/// A table that is walked through.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Its name.
    pub(crate) table: &'static str,
    /// Its column with the number of the event.
    pub(crate) event: &'static str,
    /// Which of the walks.
    pub(crate) number: usize,
    /// The next rows after `$1` up to `$2`, about `$3` of them, and whether each can go; `$4` is the time.
    pub(crate) look: &'static str,
    /// When a row `t` can go: `$2` is the time.
    pub(crate) may_go: &'static str,
}

/// A walk through `$table`, whose row `t` can go when the condition holds, in which the time is `$4` or `$2`.
macro_rules! walk {
    ($number:literal, $table:literal, $event:literal, $if_at_4:expr, $if_at_2:expr) => {
        Walk {
            table: $table,
            event: $event,
            number: $number,
            look: concat!(
                "select t.",
                $event,
                ", ",
                $if_at_4,
                " from (select * from ",
                $table,
                " where ",
                $event,
                " > $1 and ",
                $event,
                " <= $2 order by ",
                $event,
                " limit $3) t order by t.",
                $event
            ),
            may_go: $if_at_2,
        }
    };
}

// Where the clock was put back, numbers and times do not go together, so each event is asked for its time.
macro_rules! payload_may_go {
    ($at:literal) => {
        concat!(
            "not exists (select 1 from events e where e.id = t.event and e.received_at_ms > ",
            $at,
            ") and not exists (select 1 from deliveries d
                 where d.event = t.event and d.state in ('ready', 'running', 'retry_wait', 'dead'))"
        )
    };
}
macro_rules! reply_may_go {
    ($at:literal) => {
        concat!(
            "not exists (select 1 from events e where e.id = t.event and e.received_at_ms > ",
            $at,
            ")"
        )
    };
}
macro_rules! event_may_go {
    ($at:literal) => {
        concat!(
            "t.received_at_ms <= ",
            $at,
            " and t.id < (select max(id) from events)
              and not exists (select 1 from deliveries d where d.event = t.id)
              and not exists (select 1 from payloads p where p.event = t.id)"
        )
    };
}

pub(crate) static PAYLOADS: Walk = walk!(0, "payloads", "event", payload_may_go!("$4"), payload_may_go!("$2"));
pub(crate) static REPLIES: Walk = walk!(1, "replies", "event", reply_may_go!("$4"), reply_may_go!("$2"));
pub(crate) static EVENTS: Walk = walk!(2, "events", "id", event_may_go!("$4"), event_may_go!("$2"));
