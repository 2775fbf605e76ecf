//! Tasks on their way into the database: work that follows from an outcome, or that the operator asked for.

use super::kind::DeliveryKind;

/// Position of a delivery among those that follow from one another. The default is the beginning of a chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chain {
    /// How many outcomes lie between it and the event or the operator; a task alone that waits a minute or more is not counted.
    pub generation: u32,
    /// How many tasks may follow from it, all generations together; none: as many as the settings allow.
    pub tasks_left: Option<u32>,
}

/// Tasks that a plugin asked for and that are not done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitingTasks {
    /// How many, up to the number that was asked for.
    pub rows: u64,
    /// Their payloads together.
    pub bytes: u64,
}

/// A follow-up that is to be stored.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// [`DeliveryKind::Task`] or [`DeliveryKind::Update`], or [`DeliveryKind::Late`] for a click that is passed on.
    pub kind: DeliveryKind,
    /// The plugin that does it.
    pub plugin: String,
    /// The plugin that asked for it; empty when it was the operator.
    pub requested_by: String,
    /// The doing plugin's name for it.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// Not before this time, in milliseconds since 1970.
    pub due_at_ms: u64,
    /// After this it is of no use any more.
    pub expires_at_ms: u64,
    /// Where it stands among the tasks that follow from one another.
    pub chain: Chain,
}

/// Tasks that follow from no stored event.
#[derive(Debug, Clone)]
pub struct NewTasks {
    /// The application.
    pub app: String,
    /// To be done in this order.
    pub tasks: Vec<NewTask>,
    /// Whether this server keeps them to itself until it gives them back.
    pub is_held: bool,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}
