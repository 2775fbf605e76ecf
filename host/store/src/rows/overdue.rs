//! Deliveries that expire: those of one transaction, and what is written of each.

/// Rows that one transaction ends; a longer one would hold up the acknowledgements behind it.
pub(crate) const ROWS_MAX: i64 = 500;

/// For the operator, who looks at the attempts of a delivery.
pub(crate) const WHY: &str = "its time was over before it could be attempted";

/// Waiting and too old: `$1` is now, `$2` the number of rows.
macro_rules! too_old {
    () => {
        "select id from deliveries
         where state in ('ready', 'retry_wait') and expires_at_ms <= $1 order by expires_at_ms, id limit $2"
    };
}
pub(crate) use too_old;
