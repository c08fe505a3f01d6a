//! The public items of the library: a change of what others build on is deliberate.
//!
//! `CONFIGAPI_TEST_BLESS=1` writes the list anew.

use std::fs;
use std::path::Path;

use syn::{Item, UseTree};

/// The names that a tree of `use` makes, without the paths that it takes them from.
fn names(tree: &UseTree, found: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => names(&path.tree, found),
        UseTree::Name(name) => found.push(name.ident.to_string()),
        UseTree::Rename(renamed) => found.push(renamed.rename.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
        UseTree::Glob(_) => found.push("*".to_owned()),
    }
}

fn is_hidden(attributes: &[syn::Attribute]) -> bool {
    let is_doc_hidden = |attribute: &syn::Attribute| {
        attribute.path().is_ident("doc")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
    };
    attributes.iter().any(is_doc_hidden)
}

fn public(items: &[Item], prefix: &str, found: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Use(used) if matches!(used.vis, syn::Visibility::Public(_)) => {
                let mut names_here = Vec::new();
                names(&used.tree, &mut names_here);
                found.extend(names_here.into_iter().map(|name| format!("{prefix}{name}")));
            }
            Item::Mod(module)
                if matches!(module.vis, syn::Visibility::Public(_)) && !is_hidden(&module.attrs) =>
            {
                let inner = module.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default();
                public(inner, &format!("{prefix}{}::", module.ident), found);
            }
            _ => {}
        }
    }
}

#[test]
fn the_public_items_are_the_listed_ones() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(top.join("src/lib.rs")).unwrap();
    let mut found = Vec::new();
    public(&syn::parse_file(&source).unwrap().items, "", &mut found);
    found.sort();
    let text = found.join("\n") + "\n";
    let list = top.join("tests/public_items.txt");
    if std::env::var_os("CONFIGAPI_TEST_BLESS").is_some() {
        fs::write(&list, &text).unwrap();
    }
    let listed = fs::read_to_string(&list).unwrap();
    assert_eq!(
        text, listed,
        "what others build on has changed: tell it in CHANGELOG.md, and bless tests/public_items.txt"
    );
}
