//! Import circles between the files of `src`: none but those of a list that may only get shorter.
//!
//! A re-export is not a use: a path is followed through it to the file that has the item.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Import, Source};
use super::{File, module_of};

/// Files that use each other, directly or in a circle, and why that is accepted.
pub struct Circle {
    pub files: &'static [&'static str],
    pub reason: &'static str,
}

/// Today's circles.
pub const CIRCLES: &[Circle] = &[Circle {
    files: &["src/infrastructure/store/sqlite/mod.rs", "src/infrastructure/store/sqlite/append.rs"],
    reason: "the store's type and the half of its methods that append",
}];

type Module = Vec<String>;

struct Unit {
    path: String,
    source: Source,
}

/// The files of each circle, in order.
pub fn circles(files: &[File]) -> Vec<Vec<String>> {
    let units: BTreeMap<Module, Unit> = files
        .iter()
        .filter(|file| file.path != "src/main.rs")
        .map(|file| {
            (module_of(&file.path), Unit { path: file.path.clone(), source: Source::read(&file.text) })
        })
        .collect();
    let uses: BTreeMap<&Module, BTreeSet<&Module>> = units
        .iter()
        .map(|(module, unit)| {
            let imports = unit.source.imports.iter().filter(|import| !import.exported);
            let paths = imports.map(|import| &import.path).chain(&unit.source.written);
            let used = paths.filter_map(|path| resolve(&units, module, &path.segments, 8));
            (module, used.filter(|used| *used != module).collect())
        })
        .collect();
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        uses.keys().map(|module| (*module, reachable(&uses, module))).collect();
    let mut found = BTreeSet::new();
    for module in uses.keys() {
        let circle = reach[module].iter().filter(|other| reach[*other].contains(module));
        let circle: Vec<String> = circle.map(|other| units[*other].path.clone()).collect();
        if !circle.is_empty() {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

/// All modules that one uses, directly or through others; itself only if it is in a circle.
fn reachable<'a>(uses: &BTreeMap<&'a Module, BTreeSet<&'a Module>>, from: &Module) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&Module> = uses[from].iter().copied().collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(uses[module].iter().copied());
        }
    }
    found
}

/// The module with the item that a path in `module` names, if it is one of ours.
fn resolve<'a>(
    units: &'a BTreeMap<Module, Unit>,
    module: &Module,
    segments: &[String],
    depth: usize,
) -> Option<&'a Module> {
    let (mut place, rest) = match segments.first()?.as_str() {
        "crate" => (Module::new(), &segments[1..]),
        "self" => (module.clone(), &segments[1..]),
        "super" => {
            let supers = segments.iter().take_while(|segment| *segment == "super").count();
            (module[..module.len().checked_sub(supers)?].to_vec(), &segments[supers..])
        }
        first if units.contains_key(&child(module, first)) => (module.clone(), segments),
        _ => return None,
    };
    for (at, segment) in rest.iter().enumerate() {
        let below = child(&place, segment);
        if units.contains_key(&below) {
            place = below;
            continue;
        }
        let unit = units.get(&place)?;
        let import = unit.source.imports.iter().find(|import| import.name == *segment);
        let through = |import: &Import| {
            let path: Vec<_> = import.path.segments.iter().chain(&rest[at + 1..]).cloned().collect();
            resolve(units, &place, &path, depth.checked_sub(1)?)
        };
        // An import from elsewhere, such as std, is a use of nothing of ours.
        return match import {
            Some(import) => through(import),
            None => units.get_key_value(&place).map(|(module, _)| module),
        };
    }
    units.get_key_value(&place).map(|(module, _)| module)
}

fn child(module: &Module, name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Circles that the list does not allow, and entries of the list that nothing needs any more.
pub fn findings(found: &[Vec<String>], allowed: &[Circle]) -> Vec<String> {
    let new = found.iter().filter(|circle| {
        !allowed.iter().any(|one| circle.iter().all(|file| one.files.contains(&file.as_str())))
    });
    let mut findings: Vec<String> = new
        .map(|circle| format!("{}: these files use each other in a circle: {}", circle[0], circle.join(", ")))
        .collect();
    for one in allowed {
        for file in one.files.iter().filter(|file| !found.iter().flatten().any(|in_one| in_one == *file)) {
            findings
                .push(format!("{file}: is in no circle any more: remove it from CIRCLES ({})", one.reason));
        }
    }
    findings
}

#[test]
fn a_circle_is_found_through_re_exports_and_a_re_export_makes_none() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let mut files = vec![
        file("src/lib.rs", "pub mod a;\n"),
        file("src/a/mod.rs", "mod b;\nmod c;\npub use b::B;\npub use c::C;\nstruct A;\n"),
        file("src/a/b.rs", "use super::A;\npub struct B;\n"),
        file("src/a/c.rs", "use crate::a::B;\npub struct C;\n"),
    ];
    assert_eq!(circles(&files), Vec::<Vec<String>>::new());
    files[2].text.push_str("fn f() { super::C::new() }\n");
    let circle = vec!["src/a/b.rs".to_owned(), "src/a/c.rs".to_owned()];
    let found = circles(&files);
    assert_eq!(found, [circle]);
    assert_eq!(findings(&found, &[]).len(), 1);
    let allowed = |files| [Circle { files, reason: "" }];
    assert_eq!(findings(&found, &allowed(&["src/a/b.rs", "src/a/c.rs"])).len(), 0);
    assert_eq!(findings(&found, &allowed(&["src/a/b.rs", "src/a/c.rs", "src/a/d.rs"])).len(), 1);
}
