//! The spans in which recent events were stored, by the events' numbers: for tasks, and for events whose trace began elsewhere.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use super::span::Link;

/// Events that are remembered; attempts usually follow within seconds.
const EVENTS_MAX: usize = 8_192;

/// The newest of them.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    links: HashMap<i64, Link>,
    order: VecDeque<i64>,
}

impl Recent {
    pub(super) fn add(&self, event: i64, link: Link) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.links.insert(event, link).is_some() {
            return;
        }
        known.order.push_back(event);
        if known.order.len() > EVENTS_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            known.links.remove(&oldest);
        }
    }

    pub(super) fn get(&self, event: i64) -> Option<Link> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.links.get(&event).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::ids::{SpanId, TraceId},
        *,
    };

    #[test]
    fn the_newest_are_remembered_and_no_more() {
        let recent = Recent::default();
        let link = Link {
            trace: TraceId::random(),
            span: SpanId::random(),
        };
        for event in 0..10_000 {
            recent.add(event, link);
        }
        assert_eq!(recent.0.lock().unwrap().links.len(), EVENTS_MAX);
        assert!(recent.get(9_999).is_some() && recent.get(1).is_none());
    }
}
