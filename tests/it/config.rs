//! Settings, as a start meets them.

mod started;
