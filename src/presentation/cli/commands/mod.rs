//! The commands, one file each: its arguments, its examples, and what it does.

mod delete;
mod get;
pub(super) mod key;
pub(super) mod migrate;
mod mv;
mod render;
mod restore;
mod revert;
mod run;
pub(super) mod serve;
mod set;
pub(super) mod shred;
pub(super) mod verify;

use super::connect::ClientSettings;
use super::error::Failure;
use super::ui::Ui;

/// Declares the commands that a client of a server has: each with its arguments, its settings and a way to run it.
macro_rules! client_commands {
    ($($name:ident($module:ident),)+) => {
        /// The commands of a client.
        #[derive(Debug, clap::Subcommand)]
        pub(super) enum ClientCommand {
            $($name(Box<$module::$name>),)+
        }

        impl ClientCommand {
            /// Where it talks to.
            pub(super) fn settings_mut(&mut self) -> &mut ClientSettings {
                match self {
                    $(Self::$name(command) => &mut command.client,)+
                }
            }

            /// Carries it out.
            pub(super) fn run(self, ui: Ui) -> Result<(), Failure> {
                match self {
                    $(Self::$name(command) => command.run(ui),)+
                }
            }
        }
    };
}

client_commands! {
    Get(get),
    Set(set),
    Delete(delete),
    Restore(restore),
    Revert(revert),
    Undo(revert),
    Mv(mv),
    Run(run),
    Render(render),
}
