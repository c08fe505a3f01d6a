//! The columns: who asks, and what each of them must not find out.

use std::sync::Arc;

use configapi::domain::{Grant, PathPrefix, Permission, Principal, Revision};

use super::world::{HIDDEN, Other, SEEN_NAMES, SEEN_VALUES};

/// A principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// May do everything.
    Everybody,
    /// May read and write at and below `app/a`.
    Prefix,
    /// May do so everywhere but at the names that are hidden from `Prefix`.
    AllBut,
    /// May only read at and below `app/a`.
    ReadOnly,
    /// May only write there.
    WriteOnly,
    /// Is known, and may do nothing.
    Nothing,
}

impl Who {
    pub const ALL: [Self; 6] =
        [Self::Everybody, Self::Prefix, Self::AllBut, Self::ReadOnly, Self::WriteOnly, Self::Nothing];

    pub fn may_read(self) -> bool {
        !matches!(self, Self::WriteOnly | Self::Nothing)
    }

    pub fn may_write(self) -> bool {
        !matches!(self, Self::ReadOnly | Self::Nothing)
    }

    /// What it must not see anywhere.
    pub fn markers(self) -> Vec<&'static str> {
        let values = if self.may_read() { &[][..] } else { SEEN_VALUES };
        let names = if self == Self::Nothing { SEEN_NAMES } else { &[][..] };
        let hidden = if self == Self::Everybody { &[][..] } else { HIDDEN };
        [hidden, values, names].concat()
    }

    /// How a world may differ without its noticing.
    pub fn other(self) -> Other {
        match self {
            Self::Everybody | Self::Prefix | Self::ReadOnly | Self::AllBut => Other::Outside,
            Self::WriteOnly => Other::Values,
            Self::Nothing => Other::Everything,
        }
    }

    /// The actor that it is in the log, and its token here.
    pub fn actor(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Prefix => "prefix",
            Self::AllBut => "all-but",
            Self::ReadOnly => "read-only",
            Self::WriteOnly => "write-only",
            Self::Nothing => "nothing",
        }
    }
}

/// The token that a principal had before: the same identity, when it might do everything.
pub fn earlier(who: Who) -> String {
    format!("{}{EARLIER}", who.actor())
}

/// One who sees the other half of a change than `Who::Prefix`.
pub const STRANGER: &str = "stranger";

const EARLIER: &str = ", earlier";

fn at(path: &str) -> PathPrefix {
    PathPrefix::parse(path).expect("a path")
}

/// The principal of a token. Any other is an actor without limits.
pub fn principal(token: &str) -> Arc<Principal> {
    const READ: Permission = Permission::Read;
    const WRITE: Permission = Permission::Write;
    if let Some(actor) = token.strip_suffix(EARLIER) {
        let grants = vec![Grant::allow(at(""), &[READ, WRITE])];
        return Arc::new(Principal::limited(actor, actor, grants, Revision::ZERO));
    }
    let app = |permissions: &[Permission]| vec![Grant::allow(at("app/a"), permissions)];
    if token == STRANGER {
        let paths = ["HNAME4", "QOTHER4"];
        let grants = paths.map(|path| Grant::allow(at(path), &[READ])).to_vec();
        return Arc::new(Principal::limited(token, token, grants, Revision::ZERO));
    }
    let who = Who::ALL.into_iter().find(|who| who.actor() == token);
    let grants = match who {
        None | Some(Who::Everybody) => return Arc::new(Principal::unlimited(token).with_id(token)),
        Some(Who::Prefix) => app(&[READ, WRITE]),
        Some(Who::ReadOnly) => app(&[READ]),
        Some(Who::WriteOnly) => app(&[WRITE]),
        Some(Who::Nothing) => Vec::new(),
        Some(Who::AllBut) => {
            let paths = ["HNAME3", "HNAME4", "app/HNAME2", "app/aHNAME1"];
            let both = paths.iter().flat_map(|path| [(*path).to_owned(), path.replace("HNAME", "QOTHER")]);
            let denies = both.map(|path| Grant::deny(at(&path), &[READ, WRITE]));
            [Grant::allow(at(""), &[READ, WRITE])].into_iter().chain(denies).collect()
        }
    };
    Arc::new(Principal::limited(token, token, grants, Revision::ZERO))
}
