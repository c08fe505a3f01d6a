//! Variables that no value may set unless it is allowed: they choose which code a program runs.
//!
//! An account that may write one value must not get to run code by it wherever the value is used. Called by `child` and by the
//! dialects of variables.

/// The variables of this program: its server, its token, its keys.
pub(crate) const OWN_PREFIX: &str = "CONFIGAPI_";

/// Families of variables, by how they begin.
const PREFIXES: &[&str] = &[
    OWN_PREFIX,
    // The dynamic loaders of Linux and macOS.
    "LD_",
    "DYLD_",
    // Functions that bash imports.
    "BASH_FUNC_",
    // .NET: profilers are libraries.
    "CORECLR_",
    "COR_",
    "GIT_CONFIG",
    "GIT_SSH",
    "LUA_",
    "NPM_CONFIG_",
    "XDG_CONFIG_",
    "XDG_DATA_",
];

const VARIABLES: &[&str] = &[
    // Where programs and their settings are found.
    "HOME",
    "PATH",
    "CDPATH",
    "SHELL",
    "TERMINFO",
    "TERMINFO_DIRS",
    // Shells.
    "BASHOPTS",
    "BASH_ENV",
    "ENV",
    "FPATH",
    "IFS",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "SHELLOPTS",
    "ZDOTDIR",
    // The C library.
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "HOSTALIASES",
    "LOCPATH",
    "NLSPATH",
    // Programs that other programs start.
    "BROWSER",
    "EDITOR",
    "GIT_ASKPASS",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_TEMPLATE_DIR",
    "LESSCLOSE",
    "LESSOPEN",
    "MANPAGER",
    "PAGER",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "VISUAL",
    // Interpreters and their libraries.
    "BUNDLE_GEMFILE",
    "CLASSPATH",
    "DOTNET_ADDITIONAL_DEPS",
    "DOTNET_STARTUP_HOOKS",
    "ELIXIR_ERL_OPTIONS",
    "ERL_AFLAGS",
    "ERL_FLAGS",
    "ERL_LIBS",
    "ERL_ZFLAGS",
    "GEM_HOME",
    "GEM_PATH",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JULIA_LOAD_PATH",
    "MAKEFLAGS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PYTHONBREAKPOINT",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "PYTHONWARNINGS",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC_WRAPPER",
    "R_ENVIRON",
    "R_PROFILE",
    "TCLLIBPATH",
    "_JAVA_OPTIONS",
    // TLS: libraries that it loads, and a file that gets its session keys.
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "SSLKEYLOGFILE",
];

/// Whether a variable can make a program run other code. Some programs read their variables in any case.
pub(crate) fn is_protected(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    VARIABLES.contains(&variable.as_str()) || PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
}
