//! One event in, one answer out: receipts, duplicates, the budget, and answers that come late.

mod budget;
mod duplicates;
mod kinds;
mod late;
