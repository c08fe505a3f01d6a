//! Facts of a Rust file that the rules need: its paths, its string literals, its calls of `unwrap`.
//!
//! `syn` parses the file. It leaves the arguments of macros and attributes as tokens, which are walked here. Code
//! under `#[cfg(test)]` does not count.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, UseTree};

/// A path that the code names, and the line of its first segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub line: usize,
    pub segments: Vec<String>,
}

/// One name that a `use` brings into its module, with the path that it came from.
#[derive(Clone, Debug)]
pub struct Import {
    /// `*` for all names of the path.
    pub name: String,
    pub path: Path,
    /// Whether other modules may take it from here.
    pub exported: bool,
}

/// The facts of one file.
#[derive(Default)]
pub struct Source {
    pub imports: Vec<Import>,
    /// Paths of two segments and more outside of `use`, without those that begin with an imported name.
    pub written: Vec<Path>,
    /// Those that begin with an imported name.
    pub through_imports: Vec<Path>,
    /// String literals by line, without those of documentation.
    pub strings: Vec<(usize, String)>,
    /// The lines of `.unwrap()`.
    pub unwraps: Vec<usize>,
}

impl Source {
    /// # Panics
    /// The text is not a Rust file.
    pub fn read(text: &str) -> Self {
        let file = syn::parse_file(text).expect("a Rust file");
        let mut source = Self::default();
        source.visit_file(&file);
        let written = std::mem::take(&mut source.written);
        let is_imported = |path: &Path| source.imports.iter().any(|import| import.name == path.segments[0]);
        (source.through_imports, source.written) = written.into_iter().partition(is_imported);
        source
    }

    /// All paths: those of the `use` trees in full, and those written out elsewhere.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.imports.iter().map(|import| &import.path).chain(&self.written)
    }

    fn import(&mut self, tree: &UseTree, above: &[String], exported: bool) {
        let mut add = |last: Option<String>, name: String, span: proc_macro2::Span| {
            let line = span.start().line;
            let segments = above.iter().cloned().chain(last).collect();
            self.imports.push(Import { name, path: Path { line, segments }, exported });
        };
        match tree {
            UseTree::Path(path) => {
                let above: Vec<_> = above.iter().cloned().chain([path.ident.to_string()]).collect();
                self.import(&path.tree, &above, exported);
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.import(item, above, exported)),
            // `use a::{self}` imports `a`.
            UseTree::Name(name) if name.ident == "self" => {
                add(None, above.last().cloned().unwrap_or_default(), name.ident.span());
            }
            UseTree::Name(name) => {
                add(Some(name.ident.to_string()), name.ident.to_string(), name.ident.span());
            }
            UseTree::Rename(name) if name.ident == "self" => {
                add(None, name.rename.to_string(), name.rename.span());
            }
            UseTree::Rename(name) => {
                add(Some(name.ident.to_string()), name.rename.to_string(), name.ident.span());
            }
            UseTree::Glob(glob) => add(None, "*".to_owned(), glob.star_token.spans[0]),
        }
    }

    /// Finds in tokens what the visitor finds in the syntax tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Option<Path> = None;
        // The last two tokens as text: `::` continues a path, `.` begins a call.
        let (mut before, mut last) = (String::new(), String::new());
        for token in tokens {
            let line = token.span().start().line;
            let text = match &token {
                TokenTree::Group(group) => {
                    if last == "unwrap" && before == "." && group.stream().is_empty() {
                        self.unwraps.push(line);
                    }
                    self.tokens(group.stream());
                    if group.delimiter() == Delimiter::None { last.clone() } else { "()".to_owned() }
                }
                TokenTree::Literal(literal) => {
                    if let Ok(string) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.strings.push((line, string.value()));
                    }
                    "literal".to_owned()
                }
                TokenTree::Punct(punct) => punct.as_char().to_string(),
                TokenTree::Ident(ident) => ident.to_string(),
            };
            if matches!(token, TokenTree::Ident(_)) {
                match &mut path {
                    Some(path) if last == ":" && before == ":" => path.segments.push(text.clone()),
                    path => self.add_written(path.replace(Path { line, segments: vec![text.clone()] })),
                }
            } else if text != ":" {
                self.add_written(path.take());
            }
            (before, last) = (last, text);
        }
        self.add_written(path);
    }

    fn add_written(&mut self, path: Option<Path>) {
        self.written.extend(path.filter(|path| path.segments.len() > 1));
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"))
    })
}

