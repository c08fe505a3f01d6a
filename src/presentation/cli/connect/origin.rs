//! Where the settings of a client come from, for people who wonder.

use std::env;

use super::profile::Profile;
use super::{ClientSettings, TOKEN_VARIABLE};
use crate::presentation::cli::error::Failure;

/// The texts of `doctor`'s first line.
pub(in crate::presentation::cli) struct Described {
    /// The server and where it is named.
    pub(in crate::presentation::cli) server: String,
    /// Where the token comes from.
    pub(in crate::presentation::cli) token: String,
}

impl ClientSettings {
    /// Where server and token come from.
    pub(in crate::presentation::cli) fn described(&self, server: &str) -> Result<Described, Failure> {
        let profile = self.saved_profile()?.filter(|profile| profile.is_for(server));
        let of_profile = || format!("the profile {}", self.profile_name());
        let given = |flag: &str, variable: &str| {
            let is_variable = env::var_os(variable).is_some_and(|value| !value.is_empty());
            if is_variable { variable.to_owned() } else { flag.to_owned() }
        };
        let named = match (&self.server, &profile) {
            (Some(_), _) => given("--server", "CONFIGAPI_SERVER"),
            (None, Some(_)) => of_profile(),
            (None, None) => "the default".to_owned(),
        };
        let has_token = |profile: &Profile| profile.token.is_some();
        let token = match (&self.token_file, &self.given) {
            (Some(path), _) => format!("token of {}", path.display()),
            (None, Some(_)) => format!("token of {TOKEN_VARIABLE}"),
            (None, None) if profile.as_ref().is_some_and(has_token) => format!("token of {}", of_profile()),
            (None, None) => "no token".to_owned(),
        };
        Ok(Described { server: format!("{server} from {named}"), token })
    }
}
