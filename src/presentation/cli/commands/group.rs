//! Groups of commands, such as `token create` and `token list`.

/// Declares a group of commands, such as `token`, each as a client command is.
macro_rules! command_group {
    ($(#[$about:meta])* $group:ident { $($name:ident),+ }) => {
        $(#[$about])*
        #[derive(Debug, clap::Subcommand)]
        pub(in crate::presentation::cli) enum $group {
            $($name(Box<$name>),)+
        }

        impl $group {
            /// Where it talks to.
            pub(in crate::presentation::cli) fn settings_mut(&mut self) -> &mut ClientSettings {
                match self {
                    $(Self::$name(command) => &mut command.client,)+
                }
            }

            /// Carries it out.
            pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
                match self {
                    $(Self::$name(command) => command.run(ui),)+
                }
            }
        }
    };
}

pub(super) use command_group;
