//! The commands, one file each: its arguments, its examples, and what it does.

mod blame;
pub(super) mod completions;
mod delete;
mod diff;
mod doctor;
mod edit;
mod explain;
mod export;
mod following;
mod get;
mod grep;
mod group;
mod history;
mod import;
pub(super) mod key;
mod list;
mod log;
mod login;
mod logout;
pub(super) mod migrate;
mod mv;
mod policy;
mod profiles;
mod reading;
mod render;
mod restore;
mod revert;
mod run;
mod schema;
pub(super) mod serve;
mod set;
mod show;
mod shred;
mod status;
mod token;
pub(super) mod verify;
mod watch;
mod whoami;

use super::connect::ClientSettings;
use super::error::Failure;
use super::ui::Ui;

/// Declares the commands that a client of a server has: each with its arguments, its settings and a way to run it. A group
/// has commands of its own.
macro_rules! client_commands {
    ($($name:ident($module:ident),)+ ; groups $($group:ident($of:ident),)+) => {
        /// The commands of a client.
        #[derive(Debug, clap::Subcommand)]
        pub(super) enum ClientCommand {
            $($name(Box<$module::$name>),)+
            $(#[command(subcommand)] $group($of::$group),)+
        }

        impl ClientCommand {
            /// Where it talks to.
            pub(super) fn settings_mut(&mut self) -> &mut ClientSettings {
                match self {
                    $(Self::$name(command) => &mut command.client,)+
                    $(Self::$group(group) => group.settings_mut(),)+
                }
            }

            /// Carries it out.
            pub(super) fn run(self, ui: Ui) -> Result<(), Failure> {
                match self {
                    $(Self::$name(command) => command.run(ui),)+
                    $(Self::$group(group) => group.run(ui),)+
                }
            }
        }
    };
}

client_commands! {
    Get(get),
    Set(set),
    Delete(delete),
    List(list),
    Grep(grep),
    History(history),
    Blame(blame),
    Log(log),
    Show(show),
    Diff(diff),
    Watch(watch),
    Restore(restore),
    Revert(revert),
    Undo(revert),
    Mv(mv),
    Edit(edit),
    Import(import),
    Export(export),
    Apply(import),
    Doctor(doctor),
    Explain(explain),
    Login(login),
    Logout(logout),
    Profiles(profiles),
    Shred(shred),
    Status(status),
    Whoami(whoami),
    Run(run),
    Render(render),
    ; groups
    Token(token),
    Policy(policy),
    Schema(schema),
}
