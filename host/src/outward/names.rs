//! Resolution of names for connections: what it returns is what is connected to, so a name cannot change in between.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::address::{Zone, is_metadata_name};

/// The addresses that connections may be made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// Resolves a name. One forbidden address among several refuses them all: such a name is a mistake or an attack.
    pub(super) async fn resolve(self, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let addresses: Vec<_> = lookup_host((host, 0)).await.map_err(ResolveError::Dns)?.collect();
        for address in &addresses {
            self.check(host, address.ip())?;
        }
        if addresses.is_empty() {
            return Err(ResolveError::Dns(io::ErrorKind::NotFound.into()));
        }
        Ok(addresses)
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

/// For the client: a connection is made to the addresses that this returns, and to no other.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            match reach.resolve(name.as_str()).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(ResolveError::Refused(refused)) => Err(refused.into()),
                Err(error) => Err(error.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, ResolveError};

    #[tokio::test]
    async fn a_name_of_this_machine_is_resolved_only_where_it_was_granted() {
        assert!(Reach::Inside.resolve("localhost").await.is_ok());
        let refused = Reach::Public.resolve("localhost").await.unwrap_err();
        let ResolveError::Refused(refused) = refused else {
            panic!("{refused}");
        };
        assert!(refused.may_be_granted && refused.zone == "loopback", "{refused}");
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
