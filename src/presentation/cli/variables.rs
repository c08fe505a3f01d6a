//! Variables that begin like ours and are not settings: most are misspelt.
//!
//! Kubernetes sets variables for each service of the namespace in each container, and a service may have our name:
//! those are left out.

use clap::Command;

use super::connect::TOKEN_VARIABLE;
use super::secrets::{KEY_VARIABLE, ROOT_TOKEN_VARIABLE};
use super::show::pager::PAGER_VARIABLE;

/// How our variables begin.
const PREFIX: &str = "CONFIGAPI_";
/// Of the project's own tests.
const TESTS: &str = "CONFIGAPI_TEST_";
/// Those that are no setting of a command: secrets, which are never flags, and the pager.
const BARE: [&str; 4] = [KEY_VARIABLE, ROOT_TOKEN_VARIABLE, TOKEN_VARIABLE, PAGER_VARIABLE];
/// Names less alike than this (Jaro-Winkler, 0 to 1) are no suggestion.
const ALIKE: f64 = 0.85;

/// A variable that no command reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// Its name.
    pub(super) name: String,
    /// The setting's variable that may be meant.
    pub(super) meant: Option<String>,
}

/// Those of the environment that no command reads.
pub(super) fn unknown(
    command: &Command,
    environment: impl Iterator<Item = (String, String)>,
) -> Vec<Unknown> {
    let mut known = BARE.to_vec();
    settings_of(command, &mut known);
    let ours = environment.filter(|(name, value)| {
        name.starts_with(PREFIX) && !name.starts_with(TESTS) && !is_of_kubernetes(name, value)
    });
    let mut unknown: Vec<_> = ours
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, _)| {
            let own = |name: &str| name.trim_start_matches(PREFIX).to_owned();
            let alike = known.iter().map(|known| (strsim::jaro_winkler(&own(known), &own(&name)), *known));
            let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
            let meant = nearest.filter(|(alike, _)| *alike >= ALIKE).map(|(_, known)| known.to_owned());
            Unknown { name, meant }
        })
        .collect();
    unknown.sort_by(|one, other| one.name.cmp(&other.name));
    unknown
}

/// The variables of a command and of all commands below it.
fn settings_of<'c>(command: &'c Command, known: &mut Vec<&'c str>) {
    known.extend(command.get_arguments().filter_map(|setting| setting.get_env()?.to_str()));
    for below in command.get_subcommands() {
        settings_of(below, known);
    }
}

/// `…_SERVICE_HOST`, `…_SERVICE_PORT[_NAME]`, `…_PORT=tcp://…` and `…_PORT_4000_TCP[_ADDR…]`:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let has_number = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let (port, rest) = rest.split_once('_').unwrap_or((rest, ""));
        port.parse::<u16>().is_ok()
            && ["TCP", "UDP", "SCTP"].iter().any(|protocol| rest.starts_with(protocol))
    });
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && is_url)
        || has_number
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Cli;

    #[test]
    fn misspelt_variables_are_found_and_those_of_kubernetes_are_not() {
        let environment = [
            ("CONFIGAPI_LISTN", "127.0.0.1:0"),
            ("CONFIGAPI_COLOUR", "red"),
            ("CONFIGAPI_FILE", "a.db"),
            ("CONFIGAPI_CONFIG", ""),
            ("CONFIGAPI_TOKEN", "a"),
            ("CONFIGAPI_PROFILE", "a"),
            ("CONFIGAPI_PAGER", "less"),
            ("CONFIGAPI_PORT", "4000"),
            ("CONFIGAPI_TEST_LONG", "1"),
            ("PATH", "/bin"),
        ];
        let service = [
            ("CONFIGAPI_SERVICE_HOST", "10.0.0.11"),
            ("CONFIGAPI_SERVICE_PORT", "4000"),
            ("CONFIGAPI_SERVICE_PORT_HTTP", "4000"),
            ("CONFIGAPI_PORT", "tcp://10.0.0.11:4000"),
            ("CONFIGAPI_PORT_4000_TCP", "tcp://10.0.0.11:4000"),
            ("CONFIGAPI_PORT_4000_TCP_PROTO", "tcp"),
            ("CONFIGAPI_HEADLESS_PORT_53_UDP_ADDR", "10.0.0.11"),
        ];
        let unknown = |variables: &[(&str, &str)]| {
            let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            super::unknown(&Cli::command(), pairs)
        };
        let found = unknown(&environment);
        let names: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.meant.as_deref())).collect();
        let listen = Some("CONFIGAPI_LISTEN");
        assert_eq!(
            names,
            [("CONFIGAPI_COLOUR", None), ("CONFIGAPI_LISTN", listen), ("CONFIGAPI_PORT", None)]
        );
        assert_eq!(unknown(&service), []);
    }
}
