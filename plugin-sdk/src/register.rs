//! The macro `register!`, which exports a type as a plugin.

/// Makes the package a plugin: `register!(Echo);`, once, for a type that is [`Plugin`](crate::Plugin) and [`Default`].
///
/// For wasm it generates the component's exports; natively it only checks the type, because native linkers reject the
/// names of a component's exports. A panic is logged with its message and location: the standard library writes both to
/// standard error, which goes to the operator's log, and then the call ends.
///
/// ```
/// use lark_plugin_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Quiet;
///
/// impl Plugin for Quiet {
///     const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];
///
///     fn handle(&self, _host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
///         Ok(Outcome::done())
///     }
/// }
///
/// register!(Quiet);
/// ```
///
/// A plugin with schedules that does no tasks is not compiled:
///
/// ```compile_fail
/// use lark_plugin_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Digest;
///
/// impl Plugin for Digest {
///     const EVENTS: &'static [&'static str] = &[];
///     const SCHEDULES: &'static [Schedule] = &[Schedule::new("digest", "0 9 * * 1-5")];
///
///     fn handle(&self, _host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
///         Ok(Outcome::pass())
///     }
///     // `fn run` is missing.
/// }
///
/// register!(Digest);
/// ```
#[macro_export]
macro_rules! register {
    ($plugin:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::component::{Description, types};

            struct Component;

            impl $crate::component::Guest for Component {
                fn describe() -> Description {
                    $crate::component::describe::<$plugin>(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
                }

                fn handle(event: types::Event) -> Result<types::Outcome, types::Failure> {
                    $crate::component::handle::<$plugin>(event)
                }

                fn run(task: types::Task) -> Result<types::Outcome, types::Failure> {
                    $crate::component::run::<$plugin>(task)
                }
            }

    $crate::component::export!(Component with_types_in $crate::bindings);
        };

        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            const fn is_plugin<P: $crate::Plugin + Default>() {}
            is_plugin::<$plugin>();

            // Has `run` compiled, as the component's exports do, so that a schedule that nothing does is found natively, too.
            #[used]
            static RUN: fn(&$plugin, &dyn $crate::Host, &$crate::Task) -> Result<$crate::Outcome, $crate::Failure> =
                <$plugin as $crate::Plugin>::run;
        };
    };
}
