//! The commands, one file each: its arguments, its examples, and what it does.

mod blame;
mod diff;
mod following;
mod get;
mod grep;
mod history;
pub(super) mod key;
mod list;
mod log;
pub(super) mod migrate;
mod reading;
pub(super) mod serve;
mod set;
mod show;
pub(super) mod shred;
pub(super) mod verify;
mod watch;

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
    Blame(blame),
    Diff(diff),
    Get(get),
    Grep(grep),
    History(history),
    List(list),
    Log(log),
    Set(set),
    Show(show),
    Watch(watch),
}
