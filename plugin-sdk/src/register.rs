//! `register!`: makes a plugin out of a type.

/// Makes the package a plugin: `register!(Echo);`, once, for a type that is [`Plugin`](crate::Plugin) and [`Default`].
///
/// For wasm it writes the exports of the component; natively it only checks the type, because no native linker takes the
/// names of a component's exports. A panic reaches the operator's log with its message and place: the
/// standard library writes both to the standard error stream, whose lines are lines of the log, and then the call ends.
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
        };
    };
}
