//! Promises that no room keeps alone: nothing that was answered is lost, no secret is shown, an authorization goes through.

mod crash;
mod secrets;
mod story;
