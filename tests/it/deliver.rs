//! The queue: events after their answer, retries, dead letters, and a clock that is wrong.

mod clock;
mod deliveries;
mod schedules;