/// Visits a kind of node only where it is not for tests alone.
macro_rules! unless_for_tests {
    ($($visit:ident($node:ty);)+) => {
        $(fn $visit(&mut self, node: &'ast $node) {
            if !is_for_tests(&node.attrs) {
                visit::$visit(self, node);
            }
        })+
    };
}

impl<'ast> Visit<'ast> for Source {
    unless_for_tests! {
        visit_item_const(syn::ItemConst);
        visit_item_enum(syn::ItemEnum);
        visit_item_fn(syn::ItemFn);
        visit_item_impl(syn::ItemImpl);
        visit_item_macro(syn::ItemMacro);
        visit_item_mod(syn::ItemMod);
        visit_item_static(syn::ItemStatic);
        visit_item_struct(syn::ItemStruct);
        visit_item_trait(syn::ItemTrait);
        visit_item_type(syn::ItemType);
        visit_impl_item_const(syn::ImplItemConst);
        visit_impl_item_fn(syn::ImplItemFn);
        visit_arm(syn::Arm);
        visit_field(syn::Field);
        visit_local(syn::Local);
        visit_variant(syn::Variant);
    }

    fn visit_item_use(&mut self, node: &'ast syn::ItemUse) {
        if !is_for_tests(&node.attrs) {
            self.import(&node.tree, &[], !matches!(node.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        let line = node.segments[0].ident.span().start().line;
        let segments = node.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add_written(Some(Path { line, segments }));
        visit::visit_path(self, node);
    }

    fn visit_expr_method_call(&mut self, node: &'ast syn::ExprMethodCall) {
        if node.method == "unwrap" && node.args.is_empty() {
            self.unwraps.push(node.method.span().start().line);
        }
        visit::visit_expr_method_call(self, node);
    }

    fn visit_lit_str(&mut self, node: &'ast syn::LitStr) {
        self.strings.push((node.span().start().line, node.value()));
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.visit_path(&node.path);
        self.tokens(node.tokens.clone());
    }

    /// A derive names paths; documentation and reasons are texts for people.
    fn visit_attribute(&mut self, node: &'ast Attribute) {
        if node.path().is_ident("derive")
            && let syn::Meta::List(list) = &node.meta
        {
            self.tokens(list.tokens.clone());
        }
    }

    /// `pub(in path)` limits who may use an item; it uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

#[test]
fn paths_come_from_use_trees_code_and_macros_and_not_from_tests_or_texts() {
    let text = "//! a::b\nuse std::{time::Duration, sync as s};\npub(crate) use x::{\n  self,\n  y::{Z, W as V},\n};\n\
                fn f() { s::Mutex; time::Date::MIN; V::new(); x::q(); w!(p::q, \"r::s\", i::<j::K>()) }\n\
                #[cfg(test)]\nmod tests { use t::u; }\n#[derive(k::L)]\nstruct S;\n";
    let source = Source::read(text);
    let found: Vec<String> =
        source.paths().map(|path| format!("{}:{}", path.line, path.segments.join("::"))).collect();
    let expected = [
        "2:std::time::Duration",
        "2:std::sync",
        "4:x",
        "5:x::y::Z",
        "5:x::y::W",
        "7:time::Date::MIN",
        "7:p::q",
        "7:j::K",
        "10:k::L",
    ];
    assert_eq!(found, expected);
    assert_eq!(source.strings, [(7, "r::s".to_owned())]);
    assert_eq!(source.imports.iter().filter(|import| import.exported).count(), 3);
}

#[test]
fn unwraps_are_found_in_code_and_in_macros() {
    let text = "fn f() {\n x.unwrap();\n m!(y.unwrap());\n z.unwrap_or(1); // .unwrap()\n}\n";
    assert_eq!(Source::read(text).unwraps, [2, 3]);
}
