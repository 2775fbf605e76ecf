//! The rules of the house that a machine can see.

mod circles;
mod floors;
mod layers;
mod texts;
