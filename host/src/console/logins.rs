//! Logins that are counted, so that a token cannot be guessed.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::listen::{Peer, Sender};

/// Attempts of one sender in a window: more than anybody mistypes.
const TRIES_MAX: u32 = 10;

/// Attempts of all senders together in a window, for those who have many addresses.
const ALL_TRIES_MAX: u32 = 500;

/// Time after which attempts are forgotten.
const WINDOW: Duration = Duration::from_secs(300);

/// Senders that are remembered; beyond that the one that has been known longest is forgotten.
const SENDERS_MAX: usize = 1_024;

/// Attempts since a moment.
#[derive(Debug, Clone, Copy)]
struct Tries {
    since: Instant,
    count: u32,
}

impl Tries {
    fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    fn left(&self, now: Instant) -> Duration {
        WINDOW.saturating_sub(now.saturating_duration_since(self.since))
    }
}

/// Attempts to log in.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    all: Option<Tries>,
    senders: BTreeMap<Option<IpAddr>, Tries>,
}

impl Logins {
    /// Counts an attempt before its token is compared.
    ///
    /// # Errors
    /// With the time to wait when there were too many.
    pub(super) fn begin(&self, sender: &Sender) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { all, senders } = &mut *state;
        let all = all.get_or_insert_with(|| Tries::new(now));
        if all.left(now).is_zero() {
            *all = Tries::new(now);
        }
        if all.count >= ALL_TRIES_MAX {
            return Err(all.left(now));
        }
        senders.retain(|_, tries| !tries.left(now).is_zero());
        let key = key(sender);
        if senders.len() >= SENDERS_MAX && !senders.contains_key(&key) {
            let oldest = senders.iter().min_by_key(|(_, tries)| tries.since);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                senders.remove(&oldest);
            }
        }
        let tries = senders.entry(key).or_insert_with(|| Tries::new(now));
        if tries.count >= TRIES_MAX {
            return Err(tries.left(now));
        }
        tries.count += 1;
        all.count += 1;
        Ok(())
    }

    /// Takes an attempt back that had a right token. Those before it count on: whoever has one token may be guessing another.
    pub(super) fn succeeded(&self, sender: &Sender) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = state.senders.get_mut(&key(sender)) {
            tries.count = tries.count.saturating_sub(1);
        }
        if let Some(all) = &mut state.all {
            all.count = all.count.saturating_sub(1);
        }
    }
}

/// Address by which a sender is counted; whoever has an IPv6 address has the whole network of 64 bits.
fn key(sender: &Sender) -> Option<IpAddr> {
    let address = match sender {
        Sender::Address(address) => *address,
        Sender::Peer(Some(Peer::Tcp(address))) => address.ip(),
        Sender::Peer(_) => return None,
    };
    Some(match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            std::net::Ipv6Addr::from(network).into()
        }
        IpAddr::V4(address) => address.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(address: &str) -> Sender {
        Sender::Address(address.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_has_few_attempts_and_others_have_theirs() {
        let logins = Logins::default();
        for _ in 0..TRIES_MAX {
            logins.begin(&sender("2001:db8::1")).unwrap();
        }
        assert!(logins.begin(&sender("2001:db8::ffff:2")).is_err(), "the same network");
        assert!(logins.begin(&sender("2001:db8:0:1::1")).is_ok());
        assert!(logins.begin(&sender("192.0.2.1")).is_ok());
        tokio::time::advance(WINDOW).await;
        assert!(logins.begin(&sender("2001:db8::1")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_right_token_is_not_counted_and_makes_no_wrong_one_forgotten() {
        let logins = Logins::default();
        let from = sender("192.0.2.1");
        for _ in 0..3 * TRIES_MAX {
            logins.begin(&from).unwrap();
            logins.succeeded(&from);
        }
        for _ in 1..TRIES_MAX {
            logins.begin(&from).unwrap();
        }
        logins.begin(&from).unwrap();
        logins.succeeded(&from);
        logins.begin(&from).unwrap();
        assert!(logins.begin(&from).is_err(), "a viewer guesses another token");
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_do_not_help_and_take_no_more_memory() {
        let logins = Logins::default();
        let of_all = (0..5_000_u32).filter(|n| {
            let address = IpAddr::from(std::net::Ipv4Addr::from(0x0a00_0000 + n));
            logins.begin(&Sender::Address(address)).is_ok()
        });
        assert_eq!(of_all.count(), ALL_TRIES_MAX as usize);
        for window in 1..=4_u32 {
            tokio::time::advance(WINDOW / 2).await;
            for n in 0..2_000_u32 {
                let address = IpAddr::from(std::net::Ipv4Addr::from(0x0b00_0000 * window + n));
                let _ = logins.begin(&Sender::Address(address));
            }
            assert!(logins.0.lock().unwrap().senders.len() <= SENDERS_MAX);
        }
    }
}
