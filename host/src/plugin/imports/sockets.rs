//! `wasi:sockets` without a network behind it. Some languages' runtimes (Python's) import it whether their program uses it
//! or not, so it is there to be linked; whoever asks for a socket or an address is denied it.
//!
//! Nothing of the system stands behind it either: a socket that only must not connect would still be an open file.

use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::{
    p2::{
        DynPollable, Network, SocketError, SocketResult, TcpSocket, UdpSocket,
        bindings::sockets::{
            instance_network, ip_name_lookup,
            network::{self, ErrorCode, IpAddress, IpAddressFamily},
            tcp, tcp_create_socket, udp, udp_create_socket,
        },
    },
    sockets::{WasiSockets, WasiSocketsView as _},
};

use super::CallState;

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    type S = CallState;
    // The types, and functions of sockets that nobody can have.
    instance_network::add_to_linker::<S, WasiSockets>(linker, S::sockets)?;
    network::add_to_linker::<S, HasSelf<S>>(linker, &network::LinkOptions::default(), |state| state)?;
    tcp::add_to_linker::<S, WasiSockets>(linker, S::sockets)?;
    udp::add_to_linker::<S, WasiSockets>(linker, S::sockets)?;
    // The ways to get one.
    tcp_create_socket::add_to_linker::<S, HasSelf<S>>(linker, |state| state)?;
    udp_create_socket::add_to_linker::<S, HasSelf<S>>(linker, |state| state)?;
    ip_name_lookup::add_to_linker::<S, HasSelf<S>>(linker, |state| state)
}

impl CallState {
    /// The plugin sees "permission denied", as its language puts it; the log says why.
    fn no_network<T>(&self) -> SocketResult<T> {
        self.log
            .warn("the plugin asked for the network, and plugins have none; Lark is called with `openapi`");
        Err(ErrorCode::AccessDenied.into())
    }
}

impl network::Host for CallState {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        self.sockets().network_error_code(error)
    }
}

impl network::HostNetwork for CallState {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.sockets(), network)
    }
}

impl tcp_create_socket::Host for CallState {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.no_network()
    }
}

impl udp_create_socket::Host for CallState {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        self.no_network()
    }
}

impl ip_name_lookup::Host for CallState {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        _: String,
    ) -> SocketResult<Resource<ip_name_lookup::ResolveAddressStream>> {
        self.no_network()
    }
}

/// Of lookups that were never begun.
impl ip_name_lookup::HostResolveAddressStream for CallState {
    fn resolve_next_address(
        &mut self,
        _: Resource<ip_name_lookup::ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        self.no_network()
    }

    fn subscribe(
        &mut self,
        _: Resource<ip_name_lookup::ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        Err(wasmtime::format_err!("there is no such lookup"))
    }

    fn drop(&mut self, _: Resource<ip_name_lookup::ResolveAddressStream>) -> wasmtime::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::plugin::{
        Reply,
        fixture::{Fixture, Host, OF_PLUGINS, REPLY, click, context, recorded},
    };

    const SOCKETS: &str = r#"
        (import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $tcp (param i32 i32)))
        (import "wasi:sockets/udp-create-socket@0.2.0" "create-udp-socket" (func $udp (param i32 i32)))
        (import "wasi:sockets/instance-network@0.2.0" "instance-network" (func $network (result i32)))
        (import "wasi:sockets/ip-name-lookup@0.2.0" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))
        (func $must-be-denied
            (if (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 1)) (then unreachable))
            (if (i32.ne (i32.load8_u (i32.const 4100)) (i32.const 1)) (then unreachable)))"#;

    #[tokio::test]
    async fn whoever_asks_for_the_network_is_denied_it_and_goes_on() {
        let (host, lines) = (Host::start().await, recorded());
        let asks = format!(
            "(call $tcp (i32.const 0) (i32.const 4096)) (call $must-be-denied)
             (call $udp (i32.const 1) (i32.const 4096)) (call $must-be-denied)
             (call $resolve (call $network) (i32.const 1024) (i32.const 8) (i32.const 4096)) (call $must-be-denied)
             {REPLY}"
        );
        let fixture = Fixture::new("card.action.trigger", &asks)
            .item(SOCKETS)
            .text(1024, "{\"a\":12}");
        let plugin = host.load("x", &fixture).await;
        let outcome = plugin.handle(&click(), context()).await.unwrap();
        assert_eq!(outcome.reply, Reply::Json("{\"a\":12}".to_owned()));
        let lines = lines.lines_with(OF_PLUGINS);
        assert!(
            lines.len() == 3 && lines.iter().all(|line| line.contains("asked for the network")),
            "{lines:?}"
        );
    }
}
