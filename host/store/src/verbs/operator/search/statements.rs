//! Statements of the search for events.

use crate::verbs::operator::filter::{event_columns, event_conditions, events_where};

macro_rules! search {
    ($from:literal, $position:literal) => {
        concat!(
            "select ",
            event_columns!(),
            ", p.payload from ",
            $from,
            " left join replies r on r.event = e.id
              where p.event < $8 and p.event >= $9
                and ($10 is null or ",
            $position,
            "(p.payload, $10) > 0)
                and ($11 is null or ",
            $position,
            "(p.payload, $11) > 0)
                and ($12 is null or ",
            $position,
            "(p.payload, $12) > 0)
                and ($13 is null or ",
            $position,
            "(lower(p.payload), $13) > 0 or ",
            $position,
            "(p.payload, '\\u') > 0)
                and ",
            event_conditions!(),
            "order by p.event desc limit $14"
        )
    };
}

/// `cross join` fixes the order of the loops: most payloads are looked at alone.
pub(super) const SQLITE: &str = search!("payloads p cross join events e on e.id = p.event", "instr");
pub(super) const POSTGRES: &str = search!("payloads p join events e on e.id = p.event", "strpos");

/// Events without their payloads: `$which` is their first condition.
macro_rules! events_from {
    ($which:literal) => {
        [events_from!(event_columns!(), $which), events_from!("e.id", $which)]
    };
    ($columns:expr, $which:literal) => {
        events_where!(
            $columns,
            concat!(
                " and ",
                $which,
                " and e.id < $8 and e.id >= $9 order by e.id desc limit $10"
            )
        )
    };
}

/// Statements for the rows of events, and for their numbers alone.
pub(super) type RowsAndNumbers = [&'static str; 2];
pub(super) const ALL: RowsAndNumbers = events_from!("true");
pub(super) const DEAD: RowsAndNumbers = events_from!("e.id in (select event from deliveries where state = 'dead')");
pub(super) const OPEN: RowsAndNumbers = events_from!(
    "e.id in (select event from deliveries where state in ('ready', 'retry_wait')
              union all select event from deliveries where state = 'running')"
);

pub(super) const FEW_DEAD: &str =
    "select count(*) from (select 1 from deliveries where state = 'dead' limit $1) as few";
pub(super) const FEW_OPEN: &str = "select count(*) from (
         select 1 from deliveries where state in ('ready', 'retry_wait')
         union all select 1 from deliveries where state = 'running'
         limit $1) as few";
