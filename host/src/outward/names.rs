//! Resolution of names for connections: what it returns is what is connected to, so a name cannot change in between.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::address::{Zone, is_metadata_name};

/// Lookups of one plugin that run at once. The system's resolver cannot be interrupted: with a name server that does not answer,
/// each keeps a thread for ten seconds and more, long after its request was given up, and files are read on the same threads.
const LOOKUPS_MAX: usize = 16;

/// The addresses that connections may be made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Public ones.
    Public,
    /// Those inside of a network, too, but not metadata services.
    Inside,
}

/// An address that may not be connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} leads to the address {address}, which is {zone}")]
pub struct AddressRefused {
    /// The name, or the address itself.
    pub host: String,
    /// The address.
    pub address: String,
    /// Its kind, in words.
    pub zone: &'static str,
    /// Whether a grant as a private address would allow it.
    pub may_be_granted: bool,
}

impl Reach {
    /// Checks that an address may be connected to.
    ///
    /// # Errors
    /// [`AddressRefused`]
    pub fn check(self, host: &str, address: IpAddr) -> Result<(), AddressRefused> {
        let refused = |zone, may_be_granted| {
            Err(AddressRefused {
                host: host.to_owned(),
                address: address.to_string(),
                zone,
                may_be_granted,
            })
        };
        match (Zone::of(address), self) {
            (Zone::Metadata, _) => refused("a cloud's metadata service", false),
            (Zone::Inside(_), Self::Inside) | (Zone::Public, _) => Ok(()),
            (Zone::Inside(zone), Self::Public) => refused(zone, true),
        }
    }

    /// Checks a name that a proxy is to resolve.
    ///
    /// # Errors
    /// [`AddressRefused`]
    pub fn check_name(host: &str) -> Result<(), AddressRefused> {
        if is_metadata_name(host) {
            return Err(AddressRefused {
                host: host.to_owned(),
                address: "of its name".to_owned(),
                zone: "a cloud's metadata service",
                may_be_granted: false,
            });
        }
        Ok(())
    }
}

/// An error of resolving a name.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    /// The name could not be resolved.
    #[error("the name could not be resolved")]
    Dns(#[source] io::Error),
    /// It leads where it must not.
    #[error(transparent)]
    Refused(#[from] AddressRefused),
}

/// The lookups of one plugin, of which so many run at once.
#[derive(Debug, Clone)]
pub(super) struct Lookups(Arc<Semaphore>);

impl Default for Lookups {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS_MAX)))
    }
}

impl Lookups {
    /// Resolves a name. One forbidden address among several refuses them all: such a name is a mistake or an attack.
    pub(super) async fn resolve(&self, reach: Reach, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let name = host.to_owned();
        let looked_up = self.run(move || (name, 0).to_socket_addrs().map(Iterator::collect));
        let addresses: Vec<SocketAddr> = looked_up.await.map_err(ResolveError::Dns)?;
        for address in &addresses {
            reach.check(host, address.ip())?;
        }
        if addresses.is_empty() {
            return Err(ResolveError::Dns(io::ErrorKind::NotFound.into()));
        }
        Ok(addresses)
    }

    /// Runs a lookup when fewer than the limit are running. One that nobody waits for any more counts until it ends.
    async fn run<T: Send + 'static>(&self, lookup: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let running = spawn_blocking(move || {
            let _place = place;
            lookup()
        });
        running.await?
    }
}

/// For a client: a connection is made to the addresses that this returns, and to no other.
#[derive(Debug)]
pub(super) struct Resolver {
    pub(super) reach: Reach,
    pub(super) lookups: Lookups,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, lookups) = (self.reach, self.lookups.clone());
        Box::pin(async move {
            match lookups.resolve(reach, name.as_str()).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(ResolveError::Refused(refused)) => Err(refused.into()),
                Err(error) => Err(error.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::yield_now;

    use super::{LOOKUPS_MAX, Lookups, Reach, ResolveError};

    #[tokio::test]
    async fn a_name_of_this_machine_is_resolved_only_where_it_was_granted() {
        let lookups = Lookups::default();
        assert!(lookups.resolve(Reach::Inside, "localhost").await.is_ok());
        let refused = lookups.resolve(Reach::Public, "localhost").await.unwrap_err();
        let ResolveError::Refused(refused) = refused else {
            panic!("{refused}");
        };
        assert!(refused.may_be_granted && refused.zone == "loopback", "{refused}");
    }

    #[tokio::test]
    async fn requests_that_were_given_up_hold_no_more_threads_than_others() {
        let lookups = Lookups::default();
        let mut silent = Vec::new();
        for _ in 0..3 * LOOKUPS_MAX {
            let (answer, answered) = mpsc::channel::<()>();
            silent.push(answer);
            let lookup = lookups.run(move || Ok(answered.recv().is_err()));
            tokio::select! {
                biased;
                done = lookup => panic!("nobody has answered: {done:?}"),
                () = yield_now() => {}
            }
        }
        assert_eq!(lookups.0.available_permits(), 0, "they still run");
        drop(silent);
        assert!(
            lookups.run(|| Ok(())).await.is_ok(),
            "each gives its place back at its end"
        );
        drop(lookups.0.acquire_many(LOOKUPS_MAX as u32).await.unwrap());
    }

    #[test]
    fn metadata_is_refused_whatever_was_granted() {
        for reach in [Reach::Public, Reach::Inside] {
            let refused = reach.check("a", "169.254.169.254".parse().unwrap()).unwrap_err();
            assert!(!refused.may_be_granted);
        }
        assert!(Reach::check_name("metadata.google.internal").is_err());
        assert!(Reach::check_name("api.example.com").is_ok());
    }
}
