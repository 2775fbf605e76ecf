//! The part of WASI that language runtimes need: clocks, random, streams that are captured, and a filesystem with nothing
//! in it. No environment, no arguments; sockets are beside it, and closed.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::{
    HostWallClock, WasiCtx, WasiCtxView, WasiView, async_trait,
    cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView as _},
    clocks::{WasiClocks, WasiClocksView as _},
    filesystem::{WasiFilesystem, WasiFilesystemView as _},
    p2::{OutputStream, Pollable, StreamResult, bindings},
    random::{WasiRandom, WasiRandomView as _},
};

use super::{CallLog, CallState, log::Stream};
use crate::{moment::Moment, plugin::limits::RANDOM_BYTES_MAX};

/// The limit of one write to a stream.
const WRITE_BYTES_MAX: usize = 64 << 10;

struct Handles;

impl HasData for Handles {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links the interfaces one by one, so that what is not here is not there.
pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    use bindings::{cli, clocks, filesystem, io, random};

    type S = CallState;
    io::error::add_to_linker::<S, Handles>(linker, |state| &mut state.handles)?;
    io::poll::add_to_linker::<S, Handles>(linker, |state| &mut state.handles)?;
    io::streams::add_to_linker::<S, Handles>(linker, |state| &mut state.handles)?;
    clocks::wall_clock::add_to_linker::<S, WasiClocks>(linker, S::clocks)?;
    clocks::monotonic_clock::add_to_linker::<S, WasiClocks>(linker, S::clocks)?;
    random::random::add_to_linker::<S, WasiRandom>(linker, S::random)?;
    random::insecure::add_to_linker::<S, WasiRandom>(linker, S::random)?;
    random::insecure_seed::add_to_linker::<S, WasiRandom>(linker, S::random)?;
    cli::environment::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::exit::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::stdin::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::stdout::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::stderr::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::terminal_input::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::terminal_output::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::terminal_stdin::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::terminal_stdout::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    cli::terminal_stderr::add_to_linker::<S, WasiCli>(linker, S::cli)?;
    filesystem::types::add_to_linker::<S, WasiFilesystem>(linker, S::filesystem)?;
    filesystem::preopens::add_to_linker::<S, WasiFilesystem>(linker, S::filesystem)
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Self {
            wasi,
            log,
            clock,
            handles,
            ..
        } = self;
        let wasi = wasi.get_or_insert_with(|| {
            let present = Present::new(log, *clock);
            let captured = |stream| Captured {
                present: present.clone(),
                stream,
            };
            let mut builder = WasiCtx::builder();
            builder
                .stdout(captured(Stream::Stdout))
                .stderr(captured(Stream::Stderr))
                .wall_clock(present.clone())
                .max_random_size(RANDOM_BYTES_MAX);
            Wasi {
                ctx: Box::new(builder.build()),
                present,
            }
        });
        WasiCtxView {
            ctx: &mut wasi.ctx,
            table: handles,
        }
    }
}

/// WASI's own state of an instance.
pub(super) struct Wasi {
    ctx: Box<WasiCtx>,
    /// State that its streams and its clock look at.
    pub(super) present: Present,
}

/// The call that the instance serves now. Streams and clock are made once and stay when an instance is kept.
#[derive(Debug, Clone)]
pub(super) struct Present(Arc<ArcSwap<(Arc<CallLog>, Moment)>>);

impl Present {
    fn new(log: &Arc<CallLog>, clock: Moment) -> Self {
        Self(Arc::new(ArcSwap::from_pointee((Arc::clone(log), clock))))
    }

    pub(super) fn set(&self, log: &Arc<CallLog>, clock: Moment) {
        self.0.store(Arc::new((Arc::clone(log), clock)));
    }
}

impl HostWallClock for Present {
    fn resolution(&self) -> Duration {
        self.0.load().1.resolution()
    }

    fn now(&self) -> Duration {
        self.0.load().1.now()
    }
}

/// A stream whose lines go to the plugin's log.
#[derive(Debug, Clone)]
struct Captured {
    present: Present,
    stream: Stream,
}

impl IsTerminal for Captured {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Captured {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Captured {
    async fn ready(&mut self) {}
}

impl OutputStream for Captured {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.present.0.load().0.capture(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

impl AsyncWrite for Captured {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.present.0.load().0.capture(self.stream, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
