//! The environment variable of a name, and variables that shells treat in a way of their own.
//!
//! Called by the dialects of variables and by `run`.

use crate::client::protected::is_protected;

/// The variable of a relative name: letters and digits in upper case, and `_` for the rest.
///
/// `None` where that is not a variable of every shell and program: no letter or digit of ASCII, or a digit at the start.
///
/// ```
/// use configapi::client::formats::variable_of;
///
/// assert_eq!(variable_of("db/pool-size").as_deref(), Some("DB_POOL_SIZE"));
/// assert_eq!(variable_of("2fa"), None);
/// ```
pub fn variable_of(relative_name: &str) -> Option<String> {
    let has_letter = relative_name.contains(|character: char| character.is_ascii_alphanumeric());
    if !has_letter || relative_name.starts_with(|character: char| character.is_ascii_digit()) {
        return None;
    }
    Some(spelled(relative_name))
}

/// The letters of the variable of a name, which may not be those of a variable.
pub(in crate::client) fn spelled(relative_name: &str) -> String {
    let of = |character: char| {
        if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }
    };
    relative_name.chars().map(of).collect()
}

/// Whether a shell gives a meaning of its own to an assignment of the variable.
///
/// Some of these are integers: bash and zsh evaluate the assigned text, and run a command inside it. Others are run before
/// a prompt, or can't be assigned.
pub(super) fn is_of_the_shell(variable: &str) -> bool {
    const STARTS: &[&str] = &["BASH", "COMP_", "EPOCH", "HIST", "PROMPT", "READLINE_", "TRY_BLOCK_", "ZSH_"];
    const NAMES: &[&str] = &[
        "BAUD",
        "COLUMNS",
        "COMPREPLY",
        "COPROC",
        "DIRSTACK",
        "DIRSTACKSIZE",
        "EGID",
        "ERRNO",
        "EUID",
        "FPATH",
        "FUNCNAME",
        "FUNCNEST",
        "GID",
        "GROUPS",
        "IGNOREEOF",
        "KEYTIMEOUT",
        "LINENO",
        "LINES",
        "LISTMAX",
        "LOGCHECK",
        "MAIL",
        "MAILCHECK",
        "MAILPATH",
        "MAPFILE",
        "MODULE_PATH",
        "OLDPWD",
        "OPTARG",
        "OPTERR",
        "OPTIND",
        "PIPESTATUS",
        "POSIXLY_CORRECT",
        "PPID",
        "PS0",
        "PS1",
        "PS2",
        "PS3",
        "PWD",
        "RANDOM",
        "REPLY",
        "RPROMPT",
        "RPROMPT2",
        "RPS1",
        "RPS2",
        "SAVEHIST",
        "SECONDS",
        "SHLVL",
        "SPROMPT",
        "SRANDOM",
        "TIMEFMT",
        "TMOUT",
        "TTYIDLE",
        "UID",
        "WORDCHARS",
    ];
    is_protected(variable)
        || NAMES.contains(&variable)
        || STARTS.iter().any(|start| variable.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_letters_digits_and_underscores_only() {
        for (name, variable) in [
            ("db_url", Some("DB_URL")),
            ("db/url", Some("DB_URL")),
            ("a b.c-d", Some("A_B_C_D")),
            ("/a", Some("_A")),
            ("straße", Some("STRA_E")),
            ("$(touch x)", Some("__TOUCH_X_")),
            ("9lives", None),
            ("ключ", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(variable_of(name).as_deref(), variable, "{name}");
        }
    }

    #[test]
    fn variables_that_start_other_code_are_protected() {
        for variable in ["PATH", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "NODE_OPTIONS"] {
            assert!(is_protected(variable) && is_of_the_shell(variable), "{variable}");
        }
        for variable in ["RANDOM", "BASHPID", "OPTIND"] {
            assert!(!is_protected(variable) && is_of_the_shell(variable), "{variable}");
        }
        for variable in ["DB_URL", "PATHS", "HOME_PAGE", "USERNAME", "COMPANY", "MAIL_HOST"] {
            assert!(!is_of_the_shell(variable), "{variable}");
        }
    }
}
