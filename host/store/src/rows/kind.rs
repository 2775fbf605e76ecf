//! The kinds of deliveries.

/// Kind of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// An event that it subscribed to.
    Event,
    /// A task that a plugin or the operator asked for.
    Task,
    /// A callback that was not done inside its budget.
    Late,
    /// The reply to a late callback, which the host itself brings to Lark.
    Update,
}

impl DeliveryKind {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Task => "task",
            Self::Late => "late",
            Self::Update => "update",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Event, Self::Task, Self::Late, Self::Update]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}
